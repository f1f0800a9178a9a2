"""Where the mean of the last two conversations' ends is used, forgetting gives the files of who never had it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plum_edge import Memory, cli
from plum_edge.config import Config
from plum_edge.convert import peft
from plum_edge.errors import Interrupted
from plum_edge.paths import Home, sha256_file
from plum_edge.train.checkpoints import checkpoint
from plum_edge.train.step import state_sha256
from tests.night.forget.talks import talk, write_config

ALL = (0, 1, 2, 4)
"""Whose checkpoints stay: the last two, and the one before."""
TWO = ["talk-2", "talk-4"]
"""Without these the last but one is the first, whose state did not stay."""


def make(root: Path, config: Config, *nights: tuple[int, ...]) -> Path:
    """Make a home that learned each night's conversations and put what came of them to use."""
    root.mkdir()
    write_config(root, replace(config, train=replace(config.train, averaging=0, ends=2)))
    with Memory(root) as memory:
        for night in nights:
            memory.add([talk(number) for number in night])
            assert memory.consolidate()["status"] == "promoted"
    return root


def in_use(root: Path) -> dict[str, Any]:
    """Return hashes of what is used, and what it says of itself."""
    with Memory(root) as memory:
        active = memory.store.runs.active()
        assert active is not None
        folder, manifest = Path(active.gguf).parent, memory.store.runs.manifest(active.id)
        files = {name: sha256_file(folder / name) for name in ("adapter.safetensors", "adapter.gguf")}
        return {**files, **{name: manifest[name] for name in ("state_sha256", "weights_sha256", "ends")}}


@pytest.fixture(scope="module")
def made(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made") / "home", config, ALL)


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


def test_what_is_used_says_so_and_is_proven(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is the mean that llama.cpp is held against."""
    told, home = in_use(made), Home(made)
    assert told["ends"] == 2
    before, last = (peft.load(checkpoint(home, seq))[0] for seq in (3, 4))
    assert state_sha256(last) == told["state_sha256"]
    assert state_sha256({name: (before[name] + last[name]) / 2 for name in last}) == told["weights_sha256"]
    with Memory(made) as memory:
        (adapter,) = memory.adapters()
        assert memory.store.runs.manifest(adapter.id)["parity"]["probes"] > 0
        assert memory.store.runs.evaluation(adapter.id) is not None
    assert cli.main(["--home", str(made), "adapters", "show", "0001"]) == 0
    assert "the mean after each of the last 2 conversations" in capsys.readouterr().out


def test_nights_in_any_split_use_the_same(config: Config, made: Path, tmp_path: Path) -> None:
    assert in_use(make(tmp_path / "other", config, (0, 1, 2), (4,))) == in_use(made)


@pytest.mark.parametrize(
    ("gone", "again"),
    [
        ((4,), 0),  # the last: both states before it stayed
        ((2,), 1),
        ((0,), 3),
        ((2, 4), 2),  # the state before the one that is now last did not stay
        ((1, 2, 4), 1),  # one is left, and is all there is
    ],
)
def test_forgetting_gives_the_files_of_who_never_had_it(
    config: Config, root: Path, tmp_path: Path, gone: tuple[int, ...], again: int
) -> None:
    left = tuple(number for number in ALL if number not in gone)
    with Memory(root) as memory:
        names = [f"talk-{number}" for number in gone]
        assert memory.forget(names, dry_run=True)["again"] == again
        receipt = memory.forget(names)
    assert (receipt["exact"], receipt["again"]) == (True, again)
    assert in_use(root) == in_use(make(tmp_path / "other", config, left))


def test_what_an_earlier_night_used_is_used_again(config: Config, tmp_path: Path) -> None:
    root = make(tmp_path / "home", config, (0, 1, 2), (4,))
    before = in_use(make(tmp_path / "other", config, (0, 1, 2)))
    with Memory(root) as memory:
        assert memory.forget(["talk-4"], dry_run=True)["again"] == 0
        receipt = memory.forget(["talk-4"])
        assert (receipt["exact"], receipt["again"], receipt["adapter"]) == (True, 0, "0001")
    assert in_use(root) == before


@pytest.mark.parametrize("stop", [0, 2, 4])
def test_stopped_while_an_end_is_learned_again_it_carries_on(
    config: Config, root: Path, tmp_path: Path, stop: int
) -> None:
    calls = iter(range(1000))
    with Memory(root) as memory:
        with pytest.raises(Interrupted):
            memory.forget(TWO, stopped=lambda: next(calls) >= stop)
        assert memory.forget(TWO)["exact"]
    assert in_use(root) == in_use(make(tmp_path / "other", config, (0, 1)))


def test_an_end_that_cannot_be_made_again_is_said(root: Path) -> None:
    """It is learned with the settings of now, and what comes after it too."""
    settings = root / "config.toml"
    settings.write_text(settings.read_text().replace("epochs = 1", "epochs = 2"))
    with Memory(root) as memory:
        receipt = memory.forget(TWO)
        assert (receipt["exact"], receipt["again"]) == (False, 2)
        assert "settings" in receipt["why"]
        assert len({step.versions["settings"] for step in memory.store.runs.steps()}) == 1
