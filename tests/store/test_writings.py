"""What a model wrote of a conversation: kept once, and gone with it, out of the bytes of the file too."""

from __future__ import annotations

import pytest

from plum_edge.store import Store
from tests.store.samples import recorded, talk

SECRET = "A periwinkle submarine surfaced in Zanzibar."


@pytest.fixture
def two(store: Store) -> Store:
    recorded(store, talk("a", "The tap drips.", position=0), talk("b", "A loaf.", position=1))
    store.writings.put("a", "w1", [SECRET, "second"])
    store.writings.put("b", "w1", ["of b"])
    return store


def forget(store: Store, ident: str, *, keep_log: bool) -> None:
    request = store.forgetting.begin([ident], None, {}, keep_log=keep_log)
    store.forgetting.delete(request)
    store.forgetting.rewrite()


def test_what_is_kept_is_given_back_by_conversation_and_window(two: Store) -> None:
    assert two.writings.get("a", "w1") == [SECRET, "second"]
    assert two.writings.get("b", "w1") == ["of b"]
    assert two.writings.get("a", "w2") is None
    assert two.writings.get("nobody", "w1") is None


def test_what_was_kept_first_stays(two: Store) -> None:
    two.writings.put("a", "w1", ["other"])
    assert two.writings.get("a", "w1") == [SECRET, "second"]


def test_nothing_is_kept_of_what_is_not_in_the_log(two: Store) -> None:
    two.writings.put("nobody", "w1", [SECRET])
    assert two.writings.count() == 2


@pytest.mark.parametrize("keep_log", [False, True])
def test_it_goes_with_the_conversation_out_of_the_file(two: Store, keep_log: bool) -> None:
    assert SECRET.encode() in two.path.read_bytes() + two.path.with_name(two.path.name + "-wal").read_bytes()
    forget(two, "a", keep_log=keep_log)
    assert two.writings.get("a", "w1") is None and two.writings.get("b", "w1") == ["of b"]
    left = [path.read_bytes() for path in two.path.parent.glob(f"{two.path.name}*")]
    assert not any(b"periwinkle" in content for content in left)


def test_learning_everything_again_asks_nobody_again(two: Store) -> None:
    two.forgetting.unlearn(0)
    assert two.writings.get("a", "w1") == [SECRET, "second"]
