"""A question about a day: which dates the log or the chat knows nothing of."""

from __future__ import annotations

import datetime as dt

import pytest

from plum_edge.answer.undated import denied, unknown_date
from plum_edge.augment.phrases.dates import Named
from plum_edge.records import Message

DAYS = [dt.date(2026, 10, 3), dt.date(2026, 11, 29)]


def vouches(one: Named, _of_speech: bool) -> bool:
    return one.among(DAYS)


@pytest.mark.parametrize(
    ("question", "date"),
    [
        ("Did we talk about the tap on 4 October 2026?", "4 October 2026"),
        ("Did we talk about the tap in July?", "July"),
        ("Have we talked in 2031?", "2031"),
        ("Did I tell you on 3 October about a flight on 5 May 2031?", "5 May 2031"),
        ("did we talk on 4 october 2026?", "4 October 2026"),
        ("did we talk on the 4th of may, and may we now?", "4th of May"),
        ("Did we talk on October the 4th?", "October the 4th"),
        ("did we talk in june 1999", "June 1999"),
        ("may we talk? did i march?", None),
        ("Did we talk about the tap on October 3rd, 2026?", None),
        ("Did we talk about the tap in November?", None),
        ("Did we talk about the tap?", None),
        ('Did I quote "on 4 May 1999" to you?', None),
    ],
)
def test_a_date_that_no_conversation_has(question: str, date: str | None) -> None:
    assert unknown_date([Message("user", question)], vouches) == date


def test_a_date_of_this_chat_is_known() -> None:
    before = [Message("user", "I marry Eva on 4 May 2031."), Message("assistant", "How lovely.")]
    assert unknown_date([*before, Message("user", "What did I tell you about 4 May 2031?")], vouches) is None
    assert unknown_date([*before, Message("user", "Did I mention Eva in June 1999?")], vouches) == "June 1999"


def test_what_is_said_instead() -> None:
    assert denied("Did we talk in June 1999?", "June 1999")[1] == 0.0
    said, p_yes = denied("What did we talk about in June 1999?", "June 1999")
    assert said.startswith("The log has nothing from June 1999") and p_yes is None
