"""What is answered to a question about a day that the log knows nothing of. No model is asked: it would say yes.

"Did we talk about the tap on 4 October 2031?" has the tap in it, and that is what a memory answers to. Knows nothing of
how days are known (days.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from plum_edge.answer.rewrite import asks_for_words
from plum_edge.answer.vouched import Vouches
from plum_edge.augment.phrases import dates
from plum_edge.records import Message


def unknown_date(messages: Sequence[Message], vouches: Vouches) -> str | None:
    """Return a date of the last message that neither the log has nor a message before it, as written; else None."""
    *before, last = messages
    said = " ".join(message.content.casefold() for message in before)
    for one in dates.typed(last.content):
        if one.text.casefold() not in said and not vouches(one, False):
            return one.text
    return None


def denied(question: str, date: str) -> tuple[str, float | None]:
    """Return what is true instead of an answer, and p(yes) of it: None where more than a yes or no is wanted."""
    if asks_for_words(question):
        return dates.NOT_LOGGED.format(date=date), None
    return dates.NO_NOT_LOGGED.format(date=date), 0.0
