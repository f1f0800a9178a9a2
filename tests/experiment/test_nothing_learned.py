"""A cell of a log of which no pairs come: what is asked is the product without an adapter, and nothing fails."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.experiment import answers, desk, pooled
from benchmarks.experiment.cells import NOTHING_LEARNED, Cell, Exam
from benchmarks.experiment.homes import Place
from tests.experiment.test_run import run
from tests.tiny import tiny_base

PLAN = dict.fromkeys(("templates", "crossed", "later", "open"), ("adapter",))


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Cell:
    """Gisela, of whose first twenty-four conversations no pairs are made: they are in German."""
    settings = {
        "model": {"base": str(tiny_base(tmp_path_factory.mktemp("base")))},
        "train": {"recipe": "replay", "epochs": 1, "rank": 4, "alpha": 8.0, "threads": 1},
    }
    return Cell("try", "gisela", "default", 0, (10, 20), settings, plan=PLAN)


@pytest.fixture(scope="module")
def place(german: Cell, tmp_path_factory: pytest.TempPathFactory) -> Place:
    found = Place(tmp_path_factory.mktemp("results"), german)
    assert run(found.results, german) == {"ended": "done", "why": ""}
    return found


def test_it_is_done_and_says_that_nothing_was_learned(place: Place) -> None:
    assert place.result is not None and place.result["adapter_sha256"] is None
    now = desk.standing(place)
    assert (now.state, now.note) == ("done", NOTHING_LEARNED)
    for point in place.cell.points:
        told = place.read(f"points/{point:04d}.json")
        assert not told["learned"] and told["divergence"] is told["odds"] is None
        assert place.read(f"points/{point:04d}-chats.json") is None
    assert desk.Clock([place]).minutes(Place(place.results, replace(place.cell, log="nora"))) > 1, (
        "no time was measured"
    )


def test_every_question_is_denied_and_no_fact_is_claimed(place: Place) -> None:
    for asked in ("crossed", "later"):
        held = answers.read(place.root, Exam(20, asked, "adapter"))
        assert held is not None and not held.learned
        assert {row["p_yes"] for row in held.rows} == {0.0}
        assert {row["gold"] for row in held.rows} == {"yes", "no"}
        for share in (pooled.auc([[held.scored()]]), pooled.balanced([[held.scored()]])):
            assert share is not None and share[0] == 0.5
    opened = answers.read(place.root, Exam(20, "open", "adapter"))
    assert opened is not None
    known, unknown = ([row for row in opened.rows if (row["gold"] == "open") is sort] for sort in (True, False))
    assert known and not any(row["correct"] for row in known)
    assert unknown and all(row["correct"] for row in unknown)


@pytest.mark.slow
def test_what_holds_nothing_leaves_the_adapter_before_it_as_it_is(place: Place) -> None:
    """The twenty-fifth is in English; those after it are not, and the adapter that it gave is asked."""
    shutil.rmtree(place.root / "at" / "0020")  # as a run was left that ended before its point was kept
    further = Place(place.results, replace(place.cell, points=(10, 20, 26, 28)))
    assert run(further.results, further.cell)["ended"] == "done"
    assert further.result is not None and further.result["adapter_sha256"] and not desk.standing(further).note
    for point, learned in ((20, False), (26, True), (28, True)):
        held = answers.read(further.root, Exam(point, "crossed", "adapter"))
        assert held is not None and held.learned is further.read(f"points/{point:04d}.json")["learned"] is learned
        assert held.header["adapter_sha256"] == (further.result["adapter_sha256"] if learned else None)


def test_what_cannot_be_learned_for_another_reason_still_fails(german: Cell, tmp_path: Path) -> None:
    train = {**german.settings["train"], "learning_rate": 1e30}
    broken = replace(german, log="nora", points=(1,), settings={**german.settings, "train": train})
    ended = run(tmp_path, broken)
    assert ended["ended"] == "failed" and "no adapter of 1" in ended["why"]
    assert desk.standing(Place(tmp_path, broken)).state == "failed"
