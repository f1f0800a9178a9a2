"""What every format shares: what it is handed, what it gives, and how it looks into values that may be anything.

Knows nothing of any format, nor of where a file lies or how it is packed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from plum_edge.config import Log
from plum_edge.errors import BadInput
from plum_edge.importers.head import Head
from plum_edge.importers.stream import Stream
from plum_edge.records import Conversation, Message, Role


@dataclass(frozen=True, slots=True)
class Skip:
    """Something in a file that was not taken over."""

    where: str
    """E.g. ``line 3, message 2``."""
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A conversation as a format gives it, before it has its date, title and id.

    A moment without an offset is the user's own time (a day, or a clock on the wall).
    """

    where: str
    messages: tuple[Message, ...]
    id: str = ""
    """The source's; empty: a hash of the content."""
    title: str = ""
    created_at: datetime | None = None
    trainable: bool = True
    dated: bool = True
    """False where the source itself says that the date is a guess."""
    spare: str = ""
    """As in `Conversation`."""
    hashed: tuple[str, ...] = ()
    """What goes into the hash before the messages."""
    position: int | None = None
    """Its place in the file, from 0; None: the next."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of an import."""

    format: str | None = None
    me: str = ""
    """Who the user is in a chat between people."""
    since: datetime | None = None
    """Only conversations from this moment on; one without an offset is the user's own time."""
    order: Literal["dmy", "mdy", "ymd"] | None = None
    """How a file writes its dates, where it does not tell: day, month and year."""
    salvage: bool = False
    """Take the whole conversations of a file that was cut short."""
    log: Log = field(default_factory=Log)


@dataclass(slots=True)
class Source:
    """One file, wherever it lay: on the disk, in a folder or in an archive."""

    name: str
    """As it is shown: ``export.zip: conversations.json``."""
    file: str
    """Its own name alone."""
    stream: Stream
    modified: datetime
    wishes: Wishes = field(default_factory=Wishes)
    path: Path | None = None
    """Where it lies on the disk by itself, if it does."""
    left: Counter[str] = field(default_factory=Counter)
    """What was left out because it is no talk, by what it is."""
    partial: bool = False
    """What the format found: it holds one side of talks, which may stand whole in another file of the path."""


class Foreign(BadInput):
    """A file of another program, which only begins like one of the format."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file within a path of which not even the beginning can be read."""

    name: str
    error: BadInput


class Format(Protocol):
    """One format: a module with these names."""

    NAME: str
    """What ``--format`` calls it."""
    TITLE: str
    """What it is, for people."""

    def sniff(self, head: Head) -> bool:
        """Whether a file that begins like this is of this format."""
        ...

    def read(self, source: Source) -> Iterator[Draft | Skip]:
        """Yield what the file holds, in its order; what is no talk is counted in ``source.left``.

        Raises:
            BadInput: the file is not well-formed; the error names it, with line and column.
            Foreign: it is of another program.
            CutShort: it ends in the middle; what was yielded before is whole.
        """
        ...


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file held."""

    format: str
    conversations: tuple[Conversation, ...]
    skipped: tuple[Skip, ...]


def mapping(value: Any) -> dict[str, Any]:
    """Return an object as it is; anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return an array as it is; anything else as an empty one."""
    return value if isinstance(value, list) else []


def string(value: Any) -> str:
    """Return text as it is; anything else as an empty one."""
    return value if isinstance(value, str) else ""


def ident(value: Any) -> str:
    """Return an id, which may be text or a number; anything else as an empty text."""
    named = isinstance(value, str | int) and not isinstance(value, bool)
    return text(str(value)).strip() if named else ""


def text(value: str) -> str:
    """Return the text with halves of surrogate pairs, which JSON can spell and no file can hold, as U+FFFD."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def message(role: Role, content: str, created_at: datetime | None = None, name: str = "") -> Message | None:
    """Return a message, or None where nothing was said."""
    return Message(role, text(content), created_at, text(name)) if content.strip() else None


def shown(value: object) -> str:
    """Return a wrong value as a sentence shows it: short, whatever it is."""
    if isinstance(value, str):
        return repr(text(value[:40]))
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else str(value)[:40]
