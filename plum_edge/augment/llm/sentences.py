"""What was said, sentence by sentence, as the check of written pairs compares it: by stems, numbers, dates and names.

Knows nothing of pairs.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from plum_edge.augment.llm.grammar.base import Grammar
from plum_edge.augment.llm.proofs import Dates, dates, is_number, numbers
from plum_edge.augment.phrases.words import words
from plum_edge.records import Message, Segment

SENTENCE = re.compile(r"(?:(?<=[^\d][.!?])|(?<=\d[!?])|(?<=\d{3}\.)|(?<=[.,]\d\d\.))\s+(?=[A-ZÄÖÜ\d£€$\"'(])|\n+")
"""Where one sentence ends and the next begins; not after the point of an ordinal number, "3. August"."""
_NAME = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONGEST = 1000
"""Characters from which a stretch without a full stop is no sentence but a list, a log or a table."""
_LEAST = 4
"""Letters that two German words must share to be one a part of the other: "Termin" in "Zahnarzttermin"."""


@dataclass(frozen=True)
class Text:
    """A stretch of text as the check sees it."""

    text: str
    said: dt.date
    grammar: Grammar

    @cached_property
    def dates(self) -> Dates:
        """The days that it names."""
        return dates(self.text, self.said, self.grammar)

    @cached_property
    def numbers(self) -> set[str]:
        """Its numbers that are no dates."""
        return numbers(self.dates.rest, self.grammar)

    @cached_property
    def spoken(self) -> list[str]:
        """Its words that are neither numbers nor dates."""
        return [word for word in words(self.dates.rest) if not is_number(word, self.grammar)]

    @cached_property
    def content(self) -> dict[str, str]:
        """Its content words by their stems."""
        return {self.grammar.stem(word): word for word in self.spoken if word not in self.grammar.function}

    @cached_property
    def known(self) -> frozenset[str]:
        """The stems that its words may stand for."""
        return frozenset(kin for word in self.content.values() for kin in self.grammar.akin(word))

    @cached_property
    def names(self) -> set[str]:
        """Its names: words with a capital within a sentence (English), in lower case. German writes all nouns so."""
        if self.grammar.code != "en":
            return set()
        found = _NAME.findall(self.dates.rest)
        return {owner(one.casefold()) for n, one in enumerate(found) if n and one[0].isupper()} - self.grammar.function

    def has(self, stem: str, word: str) -> bool:
        """Whether a word was said here, in some form, or by a name akin to it."""
        if stem in self.content or stem in self.known or self.grammar.akin(word) & self.content.keys():
            return True
        if self.grammar.code != "de" or len(stem) < _LEAST:
            return False
        return any(
            len(mine) >= _LEAST
            and (mine.startswith(stem) or mine.endswith(stem) or stem.endswith(mine) or stem.startswith(mine))
            for mine in self.content
        )

    def lacks(self, other: Text) -> list[str]:
        """Return the content words of another text that it does not hold."""
        return [word for stem, word in other.content.items() if not self.has(stem, word)]


@dataclass(frozen=True)
class Sentence(Text):
    """A sentence of the conversation, and where it stands."""

    message: int = 0
    """Index within the segment."""
    by_user: bool = True

    @cached_property
    def clauses(self) -> list[Text]:
        """Its clauses."""
        parts = (part for part in self.grammar.clause.split(self.text) if part and part.strip())
        return [Text(part, self.said, self.grammar) for part in parts]


@dataclass(frozen=True)
class Claim:
    """A question, and what its answer claims; the question itself where it is answered with yes."""

    question: Text
    answer: Text
    closed: bool


@lru_cache(maxsize=4)
def sentences(segment: Segment, grammar: Grammar) -> tuple[Sentence, ...]:
    """Return what user and assistant told, sentence by sentence; questions tell nothing."""
    return tuple(
        Sentence(part, _day_of(message, segment), grammar, number, message.role == "user")
        for number, message in enumerate(segment.messages)
        if message.role != "system"
        for part in _joined(SENTENCE.split(message.content), _day_of(message, segment), grammar)
        if part.strip() and len(part) <= _LONGEST and not part.rstrip().endswith("?")
    )


def _joined(parts: Sequence[str], said: dt.date, grammar: Grammar) -> Iterator[str]:
    """Yield sentences; one of a day or a number alone ("Yes, on Sunday.") goes with the next, of which it says when."""
    before = ""
    for part in parts:
        text = f"{before} {part}".lstrip()
        one = Text(part, said, grammar)
        bare = not before and not one.content and (one.dates or one.dates.weekdays or one.numbers)
        before = part if bare else ""
        if not bare:
            yield text
    if before:
        yield before


def owner(word: str) -> str:
    """Return who is named: ``marta's`` names ``marta``."""
    return re.sub(r"['’]s?$", "", word)


_NO_DAY = dt.date(1600, 6, 15)
"""Stands for a day that is not known: "yesterday" is then no day that a claim could name."""


def day_of(segment: Segment) -> dt.date:
    """Return the day that a segment was said on, as far as that is known."""
    return segment.created_at.date() if segment.dated else _NO_DAY


def _day_of(message: Message, segment: Segment) -> dt.date:
    return message.created_at.date() if message.created_at else day_of(segment)
