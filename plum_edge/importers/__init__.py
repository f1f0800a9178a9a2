"""Importers: files of conversations, whatever their format and packing, into records.

One module a format; which one is found by looking at the content. Knows nothing of the store.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from plum_edge.errors import UsageError
from plum_edge.importers.base import Format, Imported, Skip, Wishes
from plum_edge.importers.formats import FORMATS
from plum_edge.importers.reading import Reading
from plum_edge.records import Conversation

__all__ = ["FORMATS", "Format", "Imported", "Reading", "Skip", "Wishes", "check", "read"]


def check(wishes: Wishes) -> None:
    """Refuse a format that there is not.

    Raises:
        UsageError: there is no such format.
    """
    if wishes.format is not None and wishes.format not in FORMATS:
        raise UsageError(f"There is no format {wishes.format!r}.", f"Known: {', '.join(FORMATS)}.")


def read(
    path: Path, format: str | None = None, since: datetime | None = None, *, wishes: Wishes | None = None
) -> Imported:
    """Read all conversations of a path into memory, as is good for small ones; `Reading` gives one at a time.

    Args:
        path: a file, an archive of files, or a folder.
        format: a name from `FORMATS`, or None to look at the content.
        since: take only conversations of this moment or later; one without an offset is the user's own time.
        wishes: all that can be wished, in place of the two.

    Returns:
        The conversations in the file's order, each id once a file, and what was left out, with where and why. What is
        older than ``since`` is in neither.

    Raises:
        BadInput: the path cannot be read as a whole, with file, line and column as far as they are known; or nothing in
            it could be used.
        UsageError: there is no such format.
    """
    wishes = wishes or Wishes(format=format, since=since)
    check(wishes)
    reading = Reading(Path(path), wishes)
    found = list(reading)
    return Imported(
        next(iter(reading.formats), ""),
        tuple(one for one in found if isinstance(one, Conversation)),
        tuple(one for one in found if isinstance(one, Skip)),
    )
