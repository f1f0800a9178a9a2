"""Vectors of messages: kept once, and gone with the message, out of the bytes of the file too."""

from __future__ import annotations

import pytest

from plum_edge.store import Store
from tests.store.samples import recorded, talk

VECTOR = bytes(range(64, 128)) * 12


@pytest.fixture
def two(store: Store) -> Store:
    recorded(store, talk("a", "The tap drips.", position=0), talk("b", "A loaf.", position=1))
    store.vectors.keep([("a", 0, "of the tap", VECTOR), ("b", 0, "of the loaf", b"\1\2")])
    return store


def test_what_is_kept_is_given_back_by_what_it_is_of(two: Store) -> None:
    assert two.vectors.all() == {"of the tap": VECTOR, "of the loaf": b"\1\2"}


def test_a_message_has_one(two: Store) -> None:
    two.vectors.keep([("b", 0, "of the bread", b"\3")])
    assert two.vectors.all() == {"of the tap": VECTOR, "of the bread": b"\3"}


def test_nothing_is_kept_of_what_is_not_in_the_log(two: Store) -> None:
    two.vectors.keep([("nobody", 0, "x", b"\3"), ("a", 9, "y", b"\3")])
    assert two.vectors.count() == 2


@pytest.mark.parametrize("keep_log", [False, True])
def test_it_goes_with_the_message_out_of_the_file(two: Store, keep_log: bool) -> None:
    def held() -> bool:
        return any(VECTOR in path.read_bytes() for path in two.path.parent.glob(f"{two.path.name}*"))

    assert held()
    two.forgetting.delete(two.forgetting.begin(["a"], None, {}, keep_log=keep_log))
    two.forgetting.rewrite()
    assert held() == keep_log
    assert ("of the tap" in two.vectors.all()) == keep_log


def test_a_copy_of_the_log_has_them(two: Store, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("copy") / "log.db"
    two._connection.copy_into(copy)
    assert VECTOR in copy.read_bytes()
