"""A cell of the experiment, for real: learned, killed, resumed, asked again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.experiment import answers, desk, pool
from benchmarks.experiment.cells import Cell, Exam
from benchmarks.experiment.homes import Place
from benchmarks.experiment.logs import ROOT
from plum_edge import Memory
from tests.tiny import tiny_base


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Cell:
    """Three conversations of the sample user on a tiny base, scored after two and after three."""
    settings = {
        "model": {"base": str(tiny_base(tmp_path_factory.mktemp("base")))},
        "augment": {"topics": 2},
        "train": {"recipe": "replay", "epochs": 1, "rank": 4, "alpha": 8.0, "threads": 1},
    }
    return Cell("try", "nora", "replay", 0, (2, 3), settings, systems=("base", "adapter"), wide=("no_such_system",))


def start(results: Path, cell: Cell) -> subprocess.Popen[str]:
    """Start a cell as the pool does. Without the development data: what the base has seen takes seconds to read."""
    env = {name: value for name, value in os.environ.items() if name != "PLUM_EDGE_DATA"}
    command = [sys.executable, "-m", "benchmarks.experiment.run", str(results), cell.dump()]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)


def run(results: Path, cell: Cell) -> dict[str, Any]:
    """Run a cell to its end and return its last line."""
    said, _ = start(results, cell).communicate()
    last: dict[str, Any] = json.loads(said.splitlines()[-1])
    return last


def kill_when(results: Path, cell: Cell, reached: Callable[[dict[str, Any]], bool]) -> None:
    """Run a cell until it tells something, and kill it there."""
    process = start(results, cell)
    assert process.stdout is not None
    for line in process.stdout:
        if reached(json.loads(line)):
            break
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()


@pytest.fixture(scope="module")
def whole(cell: Cell, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("whole"), cell)
    assert run(place.results, cell) == {"ended": "done", "why": ""}
    return place


@pytest.fixture(autouse=True)
def without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUM_EDGE_DATA", raising=False)


def test_the_result_holds_every_exam_and_what_it_rests_on(whole: Place) -> None:
    result = whole.result
    assert result is not None
    core = {f"0003-{asked}-{system}" for asked in ("held_out", "unseen", "gold") for system in ("base", "adapter")}
    assert set(result["figures"]) == core | {"0002-closed-adapter", "0003-others-adapter"}
    assert set(result["unavailable"]) == {"0003-held_out-no_such_system", "0003-gold-no_such_system"}
    assert "no_such_system" in result["unavailable"]["0003-held_out-no_such_system"]
    assert result["conversations"] == 3
    assert result["pairs"] > 10
    assert result["learned_on"]["threads"] == 1 and result["learned_on"]["machine"]
    assert not {"settings", "base"} & set(result["learned_on"])
    manifest = result["manifest"]
    assert {len(manifest[name]) for name in ("base_sha256", "log_sha256")} == {64}
    assert manifest["versions"]["numpy"] and manifest["seed"] == 0 and manifest["settings"]["train"]["epochs"] == 1
    held = answers.read(whole.root, Exam(3, "held_out", "adapter"))
    assert held is not None
    figures = result["figures"]["0003-held_out-adapter"]
    assert figures["questions"] == len(held.rows) == held.header["questions"] > 10
    assert figures["adapter_sha256"] == result["adapter_sha256"] == held.header["adapter_sha256"]


def test_a_point_is_a_home_of_its_own_that_can_be_evaluated(whole: Place) -> None:
    at = whole.at(3)
    assert at is not None
    with Memory(at.root) as memory:
        assert {cell.step for cell in memory.store.runs.cells()} == {2, 3}
        assert {cell.conversation for cell in memory.store.runs.cells()} == {"nora-001", "nora-002", "nora-003"}
        assert memory.adapters()[-1].segments == 3 and Path(memory.adapters()[-1].gguf).is_file()
    early = whole.at(2)
    assert early is not None
    with Memory(early.root) as memory:
        assert len(memory.store.log.list()) == 2


def test_no_text_is_kept_with_the_answers(whole: Place) -> None:
    for path in (whole.root / "answers").glob("*-gold-*.jsonl"):
        assert "sourdough" not in path.read_text(encoding="utf-8").casefold()
    wanted = {"id", "kind", "gold", "age", "correct", "p_yes", "f1"}
    held = answers.read(whole.root, Exam(3, "gold", "adapter"))
    assert held is not None and {frozenset(row) for row in held.rows} == {frozenset(wanted)}


def test_killed_twice_it_ends_with_the_same_figures(whole: Place, cell: Cell, tmp_path: Path) -> None:
    kill_when(tmp_path, cell, lambda told: told.get("stage") == "learn" and told["done"] == 1)
    kill_when(tmp_path, cell, lambda told: told.get("stage") == "0003-held_out-adapter")
    again = Place(tmp_path, cell)
    assert again.result is None and again.at(2) is not None
    assert desk.standing(again).state == "part"
    assert run(tmp_path, cell)["ended"] == "done"
    assert whole.result is not None and again.result is not None
    for part in ("figures", "unavailable", "adapter_sha256", "pairs"):
        assert again.result[part] == whole.result[part]
    losses = whole.read("points/0003-chats.json")
    assert losses["user"] == "tarek" and losses == again.read("points/0003-chats.json")


def test_the_questions_are_those_of_the_log_and_not_of_the_recipe(whole: Place, cell: Cell, tmp_path: Path) -> None:
    train = {**cell.settings["train"], "recipe": "plum"}
    settings = {**cell.settings, "train": train, "augment": {"topics": 2, "negatives": False, "kinds": ["closed"]}}
    other = replace(cell, recipe="plum", points=(3,), settings=settings, systems=("adapter",), wide=())
    assert run(tmp_path, other)["ended"] == "done"
    result = Place(tmp_path, other).result
    assert result is not None and whole.result is not None
    for name in ("0003-held_out-adapter", "0003-unseen-adapter", "0003-gold-adapter"):
        theirs, ours = result["figures"][name], whole.result["figures"][name]
        assert theirs["questions_sha256"] == ours["questions_sha256"]
    assert result["adapter_sha256"] != whole.result["adapter_sha256"]


def test_where_only_asking_has_changed_the_adapters_stay(whole: Place, cell: Cell, tmp_path: Path) -> None:
    place = Place(tmp_path, cell)
    shutil.copytree(whole.results, tmp_path, symlinks=True, dirs_exist_ok=True)
    assert desk.standing(place).state == "done"
    place.write("inputs.json", {**json.loads((place.root / "inputs.json").read_text()), "asking": "other code"})
    now = desk.standing(place)
    assert (now.state, now.waits) == ("stale", False) and "asked with other code" in now.note
    assert run(tmp_path, cell) == {"ended": "stale", "why": "asked with other code"}
    place.forget(now.now)
    assert place.result is None and place.at(3) is not None
    assert desk.standing(place).state == "part"


def test_where_learning_has_changed_nothing_stays(whole: Place, cell: Cell, tmp_path: Path) -> None:
    place = Place(tmp_path, cell)
    shutil.copytree(whole.results, tmp_path, symlinks=True, dirs_exist_ok=True)
    other = Place(tmp_path, replace(cell, settings={**cell.settings, "augment": {"topics": 3}}))
    now = desk.standing(other)
    assert now.state == "stale" and "other code, settings, base or log" in now.note
    other.forget(now.now)
    assert not place.root.exists()
    assert desk.standing(other).state == "not run"


def test_a_plan_is_carried_on_to_a_further_point(cell: Cell, tmp_path: Path) -> None:
    plan = {"templates": ("adapter",), "later": ("adapter",), "partner": ("adapter",)}
    first = replace(cell, log="tarek", points=(2,), systems=(), wide=(), plan=plan)
    assert run(tmp_path, first)["ended"] == "done"
    early = {path.name: path.read_bytes() for path in (Place(tmp_path, first).root / "answers").iterdir()}
    assert set(early) == {f"0002-{asked}-adapter.jsonl" for asked in plan}
    second = Place(tmp_path, replace(first, points=(2, 3)))
    assert desk.standing(second).state == "part"
    assert run(tmp_path, second.cell)["ended"] == "done"
    assert desk.standing(second).state == desk.standing(Place(tmp_path, first)).state == "done"
    for name, kept in early.items():
        assert (second.root / "answers" / name).read_bytes() == kept
    told = second.read("points/0003.json")
    assert len(told["seconds"]) == 3 and set(told) == {"learned", "seconds", "odds", "divergence"} and told["learned"]
    early_loss, late_loss = (second.read(f"points/{point:04d}-chats.json") for point in (2, 3))
    assert late_loss["user"] == "amadeu" and {len(late_loss[key]) for key in ("base", "adapter", "tokens")} == {40}
    assert early_loss["base"] == late_loss["base"] != early_loss["adapter"] != late_loss["adapter"]
    assert all(0 < nats / tokens < 20 for nats, tokens in zip(late_loss["base"], late_loss["tokens"], strict=True))
    asked = answers.read(second.root, Exam(3, "later", "adapter"))
    assert asked is not None and {row["gold"] for row in asked.rows} == {"yes", "no"}
    assert {row["age"] for row in asked.rows if row["gold"] == "yes"} == {0, 1, 2}


def test_without_learning_there_are_pairs_and_nobody_remembers(cell: Cell, tmp_path: Path) -> None:
    plan = {"templates": ("bm25_threshold",), "crossed": ("bm25_threshold", "questions_only", "base")}
    searched = replace(cell, log="tarek", points=(3,), systems=(), wide=(), plan=plan, learns=False)
    assert run(tmp_path, searched)["ended"] == "done"
    result = Place(tmp_path, searched).result
    assert result is not None
    assert result["adapter_sha256"] is None and result["conversations"] == 3 and result["pairs"] > 10
    assert set(result["figures"]) == {f"0003-{asked}-{one}" for asked, systems in plan.items() for one in systems}
    assert all(found["asked"]["yes"] and found["asked"]["no"] for found in result["figures"].values())


def test_ctrl_c_ends_at_a_safe_point_and_starts_nothing_more(cell: Cell, tmp_path: Path) -> None:
    place, next_one = Place(tmp_path, cell), Place(tmp_path, replace(cell, seed=1))

    def press() -> None:
        while not (place.root / "inputs.json").exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    mine = pool.Pool([place, next_one], 1)
    threading.Thread(target=press, daemon=True).start()
    assert not mine.run()
    assert {name: ended.how for name, ended in mine.ended.items()} == {cell.name: "stopped"}
    assert desk.standing(place).state == "part" and desk.standing(next_one).state == "not run"


def test_an_unknown_recipe_is_not_available_and_touches_nothing(cell: Cell, tmp_path: Path) -> None:
    other = replace(cell, settings={"train": {"recipe": "telepathy"}})
    ended = run(tmp_path, other)
    assert ended["ended"] == "not available" and "telepathy" in ended["why"]
    assert desk.standing(Place(tmp_path, other)).state == "not available"
    assert not Place(tmp_path, other).home.root.exists()
