"""What a person types to find something: words, "phrases", beginnings of words (tap*) and OR.

Any text is a query. Terms are all to be in one message; OR parts alternatives, of which one is enough. Turns each into
what FTS5 reads, for words and for pieces. Knows nothing of tables.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from plum_edge.store.pieces import folded, needs_pieces, pieces

_TERM = re.compile(r'"([^"]*)"?|(\S+)')
_WORD = re.compile(r"[^\W_]+")
_MOST = 64
"""Terms of a query that count: of a pasted page the first ones."""
_ENDING_TEXT = """
    s es ies ed ing er eed abiliti ability ibiliti ibility ate ation ational ative ator able ably ible al ali
    ance anci ant ence enci ent entli ement ment ness ful fulness ous ousli ousness ive iveness iviti ivity iti
    ity ical icate iciti icity ic ion ize izer ization ism ist ly li y
"""
_ENDINGS = frozenset(_ENDING_TEXT.split())
"""What Porter's stemmer takes off words."""
_CHANGING = re.compile(r"(?<=..)y?(?:ing|ed|[seiy])$", re.IGNORECASE)
"""What of a beginning the stemmer may change, so that it is no beginning any more ("say" to "sai")."""


@dataclass(frozen=True)
class Term:
    """A word, a phrase, or the beginning of a word (``open``)."""

    text: str
    open: bool = False

    @cached_property
    def words(self) -> str | None:
        """The term for the index of words; None where no text without pieces can hold it."""
        text = unicodedata.normalize("NFC", folded(self.text) if needs_pieces(self.text) else self.text)
        return None if needs_pieces(text) else self._quoted(_WORD.findall(text))

    @cached_property
    def pieces(self) -> str | None:
        """The term for the index of pieces."""
        return self._quoted(self.parts)

    def _quoted(self, found: list[str]) -> str | None:
        if not found:
            return None
        if not self.open:
            return f'"{" ".join(found)}"'
        *before, last = found
        begun = " OR ".join([f'"{_CHANGING.sub("", last)}" *', *(f'"{stem}"' for stem in _stems(last))])
        return f'"{" ".join(before)}" AND ({begun})' if before else begun

    def __bool__(self) -> bool:
        """Whether there is anything in it that can be looked for."""
        return bool(self.parts)

    @property
    def typed(self) -> str:
        """The term as it can be typed."""
        if self.open:
            return f"{self.text}*"
        return f'"{self.text}"' if re.search(r"\s", self.text) or self.text == "OR" else self.text

    @property
    def parts(self) -> list[str]:
        """The term as words and characters that stand alone."""
        return pieces(self.text).split()

    def begins_in(self, text: str) -> bool:
        """Whether a text has a word that begins so, after those before it."""
        if text.isascii() and len(self.parts) == 1:  # most texts, and no piece needs to be made
            return re.search(rf"(?<![a-z0-9]){re.escape(self.parts[0])}", text.lower()) is not None
        return f" {' '.join(self.parts)}" in f" {pieces(text)}"


@dataclass(frozen=True)
class Alternative:
    """Terms that one message is to hold, all of them."""

    terms: tuple[Term, ...]

    def words(self) -> str | None:
        """Return the query for the index of words, or None where it can hold no such message."""
        return _all([term.words for term in self.terms])

    def pieces(self) -> str | None:
        """Return the query for an index of pieces."""
        return _all([term.pieces for term in self.terms])

    def fits(self, *texts: str) -> bool:
        """Whether the index was right about the beginnings that are asked for; it knows of stems, and of all else."""
        return all(any(map(term.begins_in, texts)) for term in self.terms if term.open)


def _stems(beginning: str) -> list[str]:
    """Return the stems, shorter than a beginning, of words that begin so: "run" of "runn", as of running."""
    found = []
    for at in range(2, len(beginning)):
        stem, rest = beginning[:at], beginning[at:].lower()
        ends = [rest, rest[1:]] if rest[0] == stem[-1].lower() else [rest]  # its last letter may be doubled
        if any(end.startswith(one) or (len(end) > 2 and one.startswith(end)) for one in ends for end in _ENDINGS):
            found += [stem, f"{stem}e"]  # taking: take
    return found


def parse(query: str) -> list[Alternative]:
    """Return the alternatives of a query; none where nothing in it can be looked for."""
    found: list[list[Term]] = [[]]
    for number, match in enumerate(_TERM.finditer(query)):
        if number == _MOST:
            break
        phrase, word = match.groups()
        if word == "OR":
            found.append([])
        elif term := Term(phrase) if word is None else _typed(word):
            found[-1].append(term)
    return [Alternative(tuple(terms)) for terms in found if terms]


def _typed(word: str) -> Term:
    """Return a term that stands without quotes. What ends in a character that stands alone is open anyway."""
    if not word.endswith("*"):
        return Term(word)
    text = word.rstrip("*")
    return Term(text, open=bool(text) and not needs_pieces(text[-1:]))


def _all(terms: list[str | None]) -> str | None:
    """Return what FTS5 reads as all of these, or None where one of them cannot be there."""
    return None if None in terms else " AND ".join(f"({term})" for term in terms)
