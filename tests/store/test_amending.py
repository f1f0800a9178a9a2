"""A turn is undone, as long as nothing of it has its place in the order of learning."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plum_edge.errors import UsageError
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def talk(*turns: str) -> Conversation:
    said = tuple(Message("assistant" if n % 2 else "user", text, NOON) for n, text in enumerate(turns))
    return Conversation("tap", "Tap", NOON, said, source="chat")


@pytest.fixture
def opened(tmp_path: Path) -> Store:
    return Store.open(Home(tmp_path / "home"), create=True)


def test_the_last_turn_goes_out_of_the_log_and_the_search(opened: Store) -> None:
    with opened as store:
        store.log.add([talk("The tap drips.", "Turn it off.", "And the marmalade?", "Boil it.")])
        store.amending.cut("tap", 2)
        assert [m.content for m in store.log.get("tap").messages] == ["The tap drips.", "Turn it off."]
        assert store.search.search("marmalade") == []
        assert [one.conversation for one in store.search.search("tap")] == ["tap"]


def test_of_a_conversation_without_turns_nothing_stays_and_it_may_come_again(opened: Store) -> None:
    with opened as store:
        store.log.add([talk("The tap drips.", "Turn it off.")])
        store.amending.cut("tap", 0)
        assert not store.log.holds("tap")
        assert store.log.forgotten("tap") is None
        assert store.log.add([talk("The tap drips.")]).added == ("tap",)


def test_what_is_being_learned_stays(opened: Store) -> None:
    with opened as store:
        store.log.add([talk("The tap drips.", "Turn it off.")])
        store.log.record(store.log.plan()[0])
        store.log.append("tap", Message("user", "It still drips.", NOON))
        with pytest.raises(UsageError, match="plum-edge forget tap"):
            store.amending.cut("tap", 0)
        assert len(store.log.get("tap").messages) == 3
        store.amending.cut("tap", 2)
        assert len(store.log.get("tap").messages) == 2
