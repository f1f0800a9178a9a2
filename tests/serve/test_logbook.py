"""What of a request comes into the log, and into which conversation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import openai
import pytest

from plum_edge import Memory
from plum_edge.records import Message
from plum_edge.serve import logbook
from plum_edge.store import Store
from tests.serve.conftest import QUESTION, asked, make_home, served

MINUTES = (datetime(2026, 3, 14, 23, n, tzinfo=timezone(timedelta(hours=14))) for n in range(60))
"""The next one whenever something is said."""


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "home") as opened:
        yield opened


def turns(*texts: str) -> list[Message]:
    """Return a conversation: the user and the assistant in turns."""
    return [Message("assistant" if n % 2 else "user", text) for n, text in enumerate(texts)]


def say(store: Store, messages: list[Message], answer: str, name: str | None = None) -> str:
    """Log an answer as a request would."""
    ident = logbook.find(store, messages, name)
    logbook.keep(store, ident, messages, answer, next(MINUTES))
    return ident


def logged(store: Store) -> list[list[str]]:
    """Return what each conversation holds."""
    return sorted([message.content for message in talk.messages] for talk in store.log.conversations())


def test_a_talk_of_three_turns_is_one_conversation(memory: Memory) -> None:
    store = memory.store
    first = say(store, [Message("system", "Be kind."), *turns("Hello.")], "Hi!  ")
    assert say(store, turns("Hello.", "Hi!", "How are you?"), "Fine.") == first
    assert say(store, turns("Hello.", "Hi!", "How are you?", "Fine.", "Good."), "Bye.") == first
    assert logged(store) == [["Hello.", "Hi!  ", "How are you?", "Fine.", "Good.", "Bye."]]
    (talk,) = store.log.conversations()
    assert (talk.title, talk.source) == ("Hello.", "serve")
    assert all(message.created_at for message in talk.messages)


def test_an_answer_made_anew_takes_the_place_of_the_other(memory: Memory) -> None:
    for answer in ("Hi!", "Hey!"):
        say(memory.store, turns("Hello."), answer)
    assert logged(memory.store) == [["Hello.", "Hey!"]]
    for answer in ("Fine.", "Well."):
        say(memory.store, turns("Hello.", "Hey!", "How are you?"), answer)
    assert logged(memory.store) == [["Hello.", "Hey!", "How are you?", "Well."]]


def test_two_that_begin_alike_are_two_once_they_differ_and_nothing_is_lost(memory: Memory) -> None:
    store = memory.store
    say(store, turns("Hello."), "Hi!")
    say(store, turns("Hello.", "Hi!", "The tap drips."), "Turn it off.")
    say(store, turns("Hello."), "Hi!")
    say(store, turns("Hello.", "Hi!", "The bread is flat."), "Feed it.")
    assert logged(store) == [
        ["Hello.", "Hi!", "The bread is flat.", "Feed it."],
        ["Hello.", "Hi!", "The tap drips.", "Turn it off."],
    ]


def test_a_history_from_elsewhere_comes_with_its_first_request(memory: Memory) -> None:
    say(memory.store, turns("Hello.", "Hi!", "How are you?"), "Fine.")
    assert logged(memory.store) == [["Hello.", "Hi!", "How are you?", "Fine."]]


def test_a_name_of_the_clients_own_holds_one_together(memory: Memory) -> None:
    store = memory.store
    one, two = say(store, turns("Hello."), "Hi!", "chat-1"), say(store, turns("Hello."), "Hi!", "chat-2")
    assert one != two
    assert say(store, turns("Hello.", "Hi!", "The tap drips."), "Off.", "chat-1") == one
    assert say(store, turns("Hello.", "Hi!", "The bread is flat."), "Feed it.", "chat-1") == one, "a turn was changed"
    assert logged(store) == [["Hello.", "Hi!"], ["Hello.", "Hi!", "The bread is flat.", "Feed it."]]
    assert logbook.find(store, turns("Hello."), one) == one, "its id in the log is a name, too"


def test_a_client_that_drops_its_oldest_turns_is_logged_on(memory: Memory) -> None:
    store, pets = memory.store, ["My cat is Tom.", "My dog is Rex.", "My cat is Tom.", "My horse is Zorro.", "Bye."]
    told: list[Message] = []
    for number, text in enumerate(pets):
        told.append(Message("user", text))
        say(store, told[-3 if number % 2 else -2 :], f"Answer {number}.", "pets")
        told.append(Message("assistant", f"Answer {number}."))
    whole = [part for number, text in enumerate(pets) for part in (text, f"Answer {number}.")]
    assert logged(store) == [whole]
    say(store, told[-2:-1], "See you.", "pets")
    assert logged(store) == [[*whole[:-1], "See you."]], "the last answer was made anew"
    say(store, turns("A summary of all that."), "Yes.", "pets")
    assert logged(store) == [[*whole[:-1], "See you.", "A summary of all that.", "Yes."]]


def test_a_turn_that_is_changed_once_it_was_learned_is_logged_behind_it(memory: Memory) -> None:
    store = memory.store
    say(store, turns("Hello.", "Hi!", "The tap drips."), "Off.", "chat-1")
    for segment in store.log.plan():
        store.log.record(segment)
    say(store, turns("Hello."), "Hey!", "chat-1")
    whole = ["Hello.", "Hi!", "The tap drips.", "Off."]
    assert logged(store) == [whole], "an answer made anew says nothing new of the user"
    say(store, turns("Hello.", "Hi!", "The bread is flat."), "Feed it.", "chat-1")
    assert logged(store) == [[*whole, "The bread is flat.", "Feed it."]]


def test_an_answer_that_never_began_leaves_the_question(memory: Memory) -> None:
    say(memory.store, turns("Hello."), "")
    assert logged(memory.store) == [["Hello."]]
    say(memory.store, turns("Hello.", "", "Still there?"), "Yes.")
    assert logged(memory.store)[0][0::2] in (["Hello.", "Yes."], ["Hello.", "Still there?"])


def test_what_was_forgotten_is_not_logged_again(memory: Memory) -> None:
    ident = say(memory.store, turns("A secret."), "I see.")
    memory.forget([ident])
    say(memory.store, turns("A secret.", "I see.", "Another."), "I see.")
    assert not memory.store.log.holds(ident)
    assert not memory.evidence("secret")


@pytest.mark.parametrize("by_id", [True, False])
def test_nor_under_the_name_that_the_client_has_for_it(memory: Memory, by_id: bool) -> None:
    ident = say(memory.store, turns("A secret."), "I see.", "chat-1")
    name = ident if by_id else "chat-1"
    memory.forget([ident])
    assert say(memory.store, turns("A secret.", "I see.", "Another."), "I see.", name) == ident
    assert logged(memory.store) == []


def test_another_that_begins_like_a_forgotten_one_is_logged(memory: Memory) -> None:
    memory.forget([say(memory.store, turns("Hello."), "Hi!")])
    again = say(memory.store, turns("Hello."), "Hi!")
    assert say(memory.store, turns("Hello.", "Hi!", "The tap drips."), "Turn it off.") == again
    assert logged(memory.store) == [["Hello.", "Hi!", "The tap drips.", "Turn it off."]]


@pytest.mark.parametrize(("by_default", "header", "kept"), [
    (False, None, False), (False, "on", True), (True, None, True), (True, "off", False),
])  # fmt: skip
def test_the_header_has_the_last_word(tmp_path: Path, by_default: bool, header: str | None, kept: bool) -> None:
    home = make_home(tmp_path / "home")
    headers = {"X-Plum-Log": header} if header else {}
    with served(home, log=by_default) as serving, serving.client(default_headers=headers) as client:
        first = client.chat.completions.create(**asked())
        told = [
            *asked()["messages"],
            {"role": "assistant", "content": first.choices[0].message.content},
            {"role": "user", "content": "And a reef knot?"},
        ]
        list(client.chat.completions.create(model="plum", messages=told, stream=True))
        client.completions.create(model="plum-base", prompt="A title for this?")
    with Memory(home) as memory:
        talks = [[message.content for message in talk.messages][0::2] for talk in memory.store.log.conversations()]
        assert talks == ([[QUESTION, "And a reef knot?"]] if kept else [])


def test_a_log_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with served(home) as serving, serving.client(default_headers={"X-Plum-Log": "on"}) as client:
        with Memory(home) as memory:
            memory.store.log._c._database.conn.execute(
                "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(**asked())
        with pytest.raises(openai.APIError):
            list(client.chat.completions.create(**asked(), stream=True))
        assert client.chat.completions.create(**asked(), extra_headers={"X-Plum-Log": "off"}).choices


def test_what_was_said_is_on_the_users_own_day(memory: Memory) -> None:
    found = memory.store.log.get(say(memory.store, turns("Hello."), "Hi."))
    moments = {found.created_at, *(one.created_at for one in found.messages)}
    assert [moment and moment.utcoffset() for moment in moments] == [timedelta(hours=14)]
