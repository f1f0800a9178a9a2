"""The log of Simon Willison's ``llm``: an SQLite file, in three generations of tables that may lie side by side.

It is opened for reading alone. A conversation that stands in two generations is put together by its id. Knows nothing
of models and their options.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from plum_edge.errors import BadInput
from plum_edge.importers import llm_threads, parts
from plum_edge.importers.base import Draft, Foreign, Skip, Source, message
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.llm_tables import Tables, column
from plum_edge.records import Message

NAME = "llm"
TITLE = "llm, its logs.db"

_DAMAGED = (sqlite3.Error, UnicodeError, OverflowError)
"""What SQLite's own module raises for a bad file: also for names that are no text, and numbers that are none of its."""
_MOST = 1 << 28
"""Bytes of a file within an archive, which is held in memory."""


def sniff(head: Head) -> bool:
    """Whether it is an SQLite file; of which program, its tables say."""
    return head.raw.startswith(b"SQLite format 3\0")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the conversations; `base.Format` has the contract."""
    with _opened(source) as database:
        try:
            tables = Tables(database)
            if not tables.known:
                raise Foreign(source.name, "it is a database of another program")
            yield from _conversations(tables, source.left)
        except _DAMAGED as error:
            raise BadInput(source.name, f"the database cannot be read ({error})") from error


@contextmanager
def _opened(source: Source) -> Iterator[sqlite3.Connection]:
    try:
        with closing(_connect(source)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.row_factory = sqlite3.Row
            database.text_factory = lambda raw: raw.decode(errors="replace")
            yield database
    except _DAMAGED as error:
        raise BadInput(source.name, f"the database cannot be read ({error})") from error


def _connect(source: Source) -> sqlite3.Connection:
    """Open the file so that nothing is written, not even beside it: where there is no ``-wal``, it cannot change."""
    if source.path is not None:
        wal = source.path.with_name(source.path.name + "-wal")
        still = not (wal.exists() and wal.stat().st_size)
        uri = f"{source.path.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
        return sqlite3.connect(uri, uri=True)
    held = source.stream.all(_MOST)
    if held is None:
        raise BadInput(source.name, "it is too large to be read within an archive", "Unpack it first.")
    database = sqlite3.connect(":memory:")
    # A file in WAL mode cannot be opened from memory: bytes 18 and 19 say which mode it is in.
    database.deserialize(held[:18] + b"\1\1" + held[20:] if held[18:20] == b"\2\2" else held)
    return database


def _conversations(tables: Tables, left: Counter[str]) -> Iterator[Draft]:
    threads = llm_threads.Threads(tables, left) if tables.has("threads", "id", "tip_message_hash") else None
    done = set()
    for position, (ident, title) in enumerate(tables.conversations()):
        old = _responses(tables, ident, left)
        new = threads.messages(ident) if threads and ident in threads.titles else []
        done.add(ident)
        yield _draft(ident, title, _merged(old, new), position)
    for ident, title in (threads.titles if threads else {}).items():
        if ident not in done and threads:
            yield _draft(ident, title, threads.messages(ident), len(done))
    for table in ("logs", "log"):
        for ident, rows in tables.chains(table):
            messages = [one for row in rows for one in _turn(row, left, [])]
            yield _draft(f"llm-{ident}", "", messages, len(done))


def _draft(ident: str, title: str, messages: list[Message], position: int) -> Draft:
    return Draft(f"conversation {ident}", tuple(messages), id=ident, title=title, position=position)


def _merged(old: list[Message], new: list[Message]) -> list[Message]:
    """Return what two generations hold of one conversation: the longer, or one after the other."""
    one, two = ([(m.role, m.content) for m in said] for said in (old, new))
    if two[: len(one)] == one:
        return new
    return old if one[: len(two)] == two or not two else old + new


def _responses(tables: Tables, ident: str, left: Counter[str]) -> list[Message]:
    return [
        one for row in tables.responses(ident) for one in _turn(row, left, tables.notes(row), tables.fragments(row))
    ]


def _turn(row: Any, left: Counter[str], notes: list[str], fragments: str = "") -> list[Message]:
    """Return the user's turn and the answer of a row."""
    moment: datetime | None = next(
        filter(None, (parse(column(row, key)) for key in ("datetime_utc", "timestamp_utc", "timestamp"))), None
    )
    left[parts.SYSTEM] += bool(column(row, "system"))
    left[parts.THINKING] += bool(column(row, "reasoning"))
    asked = parts.joined([str(column(row, "prompt") or "") or fragments, *notes])
    answered = str(column(row, "response") or "")
    left[parts.TOOLS] += not asked.strip() or not answered.strip()
    made = (message("user", asked, moment), message("assistant", answered, moment))
    return [one for one in made if one]
