"""An answer about what was said, held back sentence by sentence until its dates are vouched for.

A date that no conversation has is a model's invention. Where a sentence names one, honest words stand in its place
(augment/phrases/dates.py). A question about anything else may be answered with any date; of such an answer only a
beginning that speaks of talk ("Yes, we talked about it on …") is held back. Knows nothing of how days are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from plum_edge.answer import rewrite
from plum_edge.augment.phrases import dates
from plum_edge.augment.phrases.dates import Named

Vouches = Callable[[Named, bool], bool]
"""``vouches(date, of_speech)``: whether it may be claimed as the day of a talk, or (False) as something said in one."""

_END = re.compile(r"(?<=[.!?…])[\"”'’)\]]*\s+|\n+")
_BARE = re.compile(r"\W*(?:on|in) ", re.IGNORECASE)


def vouched(pieces: Iterable[str], vouches: Vouches, *, of_talk: bool) -> Iterator[str]:
    """Yield an answer with every date in it vouched for, as soon as a sentence is whole.

    ``of_talk``: the question asks what was said. Where it does not, an answer passes as it comes once it is clear that
    it does not begin by saying when something was said.
    """
    held, said, quoted = "", "", False
    source = iter(pieces)
    for piece in source:
        held += piece
        if not of_talk and held.strip() and not rewrite.in_form(held):
            yield held
            yield from source
            return
        while (end := _END.search(held)) is not None:
            sentence, held = held[: end.end()], held[end.end() :]
            text, quoted = _honest(sentence, said, vouches, of_talk, quoted)
            said += text
            if text:
                yield text
    text, _ = _honest(held, said, vouches, of_talk, quoted)
    if text:
        yield text


def _honest(sentence: str, said: str, vouches: Vouches, of_talk: bool, quoted: bool) -> tuple[str, bool]:
    """Return a sentence as it may be said after ``said``, and whether a quote goes on after it."""
    goes_on = quoted != (sentence.count('"') % 2 == 1)
    claims = dates.named(f'"{sentence}' if quoted else sentence)
    of_speech = dates.of_speech(sentence)
    if not of_talk and (not of_speech or _tells_only_a_date(sentence)):
        return sentence, goes_on
    if all(vouches(claim, of_speech) for claim in claims):
        return sentence, goes_on
    words = sentence.rstrip()
    honest = dates.undated(words)
    if honest in (dates.UNDATED, dates.YES_UNDATED):
        goes_on = quoted  # the quote, if one began, went with the sentence
        if said and honest == dates.YES_UNDATED:
            honest = dates.UNDATED
        if dates.UNDATED in said or dates.YES_UNDATED in said:
            return "", goes_on
    return honest + sentence[len(words) :], goes_on


def _tells_only_a_date(sentence: str) -> bool:
    """Return whether it is "On 8 May 1945.", which answers many a question; with "you said" after it, it does not."""
    return _BARE.match(sentence) is not None and dates.undated(sentence.rstrip()) == dates.UNDATED
