"""A conversation as a language model is shown it: dated, one JSON object a line, in overlapping windows that fit.

A line can hold anything that was said and still be one line and never a tag: what was said is data. Knows nothing of
models; how long a text is, it is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plum_edge.records import Segment, spoken_day

_OVERLAP = 4
"""One part in so many of a window is the end of the one before: what is said across a border is seen whole."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a conversation."""

    date: str
    """As answers say it, e.g. ``14 March 2026``."""
    lines: tuple[str, ...]
    shown: frozenset[int]
    """Ordinals, within the conversation, of the messages that it shows at least a part of."""

    @property
    def text(self) -> str:
        """The lines as they are shown."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class _Piece:
    ordinal: int
    line: str
    length: int


def windows(segment: Segment, room: int, length: Callable[[str], int]) -> list[Window]:
    """Return the windows of what user and assistant said, each of at most ``room`` as ``length`` measures its lines.

    A message that is longer than half of the room is shown in several pieces. None where nothing was said.

    Raises:
        ValueError: the room is too small for any line.
    """
    pieces = list(_pieces(segment, room // 2, length))
    found, start = [], 0
    while start < len(pieces):
        end, used = start, 0
        while end < len(pieces) and used + pieces[end].length <= room:
            used += pieces[end].length
            end += 1
        taken = pieces[start:end]
        date = spoken_day(segment.day)
        found.append(Window(date, tuple(p.line for p in taken), frozenset(p.ordinal for p in taken)))
        start = len(pieces) if end == len(pieces) else _back(pieces, start, end, room // _OVERLAP)
    return found


def _back(pieces: list[_Piece], start: int, end: int, room: int) -> int:
    """Return where the next window begins: some pieces before the end of this one, and after its beginning."""
    begin, used = end, 0
    while begin - 1 > start and used + pieces[begin - 1].length <= room:
        begin -= 1
        used += pieces[begin].length
    return begin


def _pieces(segment: Segment, room: int, length: Callable[[str], int]) -> Iterator[_Piece]:
    for number, message in enumerate(segment.messages, segment.first):
        if message.role == "system":
            continue

        def size(text: str, number: int = number, role: str = message.role) -> int:
            return length(_line(number, role, text) + "\n")

        for text in parts(message.content, room, size):
            yield _Piece(number, _line(number, message.role, text), size(text))


def parts(text: str, room: int, length: Callable[[str], int]) -> Iterator[str]:
    """Yield a text in parts of at most ``room`` each, cut where white space is nearest to the middle; no empty ones.

    Raises:
        ValueError: the room is too small for one letter.
    """
    waiting = [text.strip()]
    while waiting:
        part = waiting.pop(0)
        if not part:
            continue
        if length(part) <= room:
            yield part
        elif len(part) < 2:
            raise ValueError(f"no line fits into {room} tokens")
        else:
            waiting[:0] = _halves(part)


def _line(number: int, role: str, text: str) -> str:
    """Return one line of JSON. No angle bracket stands in it, so that nothing that was said can close a tag."""
    line = json.dumps({"n": number, "who": role, "said": text}, ensure_ascii=False)
    return line.replace("<", "\\u003c").replace(">", "\\u003e")


def _halves(text: str) -> list[str]:
    """Return two parts, cut at the white space nearest to the middle if there is one."""
    middle = len(text) // 2
    spaces = [place for place, sign in enumerate(text) if sign.isspace()]
    at = min(spaces, key=lambda place: abs(place - middle), default=middle) or middle
    return [text[:at].strip(), text[at:].strip()]
