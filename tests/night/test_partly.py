"""A night that may learn only a part of what waits: what it says, and what stays in use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.memory import backup
from plum_edge.paths import Home
from tests import story


@pytest.fixture
def home(waiting: Path) -> Path:
    return waiting


@pytest.mark.parametrize(
    ("how", "nights", "then"),
    [("dropped", 2, ("0002", 3)), ("rebuilt", 2, ("0001", 3)), ("lost", 3, ("0002", 4))],
)
def test_a_fuller_memory_stays_in_use_until_as_much_is_learned_again(
    home: Path, how: str, nights: int, then: tuple[str, int]
) -> None:
    with Memory(home) as memory:
        assert memory.consolidate()["status"] == "promoted"
        if how == "dropped":
            memory.drop_pairs([memory.store.pairs.of("talk-0/0", "train")[0].id])
        if how == "lost":
            memory.add([story.talk(3)])
            for path in memory.home.checkpoints.iterdir():
                path.unlink()
        for night in range(nights):
            result = memory.consolidate(limit=1, rebuild=how == "rebuilt" and not night)
            assert (result["status"], in_use(memory)) == ("postponed", ("0001", 3))
        memory.consolidate(limit=1)
        assert in_use(memory) == then, "learned again, to other bytes or to the same"


def test_what_is_left_is_counted_whole(home: Path) -> None:
    with Memory(home) as memory:
        assert memory.consolidate(limit=1, max_minutes=0)["waiting"] == 3
        assert memory.consolidate(limit=1)["waiting"] == 2


def test_what_must_be_learned_again_is_said_to_wait(home: Path, tmp_path: Path) -> None:
    """A log that is put back on a disk where its adapters and checkpoints are gone."""
    with Memory(home) as memory:
        memory.consolidate()
        backup.write(memory.store, tmp_path / "copy.db")
    other = Home(story.make_home(tmp_path / "other", tmp_path))
    shutil.copyfile(home / "config.toml", other.config)
    with backup.restoring(other, tmp_path / "copy.db") as ready:
        ready.put()
    with Memory(other.root) as memory:
        status = memory.status()
        assert (status["adapter"], status["waiting"], status["unused"]) == (None, 3, True)
        assert memory.consolidate(dry_run=True)["conversations"] == ["talk-0", "talk-1", "talk-2"]
        assert memory.consolidate()["status"] == "promoted"
        status = memory.status()
        assert (status["waiting"], status["unused"]) == (0, False)


def test_checkpoints_that_are_lost_wait_only_where_learning_goes_on(home: Path) -> None:
    with Memory(home) as memory:
        memory.consolidate()
        for path in memory.home.checkpoints.iterdir():
            path.unlink()
        assert memory.status()["waiting"] == 0 and memory.consolidate()["status"] == "nothing"
        memory.add([story.talk(3)])
        assert memory.status()["waiting"] == 4


def in_use(memory: Memory) -> tuple[str, int] | None:
    active = memory.store.runs.active()
    return (active.id, active.segments) if active else None
