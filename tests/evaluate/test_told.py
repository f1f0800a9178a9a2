"""What the memory was asked, and what it answered, is no evidence of having been told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plum_edge.answer.respondent import library as retrieval
from plum_edge.answer.told import Told
from plum_edge.paths import Home
from plum_edge.records import Conversation, Evidence, Message
from plum_edge.retrieve.passages import passage
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


UNKNOWN = talk("unknown", "What did my plumber charge for the boiler?", "You have not told me about that.")


def test_search_and_view_agree_on_what_the_memory_could_not_answer(store: Store) -> None:
    store.log.add([UNKNOWN, talk("told", "The plumber came about the boiler.", "Good.")])
    assert found(store, "plumber boiler") == ["told"]
    assert [m.content for m in Told(store).get("unknown").messages] == ["", ""]
    library = retrieval(store, len, room=500)
    assert [text for text in library.passages("What did my plumber charge for the boiler?") if "charge" in text] == []


def test_a_conversation_emptied_since_it_was_found_reads_as_its_day() -> None:
    empty = replace(UNKNOWN, messages=tuple(replace(one, content="") for one in UNKNOWN.messages))
    found = Evidence("unknown", NOON, "plumber", 0)
    assert passage(empty, found, 100, len) == "Conversation of 14 March 2026"


def test_what_friends_answer_each_other_was_asked_of_no_memory(store: Store) -> None:
    question = Message("user", "Do you remember the name of our plumber?", NOON)
    replies = (Message("assistant", text, NOON, "Anna") for text in ("Marek Novak, 07700 900123", "He takes 60."))
    chat = Conversation("friends", "friends", NOON, (question, *replies, Message("user", "Thanks!", NOON)))
    store.log.add([chat])
    assert Told(store).get("friends") == chat
    assert found(store, "Marek Novak") == found(store, "name of our plumber") == ["friends"]


def test_the_view_follows_the_log(store: Store) -> None:
    told = Told(store)
    store.log.add([ASKED, talk("tap", "The tap drips.")])
    assert [[m.content for m in one.messages] for one in told.conversations()] == [["", ""], ["The tap drips."]]
    store.log.add([talk("tap", "The tap drips.", "Turn it off.", "Did we talk about Oslo?")])
    store.log.add([talk("more", "We sail in May.")])
    kept = {one.id: [m.content for m in one.messages] for one in told.conversations()}
    assert kept == {
        "asked": ["", ""],
        "tap": ["The tap drips.", "Turn it off.", ""],
        "more": ["We sail in May."],
    }
