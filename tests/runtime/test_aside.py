"""What the base and an adapter have read stays while the other one is on, and is never taken for the other's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plum_edge.runtime import engine
from plum_edge.runtime.engine import Engine
from tests import tiny
from tests.runtime.test_session import write_models

CONTEXT = 1024
IDS = [7 + n * 37 % (tiny.VOCABULARY - 7) for n in range(CONTEXT)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny, "CONTEXT", CONTEXT)
        patch.setattr(engine, "_CELLS", 256)  # so that a prompt of more makes the cache grow
        yield write_models(tmp_path_factory.mktemp("aside"))


class Reader:
    """An engine that tells how many tokens each prompt took."""

    def __init__(self, folder: Path, context: int = 0) -> None:
        self.folder, self.engine = folder, Engine(folder / "base.gguf", context=context, threads=1, exact=True)

    def read(self, who: int, tokens: int) -> tuple[int, np.ndarray]:
        """Put an adapter on, or none (0), and return how many tokens it takes to read so many, and what follows."""
        self.engine.adapt(self.folder / f"{who}.gguf" if who else None)
        before = self.engine.evaluated
        logits = self.engine.last(IDS[:tokens]).copy()
        return self.engine.evaluated - before, logits


@pytest.fixture
def reader(folder: Path) -> Iterator[Reader]:
    reader = Reader(folder)
    yield reader
    reader.engine.close()


@pytest.fixture(scope="module")
def afresh(folder: Path) -> Iterator[Reader]:
    reader = Reader(folder)
    yield reader
    reader.engine.close()


def test_who_comes_back_reads_only_what_is_new(reader: Reader) -> None:
    assert reader.read(0, 100)[0] == 100
    assert reader.read(1, 90)[0] == 90
    assert reader.read(0, 130)[0] == 30
    assert reader.read(1, 131)[0] == 41
    assert reader.read(1, 131)[0] == 1, "on already: nothing changes"


def test_it_stays_while_the_cache_grows(reader: Reader) -> None:
    reader.read(1, 200)
    assert reader.read(0, 700)[0] == 700
    assert reader.read(1, 201)[0] == 1
    assert reader.read(0, 700)[0] == 1


def test_where_both_do_not_fit_who_is_on_goes_first(folder: Path) -> None:
    narrow = Reader(folder, context=512)
    narrow.read(1, 300)
    assert narrow.read(0, 300)[0] == 300
    assert narrow.read(1, 300)[0] == 300
    narrow.engine.close()


def test_of_three_the_one_before_is_kept(reader: Reader) -> None:
    for who in (0, 1, 2):
        reader.read(who, 50)
    assert reader.read(1, 50)[0] == 1
    assert reader.read(0, 50)[0] == 50


def test_an_emptied_cache_keeps_nothing_aside(reader: Reader) -> None:
    reader.read(1, 50)
    reader.read(0, 50)
    reader.engine.clear()
    assert reader.read(1, 50)[0] == 50


def test_another_scale_is_another_reader(folder: Path, reader: Reader) -> None:
    logits = reader.read(1, 50)[1]
    reader.engine.adapt(folder / "1.gguf", 0.5)
    assert np.abs(reader.engine.last(IDS[:50]) - logits).max() > 1e-3
    assert reader.read(1, 50)[0] == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([3, 40, 41, 200, 400, 900])), min_size=1, max_size=8))
def test_it_is_the_same_as_read_afresh(reader: Reader, afresh: Reader, turns: list[tuple[int, int]]) -> None:
    for who, tokens in turns:
        found = reader.read(who, tokens)[1]
        afresh.engine.clear()
        assert np.abs(found - afresh.read(who, tokens)[1]).max() < 1e-4
