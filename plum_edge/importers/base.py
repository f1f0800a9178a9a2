"""What every importer shares: what it returns, how it opens a file, and how it reads text and dates.

Knows nothing of any format.
"""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol, cast

from plum_edge.errors import BadInput
from plum_edge.records import Conversation

BOM = b"\xef\xbb\xbf"
_DAMAGED = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)


@dataclass(frozen=True, slots=True)
class Skip:
    """Something in a file that was not taken over."""

    where: str
    """E.g. ``line 3, message 2``."""
    why: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file held."""

    format: str
    conversations: tuple[Conversation, ...]
    skipped: tuple[Skip, ...]


class Importer(Protocol):
    """One format: a module with these names."""

    NAME: str
    """What ``--format`` calls it."""
    TITLE: str
    """What it is, for people."""

    def sniff(self, head: str) -> bool:
        """Whether a file that begins with ``head`` (without BOM and leading space) is of this format."""
        ...

    def read(self, file: IO[bytes], name: str, undated: datetime) -> Iterator[Conversation | Skip]:
        """Yield what ``file`` holds, in its order; ``undated`` is the date of what has none.

        Raises:
            BadInput: the file breaks off or is not well-formed; the error names ``name``, line and column.
        """
        ...


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked where its content (not its name) is gzip or xz, after a byte order mark.

    Raises:
        BadInput: no such file, no file, not readable, or a damaged archive; also for errors within the block.
    """
    try:
        if not path.is_file():
            raise BadInput(str(path), "it is a folder" if path.is_dir() else "there is no such file")
        with path.open("rb") as raw:
            magic = raw.read(6)
        with _unpacked(path, magic) as file:
            if file.read(len(BOM)) != BOM:
                file.seek(0)
            yield file
    except _DAMAGED as error:
        remedy = "Nothing was imported. It was probably cut short; get the file again."
        raise BadInput(str(path), f"the compressed file is damaged or incomplete ({error})", remedy) from error
    except OSError as error:
        raise BadInput(str(path), f"it cannot be read ({error.strerror or error})") from error


def _unpacked(path: Path, magic: bytes) -> IO[bytes]:
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(path, "rb"))
    if magic == b"\xfd7zXZ\x00":
        return lzma.open(path, "rb")
    return path.open("rb")


def text(value: str) -> str:
    """Return the text without what no text holds: NUL, and halves of surrogate pairs (JSON can spell them)."""
    return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shown(value: object) -> str:
    """Return a wrong value as a sentence shows it: short, whatever it is."""
    if isinstance(value, str):
        return repr(text(value[:40]))
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else str(value)[:40]


def parse_date(value: object) -> datetime | None:
    """Return an aware moment from ISO 8601 text, at its own offset (+00:00 where it names none), or None."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment if moment.utcoffset() is not None else moment.replace(tzinfo=UTC)
    except ValueError:
        return None


def parse_json(raw: bytes, name: str, line: int, remedy: str = "Nothing was imported.") -> Any:
    """Return the JSON value in ``raw``, which begins at ``line`` of the file ``name``.

    Raises:
        BadInput: with line and column (both from 1, in characters).
    """
    decoded = ""
    try:
        decoded = raw.decode()
        return json.loads(decoded)
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise BadInput(_place(name, before, len(before), line), "this is not UTF-8 text", remedy) from error
    except json.JSONDecodeError as error:
        ends = error.msg.startswith("Unterminated string") or error.pos >= len(decoded.rstrip())
        position = len(decoded.rstrip("\r\n")) if ends else error.pos
        what = "the text ends in the middle of a value" if ends else f"not valid JSON ({error.msg})"
        hint = f"{remedy} It was probably cut short; get the file again." if ends else remedy
        raise BadInput(_place(name, decoded, position, line), what, hint) from error
    except RecursionError as error:
        raise BadInput(f"{name} line {line:,}", "JSON nested too deeply", remedy) from error
    except ValueError as error:  # a number with thousands of digits
        raise BadInput(f"{name} line {line:,}", f"not readable as JSON ({error})", remedy) from error


def _place(name: str, decoded: str, position: int, line: int) -> str:
    before = decoded[:position]
    column = position - (before.rfind("\n") + 1) + 1
    return f"{name} line {line + before.count(chr(10)):,}, column {column:,}"
