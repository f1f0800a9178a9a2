"""What is answered to a question about a day that the log knows nothing of. No model is asked: it would say yes.

"Did we talk about the tap on 4 October 2031?" has the tap in it, and that is what a memory answers to. Knows nothing of
how days are known (days.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from plum_edge.answer.rewrite import asks_for_words
from plum_edge.answer.vouched import Vouches
from plum_edge.augment.phrases import dates
from plum_edge.records import Message

_BEFORE = re.compile(r"^(?:in|since|during|of|last|early|late) ", re.IGNORECASE)
_SMALL = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?)\b|(?:(?<=\d )|(?<=\d[snrt][tdh] )|(?<=\d[snrt][tdh] of )|\b(?=\w+ \d))(?:mar(?:ch)?|may)\b"
)
"""Months as people type them in haste; "may" and "march" only beside a number."""


def unknown_date(messages: Sequence[Message], vouches: Vouches) -> str | None:
    """Return a date of the last message that neither the log has nor a message before it, as written; else None."""
    *before, last = messages
    said = " ".join(message.content.casefold() for message in before)
    for one in dates.named(_SMALL.sub(lambda month: month[0].capitalize(), last.content)):
        written = _BEFORE.sub("", one.text)
        if written.casefold() not in said and not vouches(replace(one, text=written), False):
            return written
    return None


def denied(question: str, date: str) -> tuple[str, float | None]:
    """Return what is true instead of an answer, and p(yes) of it: None where more than a yes or no is wanted."""
    if asks_for_words(question):
        return f"The log has nothing from {date}, and nothing in it names that date.", None
    return f"No: the log has nothing from {date}, and nothing in it names that date.", 0.0
