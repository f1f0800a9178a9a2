"""The user's own words as an answer: what they said nearest to a question, with the day, where it is near enough.

Who reads may read wrongly; what the user said they can judge themselves. Knows nothing of models and of how words are
found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plum_edge.answer.own_words import holds
from plum_edge.augment.phrases.numbers import in_digits
from plum_edge.augment.phrases.quotes import Quote
from plum_edge.augment.phrases.requests import of_the_assistant
from plum_edge.augment.phrases.wordings import UNKNOWN, UNSURE, WHAT, WHAT_FROM_ASSISTANT
from plum_edge.augment.phrases.words import words
from plum_edge.records import Evidence, Role, spoken_date
from plum_edge.retrieve import Said

NEAR = 0.35
"""Cosine of question and message from which on it is shown (docs/experiments/2026-11-30-own-words.md)."""


def quoted(one: Said) -> str:
    """Return the words as an answer gives them: 'On 14 March 2026 you said: "…"'. No mark in them ends the quote."""
    text = one.text.replace('"', "'").replace("“", "'").replace("”", "'")
    text = f"{'' if one.begins else '… '}{text}{'' if one.ends else ' …'}"
    day, by_user = _moment(one), one.conversation.messages[one.message].role == "user"
    dated, undated = WHAT if by_user else WHAT_FROM_ASSISTANT
    return dated.format(date=spoken_date(day), quote=text) if day else undated.format(quote=text)


def whose(question: str) -> Role:
    """Return whose words a question asks for."""
    return "assistant" if of_the_assistant(question) else "user"


def with_source(fact: str, said: Sequence[Said]) -> str | None:
    """Return a fact with the words of the user that hold it, the nearest ones; None where none do."""
    source = next((one for one in said if _holds(one.text, fact.strip().rstrip("."))), None)
    return f"{fact.strip()} {quoted(source)}" if source else None


def nearest(said: Sequence[Said]) -> str:
    """Return what was said nearest to a question, without claiming that it answers it; that nothing was, if so."""
    near = next((one for one in said if one.score >= NEAR), None)
    return f"{UNSURE} {quoted(near)}" if near else UNKNOWN[0]


def _holds(text: str, fact: str) -> bool:
    """Return whether a fact stands in a text, its numbers in words or in digits."""
    spoken, wanted = in_digits(words(text)), in_digits(words(fact))
    runs = range(len(spoken) - len(wanted) + 1)
    in_a_row = bool(wanted) and any(spoken[at : at + len(wanted)] == wanted for at in runs)
    return in_a_row or holds(text, Quote(fact))


def evidence(said: Sequence[Said], by_words: Sequence[Evidence]) -> list[Evidence]:
    """Return the log entries that bear on a question, one of a conversation: what the user said near to it in meaning,
    then what a search by words finds.
    """
    near = (
        Evidence(
            one.conversation.id,
            _moment(one) or one.conversation.created_at,
            one.text,
            one.message,
            one.score,
            _moment(one) is not None,
        )
        for one in said
        if one.score >= NEAR
    )
    found: dict[str, Evidence] = {}
    for each in (*near, *by_words):
        found.setdefault(each.conversation, each)
    return list(found.values())


def _moment(one: Said) -> datetime | None:
    """Return when it was said, if that is known."""
    return one.conversation.messages[one.message].created_at or one.conversation.day
