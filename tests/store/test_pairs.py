"""Pairs: what is stored, what is still true, and for which step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.errors import UnknownId
from plum_edge.records import Origin, Pair
from plum_edge.store import Store
from tests.store.samples import empty_store, pair, recorded, talk
from tests.strategies import pairs


@pytest.fixture
def three(store: Store) -> Store:
    """A store with segments a/0, b/0, c/0 in this order, and a training and a held-out pair each."""
    days = {"a": "2026-03-01T00:00:00+00:00", "b": "2026-03-02T00:00:00+00:00", "c": "2026-03-03T00:00:00+00:00"}
    recorded(store, *(talk(ident, "hello", at=day) for ident, day in days.items()))
    for ident in "cab":
        segment = f"{ident}/0"
        store.pairs.replace(segment, [pair(segment, f"Was it {ident}?"), pair(segment, f"Held {ident}?", "held_out")])
    return store


def live(store: Store, before: int | None = None) -> list[str]:
    return [pair.segment for pair in store.pairs.live("train", before)]


@settings(max_examples=25, deadline=None)
@given(st.lists(pairs("a/0"), max_size=8))
def test_pairs_come_back_as_they_were(made: list[Pair]) -> None:
    with empty_store() as store:
        recorded(store, talk("a", "hello"))
        store.pairs.replace("a/0", made)
        stored = store.pairs.of("a/0")
        assert [pair.id for pair in stored] == list(dict.fromkeys(pair.id for pair in made))
        assert set(stored) <= set(made)
        for split in ("train", "held_out"):
            assert store.pairs.of("a/0", split) == [pair for pair in stored if pair.split == split]
            assert store.pairs.live(split) == store.pairs.of("a/0", split)
        assert store.pairs.count() == len(stored)
        store.pairs.replace("a/0", stored)
        assert store.pairs.of("a/0") == stored


def test_live_is_in_the_order_of_learning(three: Store) -> None:
    assert live(three) == ["a/0", "b/0", "c/0"]
    assert live(three, before=3) == ["a/0", "b/0"]
    assert live(three, before=1) == []
    assert three.pairs.count("train") == 3


def test_a_retired_pair_stays_live_for_the_steps_before(three: Store) -> None:
    (negative,) = three.pairs.of("a/0", "train")
    three.pairs.retire([negative.id], "c/0")
    assert live(three) == ["b/0", "c/0"]
    assert live(three, before=3) == ["b/0"]  # c/0 makes it false, so c/0 does not read it
    assert live(three, before=2) == ["a/0"]  # b/0 read it, and reads it when it is learned again
    assert three.pairs.of("a/0", "train") == [negative]
    three.pairs.retire([negative.id], "b/0")
    three.pairs.retire([negative.id, "no such pair"], "c/0")
    assert live(three, before=2) == []  # the earliest counts


def test_replacing_keeps_what_is_retired(three: Store) -> None:
    (negative,) = three.pairs.of("a/0", "train")
    three.pairs.retire([negative.id], "b/0")
    three.pairs.replace("a/0", [pair("a/0", "Was it new?"), negative])
    assert [p.question for p in three.pairs.live("train") if p.segment == "a/0"] == ["Was it new?"]
    assert three.pairs.of("a/0", "held_out") == []


@pytest.mark.parametrize(("origin", "written"), [("phrases", False), ("llm", True), ("edit", True)])
def test_whether_answers_are_in_free_words(three: Store, origin: Origin, written: bool) -> None:
    assert not three.pairs.written()
    three.pairs.replace("c/0", [replace(pair("c/0", "What is my dog called?"), answer="Otto.", origin=origin)])
    assert three.pairs.written() is written


def test_unknown_and_foreign_segments(three: Store) -> None:
    with pytest.raises(UnknownId):
        three.pairs.replace("d/0", [])
    with pytest.raises(UnknownId):
        three.pairs.retire([], "d/0")
    with pytest.raises(ValueError, match="not of segment"):
        three.pairs.replace("a/0", [pair("b/0", "Was it b?")])
    assert three.pairs.count() == 6
