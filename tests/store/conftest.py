"""An empty home and an empty open store for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge.paths import Home
from plum_edge.store import Store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that does not exist yet, under a name that needs quoting."""
    return Home(tmp_path / "my home #1 ü?%")


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """An empty store."""
    with Store.open(home, create=True) as store:
        yield store
