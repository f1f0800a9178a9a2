"""A home that learned four conversations, on a base that knows nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.config import Augment, Config, Model, Train
from plum_edge.paths import Home
from tests.night.forget.talks import OPEN, learn, talk, write_config
from tests.tiny import tiny_base


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    base = tiny_base(tmp_path_factory.mktemp("base"))
    train = Train(rank=2, alpha=4.0, epochs=1, batch=8, threads=1)
    return Config(model=Model(str(base)), train=train, augment=Augment(topics=2), gate=OPEN)


@pytest.fixture(scope="session")
def _learned(config: Config, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home of four conversations in two nights, promoted each; and the steps of one that never had ``talk-1``."""
    root = tmp_path_factory.mktemp("learned") / "home"
    root.mkdir()
    write_config(root, config)
    for night in ((0, 1), (2, 4)):
        with Memory(root) as memory:
            memory.add([talk(number) for number in night])
            assert memory.consolidate()["status"] == "promoted"
    other = Home(tmp_path_factory.mktemp("other") / "home")
    return root, learn(other, config, [[talk(0)], [talk(2), talk(4)]])


@pytest.fixture
def learned(_learned: tuple[Path, list[str]], tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(_learned[0], tmp_path / "home")))
