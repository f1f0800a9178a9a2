"""The part of a text that shows what was found in it, with ``[`` and ``]`` around that.

Knows nothing of how it was found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from plum_edge.store.pieces import folded

_BEFORE = 48
_AFTER = 120
"""Characters that are shown around the first place."""
_SHORTEST = 3
"""Letters of a word that must be there to be marked, where its stem alone is."""

_Span = tuple[int, int]


def excerpt(text: str, terms: Iterable[Sequence[str]]) -> str:
    """Return an excerpt on one line; ``terms`` are what is marked in it, each as its pieces in their order."""
    text = unicodedata.normalize("NFC", text)
    plain, places = _plain(text)
    spans = _merged((places[a], places[b - 1] + 1) for term in terms for a, b in _found(term, plain) if a < b)
    first = spans[0][0] if spans else 0
    begin, end = _cut(text, first - _BEFORE, forward=True), _cut(text, first + _AFTER, forward=False)
    shown, at = ["…"] if begin else [], begin
    for a, b in spans:
        if b <= end:
            shown += [text[at:a], "[", text[a:b], "]"]
            at = b
    shown += [text[at:end], "…" if end < len(text) else ""]
    return " ".join("".join(shown).split())


def _cut(text: str, near: int, *, forward: bool) -> int:
    """Return a place to cut a text: at a blank, where there is one within a word's length."""
    if near <= 0 or near >= len(text):
        return 0 if near <= 0 else len(text)
    blank = text.find(" ", near, near + 20) if forward else text.rfind(" ", near - 20, near)
    return near if blank < 0 else blank + 1 if forward else blank


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text, and for each of its characters the place of the one that it comes of."""
    if text.isascii():
        return text.lower(), range(len(text))
    small = [_small(character) for character in text]
    return "".join(small), [place for place, one in enumerate(small) for _ in one]


@lru_cache(maxsize=1 << 14)
def _small(character: str) -> str:
    return folded(character)


def _found(term: Sequence[str], plain: str) -> Iterator[_Span]:
    """Yield where a term stands; else where words begin that have the longest beginning of each of its words."""
    exact = list(_places(r"[\W_]*".join(map(re.escape, term)), plain))
    if exact:
        yield from exact
        return
    for word in term:
        for length in range(len(word) - 1, _SHORTEST - 1, -1):
            near = list(_places(re.escape(word[:length]) + r"[^\W_]*", plain))
            if near:
                yield from near
                break


def _places(pattern: str, plain: str) -> Iterator[_Span]:
    whole = rf"(?<![^\W_]){pattern}"  # where the word begins; one that is glued to another is found without
    for form in (rf"{whole}(?![^\W_])", whole, pattern):
        found = [match.span() for match in re.finditer(form, plain)]
        if found:
            return iter(found)
    return iter(())


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for a, b in sorted(spans):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged
