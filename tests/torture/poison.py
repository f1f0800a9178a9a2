"""Poison over many nights, on the embedded model and with the gate as it ships: ``make poison``, some five minutes.

Each kind comes after four good conversations. It is stopped, or does no harm; then a good one comes and is learned.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plum_edge import Memory
from tests import poison
from tests.night.test_night import make_home

KNOWN = {f"nora-{number:03d}" for number in range(1, 5)}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[float, float]]:
    """A home that has learned four conversations in a night, and what it knows of them."""
    home = make_home(tmp_path_factory.mktemp("good") / "home", 4, poison.SETTINGS)
    with Memory(home) as memory:
        assert memory.consolidate()["status"] == "promoted", "a good night passes"
        return home, poison.figures(memory, KNOWN)


def then_a_good_one(memory: Memory, folder: Path, before: tuple[float, float], number: int = 4) -> None:
    """Check that what was known is known, and that the next night's good conversation is learned."""
    assert poison.unharmed(before, poison.figures(memory, KNOWN))
    ident = poison.say_sample(memory, folder, number)
    result = memory.consolidate()
    assert (result["status"], result["conversations"]) == ("promoted", [ident])
    assert poison.unharmed(before, poison.figures(memory, KNOWN))


@pytest.mark.parametrize("kind", poison.SAID)
def test_what_is_poisonous_to_read(kind: str, good: tuple[Path, tuple[float, float]], tmp_path: Path) -> None:
    home, before = Path(shutil.copytree(good[0], tmp_path / "home")), good[1]
    with Memory(home) as memory:
        poison.say(memory, tmp_path, kind, poison.SAID[kind])
        poison.nights(memory)
        then_a_good_one(memory, tmp_path, before)


def test_pairs_that_say_yes_to_everything(
    good: tuple[Path, tuple[float, float]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, before = Path(shutil.copytree(good[0], tmp_path / "home")), good[1]
    poison.all_yes(monkeypatch, "bees")
    with Memory(home) as memory:
        said = "I keep bees now: two hives behind the shed, and a smoker from my uncle. The queen is marked in blue."
        poison.say(memory, tmp_path, "bees", said)
        poison.nights(memory)
        then_a_good_one(memory, tmp_path, before)


def test_what_spoils_the_weights_each_time_is_set_aside(good: tuple[Path, tuple[float, float]], tmp_path: Path) -> None:
    """Refused with its figures, tried again with other seeds and smaller steps, and at last left alone."""
    home, before = Path(shutil.copytree(good[0], tmp_path / "home")), good[1]
    with Memory(home) as memory:
        active = memory.store.runs.active()
        ident = poison.say_sample(memory, tmp_path, 4)
        with poison.learned_too_fast(memory):
            refused = poison.nights(memory)
        assert len(refused) == memory.config.gate.attempts
        assert all("%" in reason or "questions" in reason for one in refused for reason in one.reasons)
        assert active and memory.store.runs.active() == active
        assert list(memory.store.log.aside()) == [f"{ident}/0"]
        then_a_good_one(memory, tmp_path, before, 5)
