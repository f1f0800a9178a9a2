"""Poison, on the embedded model and with the gate as it ships: what is in use stays good.

What takes many nights is in tests/torture/poison.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plum_edge import Memory, cli
from plum_edge.errors import GateRefused
from tests import poison
from tests.night.test_night import FOLDER, make_home

pytestmark = [
    pytest.mark.skipif(not (FOLDER / "model.safetensors").is_file(), reason="plum-tiny has no weights here"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has learned two conversations."""
    home = make_home(tmp_path_factory.mktemp("good") / "home", 2, poison.SETTINGS)
    with Memory(home) as memory:
        assert memory.consolidate()["status"] == "promoted"
    return home


def test_what_holds_nothing_to_ask_about_is_set_aside_unlearned(good: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(good, tmp_path / "home"))
    with Memory(home) as memory:
        before = memory.store.runs.active()
        for kind in ("gibberish", "obey"):
            poison.say(memory, tmp_path, kind, poison.SAID[kind])
        assert poison.nights(memory) == []
        assert set(memory.store.log.aside()) == {"gibberish/0", "obey/0"}
        assert before and memory.store.runs.active() == before
        steps = [step.state_sha256 for step in memory.store.runs.steps()]
        assert steps[1:] == [steps[1]] * 3, "not one weight was moved by them"


def test_weights_that_were_spoiled_are_refused(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The gate's own limits, and a night that went wrong: the old adapter stays, and the sentence has the figures."""
    home = Path(shutil.copytree(good, tmp_path / "home"))
    with Memory(home) as memory:
        before = memory.store.runs.active()
        poison.say_sample(memory, tmp_path, 4)
    settings = home / "config.toml"
    settings.write_text(f"{poison.SETTINGS}learning_rate = 0.02\n")
    assert cli.main(["--home", str(home), "consolidate"]) == GateRefused.exit_code
    said = " ".join(capsys.readouterr().err.split())
    assert "forgets too much of the old" in said or "has not learned the new" in said
    assert "0001 stays in use" in said
    settings.write_text(poison.SETTINGS)
    with Memory(home) as memory:
        assert memory.store.runs.active() == before
        night = memory.store.runs.last()
        assert night is not None and (night.status, bool(night.detail["reasons"])) == ("refused", True)
