"""Text by lines, whatever ends them. Knows nothing of what the lines hold."""

from __future__ import annotations

from collections.abc import Iterator

from plum_edge.importers.stream import Stream

LONGEST = 64 * 2**20
"""Bytes of a line that are read; of a longer one nothing is, so that no file can fill the memory."""


def lines(stream: Stream) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number from 1, line without its end), None for a line that is too long to be read."""
    begun: list[bytes] = []
    number, size = 0, 0
    for piece in stream:
        *whole, rest = piece.split(b"\n")
        for end in whole:
            number += 1
            yield number, _joined(begun, size, end)
            begun, size = [], 0
        size += len(rest)
        if size <= LONGEST:
            begun.append(rest)
        else:
            begun = []
    if size:
        yield number + 1, _joined(begun, size, b"")


def _joined(begun: list[bytes], size: int, end: bytes) -> bytes | None:
    return None if size + len(end) > LONGEST else b"".join((*begun, end)).removesuffix(b"\r")
