"""JSON values out of a file, one at a time: the elements of an array, a value a line, or several one after the other.

The file is parted at its brackets and each element is then parsed by itself. So memory is that of the largest element,
whatever the file's size; a line and a column can be named for whatever is wrong; and what stands before that place is
whole. Knows nothing of what the values mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plum_edge.errors import BadInput, CutShort
from plum_edge.importers.stream import Stream

LONGEST = 64 * 2**20
"""Bytes of an element that is read; a longer one is passed over, so that no file can fill the memory."""
DEEPEST = 100
"""Levels of brackets; no export has more than some twenty."""

_PIECE = 1 << 18
_LONGEST_SCALAR = 1 << 16
_SPACE = re.compile(rb"[ \t\r\n]*+")
_CALM = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\\n]++|\\[^\n])*+")*+')
"""Whole strings, and everything between them but brackets."""
_QUOTED = re.compile(rb'(?:[^"\\\n]++|\\[^\n])*+')
_SCALAR = re.compile(rb"[^\]},\s]*+")


@dataclass(frozen=True, slots=True)
class Found:
    """A value, and where it stands."""

    number: int
    """From 1."""
    line: int
    value: Any
    long: bool = False
    """It was too long to be read; there is no value."""


def values(stream: Stream, *lists: str) -> Iterator[Found]:
    """Yield the values of a file: each element of an array at the top, else each value at the top.

    Args:
        stream: the file.
        lists: keys whose arrays are parted in their turn, where an object at the top has them.

    Raises:
        CutShort: the file ends in the middle of a value.
        BadInput: it is not JSON, with line and column (both from 1, in characters).
    """
    yield from _Parting(stream, frozenset(lists)).values()


def too_long() -> str:
    """Return why a value was passed over."""
    return f"longer than {LONGEST // 2**20} MB"


def parsed(raw: bytes, name: str, line: int = 1, column: int = 1) -> Any:
    """Return the JSON value in ``raw``, which stands at this place of the file ``name``. Raises `BadInput`."""
    decoded = ""
    try:
        decoded = raw.decode()
        return json.loads(decoded, strict=False)
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise BadInput(_place(name, before, line, column), "this is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        where = _place(name, decoded[: error.pos], line, column)
        raise BadInput(where, f"not valid JSON ({error.msg})") from error
    except RecursionError as error:
        raise BadInput(f"{name} line {line:,}", "JSON nested too deeply") from error
    except ValueError as error:  # a number with thousands of digits
        raise BadInput(f"{name} line {line:,}", f"not readable as JSON ({error})") from error


def _place(name: str, before: str, line: int, column: int) -> str:
    """Return the place after the text ``before``, which begins at ``line`` and ``column``."""
    line, column = _after(before, line, column)
    return f"{name} line {line:,}, column {column:,}"


def _after(text: str, line: int, column: int) -> tuple[int, int]:
    breaks = text.count("\n")
    return line + breaks, len(text) - text.rfind("\n") if breaks else column + len(text)


class _Parting:
    """One reading of a file. ``_buffer[_at:]`` is what was read and not yet taken."""

    def __init__(self, stream: Stream, lists: frozenset[str]) -> None:
        self._stream, self._lists = stream, lists
        self._buffer, self._at = b"", 0
        self._line, self._column, self._number = 1, 1, 0

    def values(self) -> Iterator[Found]:
        while (sign := self._next()) is not None:
            if sign == b"[":
                yield from self._array()
            elif sign == b"{" and self._lists:
                yield from self._object()
            elif sign in b",":
                raise self._wrong("a value was expected")
            else:
                yield self._found()

    def _array(self) -> Iterator[Found]:
        self._take(1)
        first = True
        while (sign := self._inside()) != b"]":
            if not first:
                if sign != b",":
                    raise self._wrong("a comma was expected")
                self._take(1)
                self._inside()
            first = False
            yield self._found()
        self._take(1)

    def _object(self) -> Iterator[Found]:
        """Yield the elements of the arrays that are looked for; where there is none, the object itself."""
        line, column = self._line, self._column
        kept: bytearray | None = bytearray(self._take(1))
        parted = False
        while (sign := self._inside(kept)) != b"}":
            if sign == b",":
                _keep(kept, self._take(1))
                continue
            if sign != b'"':
                raise self._wrong("a key was expected")
            key = self._value()
            _keep(kept, key)
            if self._inside(kept) != b":":
                raise self._wrong("a colon was expected")
            _keep(kept, self._take(1))
            if self._inside(kept) == b"[" and key is not None and parsed(key, self._stream.name) in self._lists:
                parted, kept = True, None
                yield from self._array()
                continue
            raw = self._value()
            kept = None if raw is None else kept
            _keep(kept, raw)
            if kept is not None and len(kept) > LONGEST:
                kept = None
        _keep(kept, self._take(1))
        if not parted:
            self._number += 1
            value = None if kept is None else parsed(bytes(kept), self._stream.name, line, column)
            yield Found(self._number, line, value, kept is None)

    def _found(self) -> Found:
        self._number += 1
        line, column = self._line, self._column
        raw = self._value()
        if raw is None:
            return Found(self._number, line, None, long=True)
        return Found(self._number, line, parsed(raw, self._stream.name, line, column))

    # Taking -------------------------------------------------------------------------------------------------------

    def _next(self, kept: bytearray | None = None) -> bytes | None:
        """Pass over space and return the sign that comes next, or None at the end of the file."""
        while True:
            space = _SPACE.match(self._buffer, self._at)
            if space and space.end() > self._at:
                _keep(kept, self._take(space.end() - self._at))
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._fill():
                return None

    def _inside(self, kept: bytearray | None = None) -> bytes:
        """As `_next`, where the file cannot end."""
        sign = self._next(kept)
        if sign is None:
            raise self._cut("the file ends in the middle of a value")
        return sign

    def _value(self) -> bytes | None:
        """Take one value and return its bytes, or None where it is too long."""
        sign = self._buffer[self._at : self._at + 1]
        if sign in (b"]", b"}", b",", b":"):
            raise self._wrong("a value was expected")
        return self._scalar() if sign not in (b'"', b"{", b"[") else self._nested()

    def _scalar(self) -> bytes:
        parts = []
        while True:
            match = _SCALAR.match(self._buffer, self._at)
            end = match.end() if match else self._at
            parts.append(self._take(end - self._at))
            if self._at < len(self._buffer) or not self._fill() or sum(map(len, parts)) > _LONGEST_SCALAR:
                return b"".join(parts)

    def _nested(self) -> bytes | None:
        """Take an object, an array or a string, up to the bracket or quotation mark that closes it."""
        pieces: list[bytes] = []
        size, depth, quoted, at = 0, 0, False, self._at
        while True:
            if quoted:
                at = _end(_QUOTED, self._buffer, at)
                if self._buffer[at : at + 1] == b'"':
                    quoted, at = False, at + 1
                elif self._broken(at):
                    self._take(at - self._at)
                    raise self._wrong("a line ends within a string")
            else:
                at = _end(_CALM, self._buffer, at) if depth else at
                sign = self._buffer[at : at + 1]
                depth += (sign in (b"[", b"{")) - (sign in (b"]", b"}"))
                quoted = sign == b'"'
                at += len(sign)
                if depth > DEEPEST:
                    self._take(at - self._at)
                    raise self._wrong("nested too deeply", "")
            if not quoted and not depth and at > self._at:
                pieces.append(self._take(at - self._at))
                size += len(pieces[-1])
                return b"".join(pieces) if size <= LONGEST else None
            if at >= len(self._buffer) or (quoted and self._buffer[at : at + 1] == b"\\"):
                pieces.append(self._take(at - self._at))
                size += len(pieces[-1])
                if size > LONGEST:
                    pieces.clear()
                if not self._fill():
                    self._take(len(self._buffer) - self._at)
                    raise self._cut(f"the file ends in the middle of a {'string' if quoted else 'value'}")
                at = self._at

    def _broken(self, at: int) -> bool:
        """Whether a string ends here with its line."""
        return self._buffer[at : at + 1] == b"\n" or self._buffer[at : at + 2] == b"\\\n"

    def _fill(self) -> bool:
        """Read on, behind what was not taken; return whether there was anything."""
        piece = self._stream.read(_PIECE)
        self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return bool(piece)

    def _take(self, count: int) -> bytes:
        taken = self._buffer[self._at : self._at + count]
        self._at += count
        self._line, self._column = _moved(taken, self._line, self._column)
        return taken

    def _cut(self, what: str) -> CutShort:
        return CutShort(f"{self._stream.name} line {self._line:,}, column {self._column:,}", what)

    def _wrong(self, why: str, kind: str = "not valid JSON") -> BadInput:
        what = f"{kind} ({why})" if kind else f"JSON {why}"
        return BadInput(f"{self._stream.name} line {self._line:,}, column {self._column:,}", what)


def _end(pattern: re.Pattern[bytes], buffer: bytes, at: int) -> int:
    match = pattern.match(buffer, at)
    return match.end() if match else at


def _keep(kept: bytearray | None, raw: bytes | None) -> None:
    if kept is not None and raw is not None:
        kept += raw


def _moved(taken: bytes, line: int, column: int) -> tuple[int, int]:
    """Return line and column behind these bytes; a column counts characters, which begin with no 10xxxxxx byte."""
    breaks = taken.count(b"\n")
    last = taken[taken.rfind(b"\n") + 1 :] if breaks else taken
    length = len(last if last.isascii() else last.translate(None, _WITHIN))
    return line + breaks, (1 if breaks else column) + length


_WITHIN = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that stand within a character."""
