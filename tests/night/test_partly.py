"""A night that may learn only a part of what waits: what it says, and what stays in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from plum_edge import Memory
from tests import story
from tests.tiny import tiny_base


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def home(tiny: Path, tmp_path: Path) -> Path:
    """A home with three conversations that nobody has learned yet."""
    home = story.make_home(tmp_path / "home", tiny)
    with Memory(home) as memory:
        memory.add([story.talk(number) for number in range(3)])
    return home


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


def in_use(memory: Memory) -> tuple[str, int] | None:
    active = memory.store.runs.active()
    return (active.id, active.segments) if active else None
