"""Bytes of a file, read once from beginning to end: its head can be looked at first, and UTF-16 comes out as UTF-8.

A budget bounds what archives may unpack to. Knows nothing of archives and formats.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from plum_edge.errors import BadInput

HEAD = 1 << 20
"""Bytes that are looked at: a long first message may stand before what tells a format."""
_FIRST = 1 << 12
_PIECE = 1 << 16
_BOM = b"\xef\xbb\xbf"


class Readable(Protocol):
    """Whatever gives bytes."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        ...


class TooMuch(BadInput):
    """What a file on the disk, which has this name, unpacks to is more than its budget: nothing of it is read on."""

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        super().__init__(name, what)


@dataclass
class Budget:
    """How many bytes a file on the disk may become when it is unpacked, all levels and members together."""

    name: str
    left: int
    ratio: int = 400
    """Times the packed size; what people wrote packs to a fifth, and not even made-up text to less than a hundredth."""
    least: int = 1 << 30
    """Bytes that anything may become: they are read as a stream, and cost no more than time."""

    @classmethod
    def of(cls, name: str, size: int) -> Budget:
        """Return the budget of a file of ``size`` bytes."""
        return cls(name, max(cls.least, cls.ratio * size))

    def spend(self, count: int) -> None:
        """Note that so many bytes were unpacked.

        Raises:
            TooMuch: it is too much.
        """
        self.left -= count
        if self.left < 0:
            what = f"it unpacks to more than {self.ratio} times its size, which no export does"
            raise TooMuch(self.name, what)


class Stream:
    """A file's bytes in order. ``read`` gives them, after a byte order mark; ``head`` is what comes first."""

    def __init__(self, file: Readable, name: str, spend: Callable[[int], None] = lambda _count: None) -> None:
        self.name = name
        self._file, self._spend = file, spend
        self._decode: codecs.IncrementalDecoder | None = None
        self.head = self._fill(_FIRST)
        encoding = _utf16(self.head)
        if encoding or b"\0" not in self.head:  # of a picture no more is looked at
            self.head += self._fill(HEAD - len(self.head))
        self.plain = self.head
        if encoding:
            self._decode = codecs.getincrementaldecoder(encoding)()
            self.head = self._recoded(self.head, final=len(self.head) < HEAD)
        self._ahead = self.head.removeprefix(_BOM)
        self.taken = 0
        """Bytes that were given away."""

    def read(self, size: int = _PIECE, /) -> bytes:
        """Return some bytes, at most about ``size``; none at the end."""
        if self._ahead:
            piece, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            piece = self._more(size)
        self.taken += len(piece)
        return piece

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in pieces."""
        while piece := self.read(_PIECE):
            yield piece

    def all(self, most: int) -> bytes | None:
        """Return everything, or None where it is more than ``most`` bytes."""
        pieces, size = [], 0
        for piece in self:
            size += len(piece)
            if size > most:
                return None
            pieces.append(piece)
        return b"".join(pieces)

    def _more(self, size: int) -> bytes:
        while piece := self._raw(size):
            if self._decode is None:
                return piece
            if recoded := self._recoded(piece):
                return recoded
        return self._recoded(b"", final=True) if self._decode is not None else b""

    def _fill(self, size: int) -> bytes:
        """Return the first ``size`` bytes: a decompressor gives fewer at a time than it is asked for."""
        pieces = []
        while size > 0 and (piece := self._raw(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _raw(self, size: int) -> bytes:
        piece = self._file.read(size)
        self._spend(len(piece))
        return piece

    def _recoded(self, piece: bytes, *, final: bool = False) -> bytes:
        assert self._decode is not None
        try:
            return self._decode.decode(piece, final).encode()
        except UnicodeDecodeError as error:
            raise BadInput(self.name, f"it begins as UTF-16 text and is none ({error.reason})") from error


def _utf16(head: bytes) -> str:
    """Return the name of the encoding where text is in UTF-16, else nothing."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return ""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[:1] in (b"[", b"{") and head[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if head[:1] == b"\0" and head[1:2] in (b"[", b"{") else ""
