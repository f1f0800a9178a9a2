"""The fold, the adapters, the evaluations and the nights."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plum_edge.errors import UnknownId
from plum_edge.paths import Home
from plum_edge.records import Adapter, Step, draw
from plum_edge.store import Cell, Store
from tests.store.samples import recorded, talk


def adapter(ident: str, parent: str | None = None) -> Adapter:
    """Return an adapter that no file stands behind."""
    moment = datetime(2026, 8, 4, 3, 14, tzinfo=UTC)
    return Adapter(ident, False, parent, f"/elsewhere/{ident}/adapter.gguf", "0" * 64, 3, 0.5, moment)


def step(seq: int, segment: str) -> Step:
    """Return a step with every field set, its seed as large as `records.draw` makes it."""
    versions = {"mlx": "0.32.4", "plum-edge": "0.1.0"}
    return Step(seq, segment, "replay", "mlx", 2, versions, draw(seq) | 1 << 63, "aa", "bb", 6.5, 0.25)


@pytest.fixture
def three(store: Store) -> Store:
    """A store with segments a/0, b/0, c/0 recorded, and a step for each."""
    recorded(store, *(talk(ident, "hello", position=i) for i, ident in enumerate("abc")))
    for seq, ident in enumerate("abc", 1):
        store.runs.add_step(step(seq, f"{ident}/0"))
    return store


def test_steps_come_back_as_they_were(three: Store) -> None:
    assert three.runs.steps() == [step(1, "a/0"), step(2, "b/0"), step(3, "c/0")]


def test_a_loss_that_is_no_number_survives(three: Store) -> None:
    three.runs.add_step(replace(step(3, "c/0"), loss=math.nan))
    assert math.isnan(three.runs.steps()[-1].loss)


def test_a_step_done_again_takes_what_stood_on_it_along(three: Store) -> None:
    for seq in (1, 2, 3):
        three.runs.add_cells(seq, [("q1", "a", True, 0.9)])
    again = replace(step(2, "b/0"), seed=7)
    three.runs.add_step(again)
    assert three.runs.steps() == [step(1, "a/0"), again]
    assert [cell.step for cell in three.runs.cells()] == [1]
    three.runs.truncate(1)
    assert three.runs.steps() == []
    assert three.runs.cells() == []
    assert len(three.log.segments()) == 3  # the order of learning stays


def test_a_step_must_stand_in_its_place(three: Store) -> None:
    with pytest.raises(ValueError, match="number 2"):
        three.runs.add_step(step(3, "b/0"))
    with pytest.raises(UnknownId):
        three.runs.add_step(step(4, "d/0"))
    assert len(three.runs.steps()) == 3


def test_adapters(store: Store) -> None:
    assert store.runs.adapters() == []
    store.runs.add_adapter(adapter("0001"), {"recipe": "replay"})
    store.runs.add_adapter(adapter("0002", "0001"), {})
    assert store.runs.adapters() == [adapter("0001"), adapter("0002", "0001")]
    assert store.runs.adapter("0002") == adapter("0002", "0001")
    assert store.runs.manifest("0001") == {"recipe": "replay"}
    with pytest.raises(UnknownId, match="0001, 0002"):
        store.runs.adapter("000")
    with pytest.raises(UnknownId, match="adapters list"):
        store.runs.adapter("9")


def test_what_is_in_use_moves_and_is_counted(three: Store) -> None:
    runs = three.runs
    runs.add_adapter(adapter("0001"), {})
    runs.add_adapter(adapter("0002", "0001"), {})
    assert runs.active() is None
    assert runs.generation() == 0
    runs.promote("0001", ["a/0", "b/0"])
    assert runs.active() == replace(adapter("0001"), active=True)
    assert [summary.state for summary in three.log.list()] == ["promoted", "promoted", "trained"]
    runs.use("0002")
    assert [found.active for found in runs.adapters()] == [False, True]
    runs.use(None)
    assert runs.active() is None
    assert runs.generation() == 3
    runs.add_adapter(adapter("0002"), {"again": True})  # storing it again does not change what is in use
    assert runs.generation() == 3
    assert len(runs.adapters()) == 2


def test_a_promotion_is_all_or_nothing(three: Store) -> None:
    three.runs.add_adapter(adapter("0001"), {})
    with pytest.raises(UnknownId):
        three.runs.promote("0001", ["a/0", "no such segment/0"])
    with pytest.raises(UnknownId):
        three.runs.promote("0009", ["a/0"])
    assert three.runs.generation() == 0
    assert three.log.counts().states["promoted"] == 0


def test_evaluations(store: Store) -> None:
    store.runs.add_adapter(adapter("0001"), {})
    assert store.runs.evaluation("0001") is None
    store.runs.add_evaluation("0001", {"accuracy": 0.91})
    store.runs.add_evaluation("0001", {"accuracy": 0.93, "by_kind": {"near": 0.8}})
    assert store.runs.evaluation("0001") == {"accuracy": 0.93, "by_kind": {"near": 0.8}}
    assert store.runs.adapter("0001").accuracy == 0.93
    with pytest.raises(UnknownId):
        store.runs.add_evaluation("0009", {})


def test_cells(store: Store) -> None:
    store.runs.add_cells(2, [("q2", "b", False, 0.4), ("q1", "a", True, None)])
    store.runs.add_cells(1, [("q1", "a", True, 0.9), ("q0", None, True, 0.1)])
    store.runs.add_cells(2, [("q2", "b", True, 0.6)])
    assert store.runs.cells() == [
        Cell(1, "q0", None, True, 0.1),
        Cell(1, "q1", "a", True, 0.9),
        Cell(2, "q1", "a", True, None),
        Cell(2, "q2", "b", True, 0.6),
    ]


def test_nights(store: Store) -> None:
    assert store.runs.last() is None
    first = store.runs.begin()
    store.runs.end(first, "nothing", {})
    second = store.runs.begin({"limit": 10})
    running = store.runs.last()
    assert running is not None
    assert (running.id, running.status, running.ended_at, running.detail) == (second, "running", None, {"limit": 10})
    store.runs.end(second, "promoted", {"pairs": 412, "conversations": ["a"]})
    ended = store.runs.last()
    assert ended is not None
    assert ended.ended_at is not None
    assert ended.ended_at >= ended.started_at == running.started_at
    assert (ended.status, ended.detail) == ("promoted", {"pairs": 412, "conversations": ["a"]})
    with pytest.raises(UnknownId):
        store.runs.end(99, "promoted", {})


def test_a_home_can_be_moved(tmp_path: Path) -> None:
    """An adapter's file is found beside the log, wherever that is now."""
    there, here = Home(tmp_path / "there"), Home(tmp_path / "here")
    with Store.open(there, create=True) as store:
        store.runs.add_adapter(replace(adapter("0001"), gguf=str(there.adapters / "0001" / "adapter.gguf")), {})
        assert store.runs.adapter("0001").gguf == str(there.adapters / "0001" / "adapter.gguf")
    there.root.rename(here.root)
    with Store.open(here, create=False) as store:
        assert store.runs.adapter("0001").gguf == str(here.adapters / "0001" / "adapter.gguf")
