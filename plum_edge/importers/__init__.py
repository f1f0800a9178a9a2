"""Importers: a file of conversations, whatever its format and packing, into records.

One module a format; which one is found by looking at the content. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from plum_edge.errors import BadInput, UsageError
from plum_edge.importers import plum_jsonl, realmem
from plum_edge.importers.base import Imported, Importer, Skip, opened
from plum_edge.records import Conversation

__all__ = ["FORMATS", "Imported", "Importer", "Skip", "read", "sniff"]

_IMPORTERS: tuple[Importer, ...] = (realmem, plum_jsonl)
FORMATS = MappingProxyType({importer.NAME: importer for importer in _IMPORTERS})
"""By name, in the order in which they are tried."""

_HEAD = 1 << 20
"""Bytes looked at. RealMem puts its dialogues after the metadata; a long first message may stand before "messages"."""


def read(path: Path, format: str | None = None, since: datetime | None = None) -> Imported:
    """Read all conversations of a file.

    Args:
        path: the file; gzip and xz are unpacked.
        format: a name from `FORMATS`, or None to look at the content.
        since: take only conversations of this moment (+00:00 where it has no offset) or later.

    Returns:
        The conversations in the file's order, each id once, and what was left out, with where and why. What is older
        than ``since`` is in neither.

    Raises:
        BadInput: the file cannot be read as a whole, with file, line and column as far as they are known.
        UsageError: there is no such format.
    """
    if format is not None and format not in FORMATS:
        raise UsageError(f"There is no format {format!r}.", f"Known: {', '.join(FORMATS)}.")
    importer = FORMATS[format] if format else sniff(path)
    with opened(path) as file:
        undated = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        conversations, skipped = _unique(importer.read(file, str(path), undated))
    if since is not None:
        start = since if since.utcoffset() is not None else since.replace(tzinfo=UTC)
        conversations = [conversation for conversation in conversations if conversation.created_at >= start]
    return Imported(importer.NAME, tuple(conversations), tuple(skipped))


def sniff(path: Path) -> Importer:
    """Return the importer for a file, by its content.

    Raises:
        BadInput: it is empty, not text, or of no format that we know.
    """
    with opened(path) as file:
        raw = file.read(_HEAD)
    head = raw.decode(errors="replace").lstrip()
    if not head:
        raise BadInput(str(path), "it is empty")
    if b"\0" in raw or head.count("\ufffd") > len(head) // 10:
        raise BadInput(str(path), "it is not a text file (or not in UTF-8)")
    for importer in FORMATS.values():
        if importer.sniff(head):
            return importer
    known = ", ".join(f"{importer.NAME} ({importer.TITLE})" for importer in FORMATS.values())
    raise BadInput(str(path), "its format is not known", f"Nothing was imported. Known formats: {known}.")


def _unique(found: Iterable[Conversation | Skip]) -> tuple[list[Conversation], list[Skip]]:
    """Part conversations from skips; of those with the same id, the first counts."""
    conversations: dict[str, Conversation] = {}
    skipped: list[Skip] = []
    for item in found:
        if isinstance(item, Skip):
            skipped.append(item)
        elif item.id in conversations:
            first = conversations[item.id].position + 1
            why = f"its id {item.id!r} is that of conversation {first}"
            skipped.append(Skip(f"conversation {item.position + 1}", why))
        else:
            conversations[item.id] = item
    return list(conversations.values()), skipped
