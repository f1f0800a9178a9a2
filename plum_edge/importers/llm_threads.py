"""The third generation of ``llm``'s tables: threads over a tree of messages that forks share. Messages have no times of
their own; turns have. Knows nothing of the older tables.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

from plum_edge.importers import parts
from plum_edge.importers.base import mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.llm_tables import Tables, column
from plum_edge.records import Message, Role

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
_KINDS = {"reasoning": parts.THINKING, "tool_call": parts.TOOLS, "tool_result": parts.TOOLS}


class Threads:
    """The threads of a file."""

    def __init__(self, tables: Tables, left: Counter[str]) -> None:
        self._tables, self._left = tables, left
        named = "name" if tables.has("threads", "name") else "''"
        rows = list(tables.rows(f"SELECT id, {named}, tip_message_hash FROM threads ORDER BY rowid"))
        self.titles = {str(row[0]): str(row[1] or "") for row in rows}
        """Names by id."""
        self._tips = {str(row[0]): row[2] for row in rows}

    def messages(self, thread: str) -> list[Message]:
        """Return what was said in a thread, from its tip up to the root."""
        times = self._times(thread)
        found: list[Message] = []
        seen: set[object] = set()
        at, moment = self._tips.get(thread), None
        while at is not None and at not in seen:
            seen.add(at)
            row = next(self._tables.rows("SELECT * FROM messages WHERE hash = ?", at), None)
            if row is None:
                break
            moment = times.get(at, moment)
            role = _ROLES.get(str(column(row, "role")))
            self._left[parts.SYSTEM if column(row, "role") == "system" else parts.TOOLS] += role is None
            said = message(role, self._text(at), moment) if role else None
            found += [said] if said else []
            at = column(row, "parent_hash")
        return found[::-1]

    def _times(self, thread: str) -> dict[object, datetime | None]:
        """Return when the turns of a thread ended, by their last message."""
        if not self._tables.has("turns", "thread_id", "tip_message_hash", "datetime_utc"):
            return {}
        rows = self._tables.rows("SELECT tip_message_hash, datetime_utc FROM turns WHERE thread_id = ?", thread)
        return {row[0]: parse(row[1]) for row in rows}

    def _text(self, at: object) -> str:
        """Return the text of a message; a part without one is put together from fragments."""
        pieces = []
        for row in self._tables.rows("SELECT * FROM parts WHERE message_hash = ? ORDER BY position", at):
            kind = str(column(row, "type"))
            if kind == "text":
                pieces.append(string(column(row, "text")) or self._referred(column(row, "payload")))
            elif kind == "attachment":
                pieces.append(parts.file())
            else:
                self._left[_KINDS.get(kind, parts.UNKNOWN)] += 1
        return parts.joined(pieces)

    def _referred(self, payload: object) -> str:
        try:
            held = mapping(json.loads(payload)) if isinstance(payload, str | bytes) else {}
        except (ValueError, RecursionError):
            return ""
        return "".join(self._piece(mapping(one)) for one in sequence(held.get("text_ref")))

    def _piece(self, reference: dict[str, object]) -> str:
        number = reference.get("fragment")
        if isinstance(number, int | str) and self._tables.has("fragments", "id", "content"):
            row = next(self._tables.rows("SELECT content FROM fragments WHERE id = ?", number), None)
            return string(row[0]) if row is not None else ""
        return string(reference.get("literal"))
