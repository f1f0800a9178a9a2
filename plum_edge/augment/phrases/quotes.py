"""Quotes that an answer puts into the user's mouth, found in a sentence; and honest words where nobody said so.

Forms: '… you said: "…"', '"…", you told me', a quote alone; in "…", “…”, „…“ or «…». Not taken for one: 'I said: "…"',
a title ('the book "…"'), words without marks or in single ones. Knows nothing of what the log holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from plum_edge.augment.phrases import dates

UNREMEMBERED = "I do not remember your words."
"""Stands for a sentence with a quote that the log does not bear out."""
YES_UNREMEMBERED = "Yes, but I do not remember your words."
"""The same for a yes."""
DATED_UNREMEMBERED = "We talked about it on {date}, but I do not remember your words."
"""The same where the sentence names the day of a talk."""

_MARKED = re.compile(
    r'"(?P<straight>(?:[^"]|(?<=\s)"(?=\w))*)(?:"|(?P<a>\Z))|'
    r"“(?P<curly>[^”]*)(?:”|(?P<b>\Z))|„(?P<low>[^“”]*)(?:[“”]|(?P<c>\Z))|«(?P<pointed>[^»]*)(?:»|(?P<d>\Z))"
)
"""A straight mark that looks as if it opened another quote does not close the one before it."""
_TELLS = (
    r"(?:'ve|’ve|'d|’d)?(?: \w+){0,2}? (?:said|say|told|tell|wrote|written|mentioned|asked|ask|put|described|called|"
    r"named|explained|complained|noted|typed|texted|talked|spoke|spoken|shared|added|answered|replied|reported|wondered|"
    r"quoted)\b"
)
_BY_USER = re.compile(rf"\byou{_TELLS}|\b(?:your (?:\w+ )?words|quote you)\b", re.IGNORECASE)
_BY_OTHER = re.compile(rf"\b(?:I|we|he|she|they|it){_TELLS}")
_NOTHING = re.compile(r"\W*(?:yes\b\W*)?(?:(?:on|in)\b\W*)?", re.IGNORECASE)
"""What tells nothing, a date taken out."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that the user is said to have said. ``cut``: the mark that closes them never came."""

    text: str
    cut: bool = False


def of_user(sentence: str, *, alone: bool = True) -> list[Quote]:
    """Return the quotes of a sentence that are put into the user's mouth.

    ``alone``: so is one that the sentence begins with, or has after nothing but a date, as the user's words were asked
    for.
    """
    return list(_of_user(sentence, alone))


def is_open(text: str, *, alone: bool = True) -> bool:
    """Return whether a text ends inside such a quote."""
    return any(one.cut for one in _of_user(text, alone))


def without(sentence: str) -> str:
    """Return a sentence with all its quotes empty."""
    return _MARKED.sub('""', sentence)


def unremembered(sentence: str) -> str:
    """Return a sentence in honest words, without its quotes: the day of a talk stays, and a yes stays a yes."""
    yes = re.match(r"\W*yes\b", sentence, re.IGNORECASE)
    plain = without(sentence)
    day = next((one for one in dates.named(plain) if one.day), None)
    if day and dates.of_speech(plain):
        honest = DATED_UNREMEMBERED.format(date=day.text)
        return f"Yes, {honest[0].lower()}{honest[1:]}" if yes else honest
    return YES_UNREMEMBERED if yes else UNREMEMBERED


def _of_user(text: str, alone: bool) -> Iterator[Quote]:
    end, by_user = 0, False
    for match in _MARKED.finditer(text):
        before = text[end : match.start()]
        if _BY_USER.search(before):
            by_user = True
        elif _BY_OTHER.search(before):
            by_user = False
        elif end == 0:
            by_user = alone and _NOTHING.fullmatch(_undated(before)) is not None
        end = match.end()
        after = _MARKED.split(text[end:], maxsplit=1)[0]
        if by_user or re.match(rf"\W*you{_TELLS}", after, re.IGNORECASE):
            groups = match.groupdict()
            said = next(groups[kind] for kind in ("straight", "curly", "low", "pointed") if groups[kind] is not None)
            yield Quote(said, any(groups[place] is not None for place in "abcd"))


def _undated(text: str) -> str:
    for one in dates.named(text):
        text = text.replace(one.text, "")
    return text
