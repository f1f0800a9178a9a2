"""The tables of ``llm``'s logs.db, whichever of them and of their columns a file has.

Knows nothing of what is made of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from plum_edge.importers import parts

_LONGEST_FRAGMENTS = 20_000
"""Characters of fragments that are taken for the prompt where there is no other. More is a file that was piped in."""


class Tables:
    """Reads rows; a table or column that is missing has none."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        names = [row[0] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        self._columns = {
            name: {row[1] for row in self.rows(f"PRAGMA table_info({_quoted(name)})")}
            for name in names
            if isinstance(name, str)
        }

    @property
    def known(self) -> bool:
        """Whether any generation of tables is there."""
        return (
            self.has("responses", "prompt", "response")
            or self.has("logs", "prompt", "response")
            or self.has("log", "prompt", "response")
            or (self.has("threads", "id", "tip_message_hash") and self.has("messages", "hash", "role"))
        )

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is a table with these columns."""
        return table in self._columns and self._columns[table].issuperset(columns)

    def rows(self, sql: str, *values: object) -> Iterator[sqlite3.Row]:
        """Yield the rows of a query."""
        yield from self._database.execute(sql, values)

    def conversations(self) -> Iterator[tuple[str, str]]:
        """Yield (id, title) of the second generation; a response of no conversation is one of its own."""
        if not self.has("responses", "id", "prompt", "response"):
            return
        named: dict[str, str] = {}
        if self.has("conversations", "id", "name"):
            named = {str(row[0]): str(row[1] or "") for row in self.rows("SELECT id, name FROM conversations")}
        held = "coalesce(conversation_id, id)" if self.has("responses", "conversation_id") else "id"
        found = [row[0] for row in self.rows(f"SELECT {held} FROM responses GROUP BY 1 ORDER BY min(rowid)")]
        yield from ((str(ident), named.get(str(ident), "")) for ident in found)

    def responses(self, conversation: str) -> list[sqlite3.Row]:
        """Return the rows of a conversation, in order of time."""
        held = "coalesce(conversation_id, id)" if self.has("responses", "conversation_id") else "id"
        by = "datetime_utc, rowid" if self.has("responses", "datetime_utc") else "rowid"
        return list(self.rows(f"SELECT * FROM responses WHERE {held} = ? ORDER BY {by}", conversation))

    def fragments(self, row: sqlite3.Row) -> str:
        """Return the fragments that a prompt was put together from, where they are not longer than a prompt is."""
        if not self.has("prompt_fragments", "response_id", "fragment_id") or not self.has("fragments", "id", "content"):
            return ""
        found = self.rows(
            "SELECT f.content FROM prompt_fragments p JOIN fragments f ON f.id = p.fragment_id WHERE p.response_id = ?"
            " ORDER BY p.rowid",
            column(row, "id"),
        )
        text = parts.joined(str(one[0] or "") for one in found)
        return text if len(text) <= _LONGEST_FRAGMENTS else parts.file()

    def notes(self, row: sqlite3.Row) -> list[str]:
        """Return the notes that stand for the attachments of a prompt."""
        if not self.has("prompt_attachments", "response_id", "attachment_id") or not self.has(
            "attachments", "id", "type"
        ):
            return []
        found = self.rows(
            "SELECT a.type FROM prompt_attachments p JOIN attachments a ON a.id = p.attachment_id"
            " WHERE p.response_id = ?",
            column(row, "id"),
        )
        return [parts.image() if str(one[0]).startswith("image/") else parts.file() for one in found]

    def chains(self, table: str) -> Iterator[tuple[str, list[sqlite3.Row]]]:
        """Yield (id, rows) of the first generation: what replies to what, or what has one chat's id."""
        if not self.has(table, "prompt", "response"):
            return
        chains: dict[str, list[sqlite3.Row]] = {}
        of: dict[Any, str] = {}
        for row in self.rows(f"SELECT rowid AS row_number, * FROM {table} ORDER BY rowid"):
            number = row["row_number"]
            above = next((column(row, key) for key in ("reply_to_id", "chat_id") if column(row, key) is not None), None)
            chain = of.get(above, str(number if above is None else above))
            of[number] = chain
            chains.setdefault(chain, []).append(row)
        yield from chains.items()


def column(row: sqlite3.Row, name: str) -> Any:
    """Return a column of a row, or None where the row has no such column."""
    return row[name] if name in row.keys() else None  # noqa: SIM118 - a Row is no mapping


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
