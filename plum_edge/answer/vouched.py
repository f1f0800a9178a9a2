"""An answer about what was said, held back sentence by sentence until its dates, and its quotes, are vouched for.

A date that no conversation has is a model's invention, and so are words that the user never said. Where a sentence has
such, honest words stand in its place (augment/phrases/dates.py, quotes.py). A question about anything else may be
answered with any date; of such an answer only a beginning that speaks of talk ("Yes, we talked about it on …") is held
back. Knows nothing of how days and words are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date

from plum_edge.answer import rewrite
from plum_edge.augment.phrases import dates, quotes
from plum_edge.augment.phrases.dates import Named
from plum_edge.augment.phrases.quotes import Quote

Vouches = Callable[[Named, bool], bool]
"""``vouches(date, of_speech)``: whether it may be claimed as the day of a talk, or (False) as something said in one."""
Said = Callable[[Quote], Collection[date] | None]
"""``said(quote)``: the days on which the user said so, as far as they are known; None where they never did."""

_END = re.compile(r"(?<=[.!?…])[\"”“»'’)\]]*\s+|\n+")
_BARE = re.compile(r"\W*(?:on|in) ", re.IGNORECASE)


def vouched(pieces: Iterable[str], vouches: Vouches, said: Said | None = None, *, of_talk: bool) -> Iterator[str]:
    """Yield an answer with every date and quote in it vouched for, as soon as a sentence is whole, and its quotes too.

    ``said`` is None where nobody can tell what the user said: quotes pass. ``of_talk``: the question asks what was
    said. Where it does not, an answer passes as it comes once it is clear that it does not begin by saying when
    something was said.
    """
    held, shown, quoted = "", "", False

    def honest(sentence: str) -> str:
        nonlocal shown, quoted
        text, quoted = _honest(sentence, shown, vouches, of_talk, quoted)
        if said:
            text = _borne_out(text, shown, said, of_talk)
        shown += text
        return text

    source = iter(pieces)
    for piece in source:
        held += piece
        if not of_talk and held.strip() and not rewrite.in_form(held):
            yield held
            yield from source
            return
        while end := _end(held, of_talk, whole=said is not None):
            sentence, held = held[:end], held[end:]
            if text := honest(sentence):
                yield text
    if text := honest(held):
        yield text


def _end(held: str, of_talk: bool, *, whole: bool) -> int:
    """Return where the first sentence ends, 0 where none does; with ``whole``, not within the words of the user."""
    for end in _END.finditer(held):
        if not whole or not quotes.is_open(held[: end.end()], alone=of_talk):
            return end.end()
    return 0


def _borne_out(sentence: str, shown: str, said: Said, of_talk: bool) -> str:
    """Return a sentence as it may be said after what was shown: without words that the user did not say that day."""
    found = quotes.of_user(sentence, alone=of_talk)
    if not found:
        return sentence
    words = sentence.rstrip()
    after = sentence[len(words) :]
    days = [said(one) for one in found]
    if None in days:
        honest = quotes.unremembered(words)
        if shown and honest == quotes.YES_UNREMEMBERED:
            honest = quotes.UNREMEMBERED
        return honest + after if honest not in shown else ""
    claims = dates.named(quotes.without(sentence))
    if not claims or all(any(claim.among(each) for claim in claims) for each in days if each is not None):
        return sentence
    return dates.undated(words) + after


def _honest(sentence: str, shown: str, vouches: Vouches, of_talk: bool, quoted: bool) -> tuple[str, bool]:
    """Return a sentence as it may be said after what was shown, and whether a quote goes on after it."""
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
        if shown and honest == dates.YES_UNDATED:
            honest = dates.UNDATED
        if dates.UNDATED in shown or dates.YES_UNDATED in shown:
            return "", goes_on
    return honest + sentence[len(words) :], goes_on


def _tells_only_a_date(sentence: str) -> bool:
    """Return whether it is "On 8 May 1945.", which answers many a question; with "you said" after it, it does not."""
    return _BARE.match(sentence) is not None and dates.undated(sentence.rstrip()) == dates.UNDATED
