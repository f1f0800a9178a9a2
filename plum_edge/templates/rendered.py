"""A rendered chat as parts: control tokens, the text between them, and whose text that is.

A template renders to one string, so contents are marked before and looked for afterwards. A template may cut a content,
write it twice or leave it out: what it does to one, a name of a control token in it stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import eq


@dataclass(frozen=True, slots=True)
class Control:
    """A control token that the template names."""

    token: str


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text between control tokens; to be tokenised without looking for control tokens in it."""

    text: str
    contents: tuple[tuple[int, int, int], ...] = ()
    """Where in it contents of messages stand, and whose: from character, to character, place of the message among those
    that were given. Empty messages have no place here."""


Part = Control | Text


class Names:
    """The names of control tokens, to be found in text; some vocabularies have thousands."""

    def __init__(self, controls: Iterable[str]) -> None:
        self._longest_first = tuple(sorted({c for c in controls if c}, key=len, reverse=True))
        some = "|".join(map(re.escape, self._longest_first))
        self._any = re.compile(f"({some or '(?!)'})")
        first = "".join(sorted({re.escape(name[0]) for name in self._longest_first}))
        self._first = re.compile(f"[{first}]" if first else "(?!)")

    def split(self, text: str) -> list[str]:
        """Return text and names in turn, text first and last."""
        return self._any.split(text)

    def starts(self, text: str) -> list[int]:
        """Return where names begin, also within others."""
        places = (found.start() for found in self._first.finditer(text))
        return [place for place in places if text.startswith(self._longest_first, place)]


class Marks:
    """Private-use characters that none of the contents holds, put around each and into the names of control tokens."""

    def __init__(self, contents: Sequence[str], names: Names) -> None:
        first = _free(set().union(*contents), len(contents) + 2)
        self._closing, self._guard, *openings = map(chr, range(first, first + len(contents) + 2))
        self._opening = {mark: number for number, mark in enumerate(openings)}
        self._openings = openings
        some = f"{openings[0]}-{openings[-1]}" if openings else ""  # a range is searched faster than a list
        self._any = re.compile(f"[{self._closing}{self._guard}{some}]")
        one = f"[{some}][^{self._closing}{some}]*{self._closing}" if openings else "(?!)"
        self._content = re.compile(f"({one})")
        self._names = names

    def put(self, number: int, content: str) -> str:
        """Mark a content; white space at its ends stays outside, where a template's ``trim`` finds it."""
        core = content.strip()
        if not core:
            return content
        at = content.index(core)
        within = [start + 1 for start in self._names.starts(core)]
        pieces = (core[start:end] for start, end in zip([0, *within], [*within, len(core)], strict=True))
        marked = self._guard.join(pieces)
        return f"{content[:at]}{self._openings[number]}{marked}{self._closing}{content[at + len(core) :]}"

    def parts(self, rendered: str, places: Sequence[int]) -> list[Part]:
        """Return the parts of a rendered chat; ``places`` says where the marked contents stood."""
        return list(self._parts(rendered, places))

    def _parts(self, rendered: str, places: Sequence[int]) -> Iterator[Part]:
        """Split at control tokens, but only outside contents; join the text in between."""
        text, contents = "", []
        for chunk in self._content.split(rendered):
            if chunk[:1] in self._opening and chunk.endswith(self._closing):
                start = len(text)
                text += self._any.sub("", chunk)
                contents.append((start, len(text), places[self._opening[chunk[0]]]))
                continue
            for part in self._outside(chunk):
                if isinstance(part, str):
                    text += part
                    continue
                if text:
                    yield Text(text, tuple(contents))
                yield part
                text, contents = "", []
        if text:
            yield Text(text, tuple(contents))

    def _outside(self, chunk: str) -> Iterator[Control | str]:
        """Give text and control tokens; a mark here is what is left of a content that the template cut."""
        for piece in self._any.split(chunk):
            for n, part in enumerate(self._names.split(piece)):
                yield Control(part) if n % 2 else part


def _free(used: set[str], size: int) -> int:
    """Return where so many private-use characters begin, one after the other, of which none is used."""
    first = 0xF0000
    for taken in sorted(ord(c) for c in used if ord(c) >= first):
        if taken - first >= size:
            break
        first = taken + 1
    return first


def flat(parts: Sequence[Part]) -> tuple[list[Control | str], dict[int, tuple[int, int]]]:
    """Return control tokens and single characters, and where in that list each message's content stands (the last)."""
    items: list[Control | str] = []
    places: dict[int, tuple[int, int]] = {}
    for part in parts:
        if isinstance(part, Text):
            places |= {place: (len(items) + start, len(items) + end) for start, end, place in part.contents}
            items += part.text
        else:
            items.append(part)
    return items, places


def common(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many items two lists have in common at their beginning."""
    return sum(1 for _ in takewhile(bool, map(eq, one, other)))


def without(parts: Sequence[Part], kept: Sequence[Control | str], opening: Sequence[Control | str]) -> list[Part]:
    """Return the parts without an opening, where they begin with what is kept (control tokens) and then with that."""
    if flat(parts)[0][: len(kept) + len(opening)] != [*kept, *opening]:
        return list(parts)
    rest = list(parts[len(kept) :])
    left = len(opening)
    while left:
        part = rest[0]
        size = len(part.text) if isinstance(part, Text) else 1
        if isinstance(part, Text) and size > left:
            contents = tuple((start - left, end - left, place) for start, end, place in part.contents)
            rest[0] = Text(part.text[left:], contents)
            break
        rest.pop(0)
        left -= size
    return [*parts[: len(kept)], *rest]
