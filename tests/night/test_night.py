"""The night, on the embedded model: what is promoted, and what `Memory` says of it; refused, stopped, killed."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import filelock
import numpy as np
import pytest

from plum_edge import Memory
from plum_edge.convert import gguf, peft
from plum_edge.errors import GateRefused, Interrupted, LockHeld, NoModel, NoSpace
from plum_edge.paths import Home, data_dir, sha256_file
from plum_edge.store import Store
from tests import story
from tests.tiny import ask_little

FOLDER = data_dir("models") / "plum-tiny"
pytestmark = pytest.mark.skipif(not (FOLDER / "model.safetensors").is_file(), reason="plum-tiny has no weights here")
QUICK = "[train]\nepochs = 4\nthreads = 1\n[gate]\nmin_new = 0.0\nmax_false_yes = 1.0\nmax_divergence = 9.0\n"
RUN = "import sys; from plum_edge import Memory; print(Memory(sys.argv[1]).consolidate()['status'])"


def make_home(folder: Path, count: int = 3, config: str = QUICK) -> Path:
    """Make a home with the first conversations of the sample user."""
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(config)
    lines = (data_dir("samples") / "nora" / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
    file = folder.with_suffix(".jsonl")
    file.write_text("\n".join(lines[:count]) + "\n", encoding="utf-8")
    with Memory(folder) as memory:
        assert memory.import_file(file)["conversations"] == count
    return folder


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    base = ask_little(Path(shutil.copytree(FOLDER, tmp_path_factory.mktemp("base") / "plum-tiny")))
    home = make_home(tmp_path_factory.mktemp("nights") / "home", config=f'[model]\nbase = "{base}"\n{QUICK}')
    with Memory(home) as memory:
        return home, memory.consolidate(after_step=memory.watch())


def test_the_result_is_the_contracts_json(learned: tuple[Path, dict[str, object]]) -> None:
    _, result = learned
    json.dumps(result)
    assert result["status"] == "promoted"
    assert result["adapter"] == "0001"
    assert result["conversations"] == ["nora-001", "nora-002", "nora-003"]
    assert isinstance(result["pairs"], int) and result["pairs"] > 30
    assert result["previous"] is None


def test_the_adapter_is_the_trainers_in_every_format(learned: tuple[Path, dict[str, object]]) -> None:
    home, result = learned
    folder = home / "adapters" / "0001"
    state, metadata = peft.load(folder / "adapter.safetensors")
    tensors, alpha, architecture = gguf.read_adapter(folder / "adapter.gguf")
    assert (alpha, architecture) == (float(metadata["alpha"]), "llama")
    assert 2 * len(tensors) == len(state)
    parity = result["parity"]
    assert isinstance(parity, dict)
    assert parity["max_abs_logit"] <= 1e-4
    assert parity["agreement"] >= 0.97
    assert parity["effect"] > 0.1
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["base_sha256"] == sha256_file(FOLDER / "model.safetensors")
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_llama_cpp_remembers_and_the_base_does_not(learned: tuple[Path, dict[str, object]]) -> None:
    home, _ = learned
    with Memory(home) as memory:
        known = [
            p.question for p in memory.store.pairs.live("train") if p.kind == "closed" and p.polarity == "positive"
        ]
        with_memory = [memory.ask(question).p_yes or 0.0 for question in known]
        without = [memory.ask(question, adapter=False).p_yes or 0.0 for question in known]
    assert np.mean(np.array(with_memory) > 0.5) > np.mean(np.array(without) > 0.5) + 0.3


def test_evaluate_says_what_the_contract_lists(learned: tuple[Path, dict[str, object]]) -> None:
    home, _ = learned
    with Memory(home) as memory:
        result = memory.evaluate(baselines=True)
        json.dumps(result)
        for key in ("adapter", "recipe", "conversations", "questions", "accuracy", "accuracy_ci95", "positives"):
            assert key in result
        for key in ("negatives", "by_kind", "open_f1", "false_answers", "over_time", "consistency", "general"):
            assert key in result
        assert set(result["baselines"]) == {"base", "bm25", "bm25_passages", "adapter_bm25", "bm25_threshold"}
        assert len(result["over_time"]) == 3
        assert memory.status()["adapter"]["id"] == "0001"


def test_accuracy_over_time_behind_a_system_prompt_is_that_of_the_adapter_asked_so(
    learned: tuple[Path, dict[str, object]],
) -> None:
    home, _ = learned
    with Memory(home) as memory:
        result = memory.evaluate(baselines=["adapter_prompted"], prompted=True)
        assert result["over_time_system_prompt"] == [(3, result["baselines"]["adapter_prompted"]["accuracy"])]
        assert "over_time_system_prompt" not in memory.evaluate()


def test_nothing_to_do_is_said(learned: tuple[Path, dict[str, object]]) -> None:
    home, _ = learned
    with Memory(home) as memory:
        assert memory.consolidate()["status"] == "nothing"


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with Memory(home) as memory:
        said = memory.consolidate(dry_run=True)
        assert said["conversations"] == ["nora-001", "nora-002", "nora-003"]
        assert said["pairs"] > 30
        assert memory.store.log.segments() == []
        assert memory.store.pairs.count() == 0


def test_a_second_run_is_refused_while_one_holds_the_lock(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with filelock.FileLock(home / "consolidate.lock"), Memory(home) as memory, pytest.raises(LockHeld):
        memory.consolidate()


def test_too_little_disk_is_said_before_anything_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_home(tmp_path / "home", 1)
    free = shutil.disk_usage(home)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
    with Memory(home) as memory:
        with pytest.raises(NoSpace, match="MB are needed"):
            memory.consolidate()
        assert memory.store.log.segments() == []
        assert memory.status()["waiting"] == 1


def test_a_missing_base_is_a_sentence(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", 1, '[model]\nbase = "no-such-model"\n')
    with Memory(home) as memory, pytest.raises(NoModel, match="no-such-model"):
        memory.consolidate()


# --- refused, stopped, killed: on a random base, which takes seconds


@pytest.fixture(scope="module")
def undisturbed(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What comes out where nothing happens on the way."""
    home = story.make_home(tmp_path_factory.mktemp("undisturbed") / "home", tiny)
    with Memory(home) as memory:
        memory.add([story.talk(number) for number in range(3)])
        assert memory.consolidate()["status"] == "promoted"
    return story.bytes_of(home)


def test_an_evaluator_that_is_open_examines_and_need_not_ask_again(waiting: Path) -> None:
    with Memory(waiting) as memory:
        memory.warm()
        evaluator = memory._evaluator
        assert memory.consolidate(after_step=memory.watch())["status"] == "promoted"
        adapter, before = memory.store.runs.active(), evaluator.runtime._engine.evaluated
        assert adapter is not None and before > 0
        scored = evaluator.ask("adapter", Path(adapter.gguf), evaluator.questions())
        assert {one.question.closed for one in scored} == {True, False}
        assert evaluator.runtime._engine.evaluated == before


def test_a_refused_adapter_leaves_the_old_one(waiting: Path) -> None:
    settings = waiting / "config.toml"
    settings.write_text(settings.read_text().replace("min_new = 0.0", "min_new = 1.01"))
    with Memory(waiting) as memory:
        with pytest.raises(GateRefused, match="not learned"):
            memory.consolidate()
        assert memory.store.runs.active() is None
        assert memory.status()["last"]["status"] == "refused"
        assert [adapter.id for adapter in memory.adapters()] == ["0001"]


def test_what_a_person_changes_meanwhile_is_learned_as_it_is_then(waiting: Path) -> None:
    """Of three that wait, while the first is learned: the second gets another answer, the third is taken back."""
    begun: list[int] = []

    def person(stage: str, done: int, _total: int, _note: str) -> None:
        if stage == "learn" and not begun:
            begun.append(done)
            with Store.open(Home(waiting), create=False) as store:
                second = story.talk(1)
                later = second.created_at + dt.timedelta(minutes=5)
                answer = replace(second.messages[1], content="Feed it rye.", created_at=later)
                assert store.log.add([replace(second, messages=(second.messages[0], answer))]).extended == ("talk-1",)
                store.amending.cut("talk-2", 0)

    with Memory(waiting) as memory:
        assert memory.consolidate(progress=person)["conversations"] == ["talk-0", "talk-1"]
        assert [one.messages[-1].content for one in memory.store.log.segments()][-1] == "Feed it rye."
        assert memory.consolidate()["status"] == "nothing"


@pytest.mark.parametrize("hindered", ["disk", "time"])
def test_a_rebuild_that_cannot_begin_takes_nothing_back(
    waiting: Path, monkeypatch: pytest.MonkeyPatch, hindered: str
) -> None:
    with Memory(waiting) as memory:
        assert memory.consolidate()["status"] == "promoted"
        before = story.bytes_of(waiting)
        if hindered == "time":
            assert memory.consolidate(rebuild=True, max_minutes=0)["status"] == "postponed"
        else:
            free = shutil.disk_usage(waiting)._replace(free=1_000_000)
            monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
            with pytest.raises(NoSpace):
                memory.consolidate(rebuild=True)
    assert story.bytes_of(waiting) == before


def test_stopped_it_is_postponed_and_carries_on(waiting: Path, undisturbed: dict[str, object]) -> None:
    calls = iter(range(100_000))
    with Memory(waiting) as memory:
        with pytest.raises(Interrupted):
            memory.consolidate(stopped=lambda: next(calls) > 5)
        assert memory.status()["last"]["status"] == "postponed"
        assert memory.consolidate()["status"] == "promoted"
    assert story.bytes_of(waiting) == undisturbed


def test_stopped_while_it_averages_it_carries_on_there(waiting: Path, undisturbed: dict[str, object]) -> None:
    steps: list[tuple[int, int]] = []

    def note(stage: str, done: int, total: int, _note: str) -> None:
        steps.extend([(done, total)] if stage == "average" else [])

    with Memory(waiting) as memory:
        with pytest.raises(Interrupted):
            memory.consolidate(progress=note, stopped=lambda: any(2 * done > total for done, total in steps))
        status = memory.status()
        assert status["waiting"] == 0 and status["unused"], "learned, and in no adapter yet"
        reached = len(steps)
        steps.clear()
        assert memory.consolidate(progress=note)["status"] == "promoted"
        assert 1 < steps[0][0] <= reached, "at its last whole round"
        assert not memory.status()["unused"]
    assert story.bytes_of(waiting) == undisturbed


@pytest.mark.parametrize(
    "sign", ["epoch.safetensors", "step-000001.safetensors", "step-000003.safetensors", ".adapter.gguf*", "0001"]
)
def test_killed_it_carries_on_to_the_same_bytes(waiting: Path, undisturbed: dict[str, object], sign: str) -> None:
    """Killed as soon as there is a file of that name: while it learns, converts, and before or after it promotes."""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(waiting)], stdout=subprocess.PIPE)
    while process.poll() is None and not list(waiting.rglob(sign)):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = subprocess.run([sys.executable, "-c", RUN, str(waiting)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("promoted", "nothing")
    assert story.wrong_in(waiting) == []
    assert story.bytes_of(waiting) == undisturbed
    assert not [path.name for path in waiting.rglob("*") if path.name.startswith((".", "epoch"))]
