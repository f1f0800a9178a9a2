"""What the memory was asked, and what it answered, is no evidence of having been told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plum_edge.answer.told import Told
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def talk(ident: str, *turns: str) -> Conversation:
    said = tuple(Message("assistant" if n % 2 else "user", text, NOON) for n, text in enumerate(turns))
    return Conversation(ident, ident, NOON, said)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(Home(tmp_path / "home"), create=True) as opened:
        yield opened


ASKED = talk("asked", "Did we ever talk about a sailing trip?", "No, we have not talked about a sailing trip.")


def found(store: Store, query: str, left_out: str | None = None) -> list[str]:
    return [one.conversation for one in Told(store).search(query, 5, left_out=left_out)]


def test_a_question_asked_before_is_no_evidence(store: Store) -> None:
    store.log.add([ASKED])
    assert [one.conversation for one in store.search.search("sailing trip")] == ["asked"]
    assert found(store, "sailing trip") == []
    assert [m.content for m in Told(store).get("asked").messages] == ["", ""]


def test_what_was_told_beside_a_question_is(store: Store) -> None:
    store.log.add([talk("both", "Did I tell you about the sailing trip? It was in Malmö.", "Yes, in Malmö.")])
    assert found(store, "Malmö") == ["both"]


def test_another_message_of_the_same_conversation_is_found_instead(store: Store) -> None:
    turns = (*(m.content for m in ASKED.messages), "We will have a sailing trip in May, on the lake.", "Lovely.")
    store.log.add([talk("later", *turns)])
    (one,) = Told(store).search("sailing trip", 5)
    assert one.message == 2


def test_a_conversation_that_goes_on_is_passed_over(store: Store) -> None:
    store.log.add([talk("one", "The tap drips."), talk("two", "The tap drips again.")])
    assert found(store, "tap", left_out="two") == ["one"]


def test_a_log_without_questions_is_searched_as_ever(store: Store) -> None:
    store.log.add([talk("one", "The kitchen tap drips.", "Turn the tap off."), talk("two", "A tap dance.", "Fine.")])
    for query in ("tap", "kitchen tap", "dance", "off"):
        assert Told(store).search(query, 5) == store.search.search(query, 5)
