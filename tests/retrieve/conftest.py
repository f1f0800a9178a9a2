"""A small log in a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge.paths import Home
from plum_edge.store import Store
from tests.retrieve.talks import TALKS, conversation


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(Home(tmp_path / "home").create(), create=True) as opened:
        opened.log.add(conversation(name, day) for day, name in enumerate(TALKS, 14))
        yield opened
