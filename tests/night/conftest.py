"""A random base that learns in seconds, and a home for it."""

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
def waiting(tiny: Path, tmp_path: Path) -> Path:
    """A home with three conversations that nobody has learned yet."""
    home = story.make_home(tmp_path / "home", tiny)
    with Memory(home) as memory:
        memory.add([story.talk(number) for number in range(3)])
    return home
