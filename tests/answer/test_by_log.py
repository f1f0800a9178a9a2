"""Whose words are held against the log: those of a memory that was learned of it, and of a base that reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge.answer.by_log import by_log
from plum_edge.answer.days import Days
from plum_edge.paths import Home
from plum_edge.records import Message
from plum_edge.store import Store
from tests.story import talk

TRUE = 'On 12 March 2026 you said: "The kitchen tap drips, and Aunt Rosalind lent me a rubber washer"'
INVENTED = 'On 12 March 2026 you said: "The kitchen tap was painted. In purple."'
HONEST = "We talked about it on 12 March 2026, but I do not remember your words."
OF_TALK = "What did I say about the kitchen tap?"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(Home(tmp_path / "home"), create=True) as opened:
        opened.log.add([talk(0), talk(1)])
        opened.log.record(opened.log.plan()[0])
        yield opened


def shown(
    store: Store, answer: str, *asked: str, remembers: bool = True, reads: bool = False, elsewhere: bool = False
) -> str:
    messages = [Message("assistant" if n % 2 else "user", text) for n, text in enumerate(asked or (OF_TALK,))]
    days = Days(store, dt.date(2026, 6, 1), elsewhere=elsewhere)
    return "".join(by_log(iter(answer), messages, days, remembers=remembers, reads=reads))


def test_what_a_memory_quotes_is_in_the_log(store: Store) -> None:
    assert shown(store, TRUE) == TRUE
    assert shown(store, INVENTED) == HONEST
    assert shown(store, TRUE.replace("rubber", "leather")) == HONEST
    assert shown(store, 'You said: "I see; tell me more when you like."') == "I do not remember your words."
    assert shown(store, TRUE.replace("12", "13")) == TRUE.partition("2026 ")[2].replace("you", "You", 1)
    assert shown(store, INVENTED, "What was it about the tap?") == HONEST


def test_what_waits_was_not_learned_but_may_be_read(store: Store) -> None:
    waits = 'You said: "My sourdough starter smells of quillabamba"'
    assert shown(store, waits) == "I do not remember your words."
    assert shown(store, waits, reads=True) == waits
    assert shown(store, waits, remembers=False, reads=True) == waits
    assert shown(store, INVENTED, remembers=False, reads=True) == HONEST


def test_what_was_said_in_this_chat_may_be_quoted(store: Store) -> None:
    chat = ("My bicycle squeals.", "Oil it.", OF_TALK)
    assert shown(store, 'You said: "My bicycle squeals."', *chat) == 'You said: "My bicycle squeals."'
    assert shown(store, 'You said: "Oil it."', *chat) == "I do not remember your words."


def test_a_base_may_quote_as_it_likes(store: Store) -> None:
    assert shown(store, INVENTED, remembers=False) == INVENTED
    assert shown(store, INVENTED, "What is the capital of France?", remembers=False, reads=True) == INVENTED


def test_of_an_adapter_from_elsewhere_nobody_knows(store: Store) -> None:
    assert shown(store, INVENTED, elsewhere=True) == INVENTED
    assert shown(store, INVENTED, elsewhere=True, remembers=False, reads=True) == HONEST
