"""Taking conversations back: the request, what is deleted for it, and what was given away and cannot be.

A request is recorded before anything is deleted and goes through the stages ``asked`` (the adapter in use knows nothing
of them any more), ``deleted`` (nor does the log), ``erased`` (nor does any file) and ``done`` (what was learned after
them is learned again). It holds ids until they are deleted, and figures for good; never text. Knows nothing of files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlite_utils import Database

from plum_edge.store.columns import clean, dump, stamp
from plum_edge.store.connect import Connection
from plum_edge.store.migrations import INDEXES
from plum_edge.store.runs import Runs
from plum_edge.store.tombstones import Tombstones

Stage = Literal["asked", "deleted", "erased", "done"]
_WHOLE, _ONE = 1 << 40, 1 << 41
"""Beyond every place in the order of learning: ``exports.last_seq`` of a copy of text. It is the first and the newest
conversation's key where the copy holds all that had come so far, the second and the key where it holds that one.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to forget, and how far it has come."""

    key: int
    stage: Stage
    conversations: tuple[str, ...]
    """Ids; none once they are deleted."""
    keep_log: bool
    """Keep what was said, and never learn it: "log, but never train"."""
    first_seq: int | None
    """The place from which on everything is learned again; None where nothing of it was learned."""
    detail: dict[str, Any]


class Forgetting:
    """Requests to forget, and exports."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._runs = Runs(connection)
        self._tombstones = Tombstones(connection)

    # The request ----------------------------------------------------------------------------------------------------

    def begin(
        self, conversation_ids: Sequence[str], adapter: str | None, detail: Mapping[str, object], *, keep_log: bool
    ) -> Request:
        """Record a request and put ``adapter``, one that never saw these conversations, to use: in one transaction."""
        with self._c.transaction() as database:
            self._runs.use(adapter)
            row = {
                "created_at": stamp(datetime.now().astimezone()),
                "stage": "asked",
                "conversations": dump([clean(ident) for ident in conversation_ids]),
                "keep_log": int(keep_log),
                "first_seq": self.first_seq(conversation_ids),
                "last_adapter": int(self._runs.next_id()) - 1,
                "detail": dump(detail),
            }
            database.table("forgettings").insert(row)
        (request,) = self.pending()[-1:]
        return request

    def pending(self) -> list[Request]:
        """Return the requests that are not done, the oldest first."""
        return [self._request(row) for row in self._c.rows("SELECT * FROM forgettings WHERE stage != 'done'")]

    def last(self) -> Request | None:
        """Return the newest request, done or not."""
        rows = self._c.rows("SELECT * FROM forgettings ORDER BY key DESC LIMIT 1")
        return self._request(rows[0]) if rows else None

    def mark(self, request: Request, stage: Stage, **more: object) -> Request:
        """Note how far a request has come, and figures of it."""
        detail = dump(request.detail | more)
        with self._c.transaction() as database:
            change = "UPDATE forgettings SET stage = ?, detail = ? WHERE key = ?"
            database.conn.execute(change, (stage, detail, request.key))
            if stage != "asked":
                database.conn.execute("UPDATE forgettings SET conversations = '[]' WHERE key = ?", (request.key,))
            return self._request(self._c.rows("SELECT * FROM forgettings WHERE key = ?", request.key)[0])

    def hashes(self, names: Iterable[str]) -> list[str]:
        """Return keyed hashes of what the user called conversations by, for ``detail["named"]`` of a request."""
        return [self._tombstones.keyed(name) for name in names]

    def asked(self, name: str, *, gone: bool = False) -> bool:
        """Whether an unfinished request is about what was called so: the beginning of an id has no tombstone.

        ``gone`` asks only for requests that take it out of the log, too.
        """
        about = (one for one in self.pending() if not (gone and one.keep_log))
        return any(self._tombstones.keyed(name) in one.detail.get("named", ()) for one in about)

    def first_seq(self, conversation_ids: Iterable[str]) -> int | None:
        """Return the earliest place of these conversations in the order of learning, or None."""
        select = "SELECT min(seq) FROM segments JOIN conversations c ON c.key = conversation WHERE c.id = ?"
        found = [self._c.value(select, clean(ident)) for ident in conversation_ids]
        return min((seq for seq in found if seq is not None), default=None)

    def position(self, seq: int) -> int:
        """Return how many segments there are up to this place: an adapter of so many, or more, holds it."""
        return int(self._c.value("SELECT count(*) FROM segments WHERE seq <= ?", seq))

    # What is deleted ------------------------------------------------------------------------------------------------

    def delete(self, request: Request) -> Request:
        """Delete all that came of the conversations, and unless the log is kept themselves; mark it ``deleted``.

        One transaction. What stands later in the order of learning keeps its place and is as if it had just come in.
        """
        with self._c.transaction() as database:
            if request.first_seq is not None:
                held = self.position(request.first_seq)
                self.unlearn(request.first_seq)
                database.conn.execute(
                    """
                    UPDATE active SET adapter = NULL, generation = generation + 1
                    WHERE adapter IN (SELECT id FROM adapters WHERE segments >= ?)
                    """,
                    (held,),  # put to use again after the request
                )
                database.conn.execute("DELETE FROM adapters WHERE segments >= ?", (held,))
            keys = self._keys(request.conversations)
            for ident in request.conversations:
                self._delete_one(database, ident, keep_log=request.keep_log)
            self._scrub_nights(database, request.conversations)
            if not request.keep_log:
                self._free_keys(database, keys)
                self._tombstones.bury(request.conversations)
            return self.mark(request, "deleted")

    def unlearn(self, from_seq: int) -> None:
        """Take back what was made and learned of the segments from this place on; they keep their places."""
        with self._c.transaction() as database:
            self.take_back(from_seq)
            database.conn.execute("UPDATE pairs SET retired_by = NULL WHERE retired_by >= ?", (from_seq,))
            database.conn.execute("DELETE FROM pairs WHERE seq >= ?", (from_seq,))

    def take_back(self, from_seq: int) -> None:
        """Take back what was learned of the segments from this place on; places and pairs stay."""
        with self._c.transaction() as database:
            self._runs.truncate(from_seq)
            database.conn.execute("DELETE FROM asides WHERE seq >= ?", (from_seq,))
            database.conn.execute("UPDATE segments SET promoted = 0 WHERE seq >= ?", (from_seq,))
            # cells count steps, and places have gaps once something was forgotten
            database.conn.execute(
                "DELETE FROM cells WHERE step > (SELECT count(*) FROM segments WHERE seq < ?)", (from_seq,)
            )

    def rewrite(self) -> None:
        """Write the file anew, the search indexes first: deleted words stay in one until its parts are merged.

        Raises:
            StoreError: another process goes on reading.
        """
        with self._c.transaction() as database:
            for index in INDEXES:
                database.conn.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
        self._c.rewrite()

    def _delete_one(self, database: Database, ident: str, *, keep_log: bool) -> None:
        key = self._c.value("SELECT key FROM conversations WHERE id = ?", ident)
        database.conn.execute("DELETE FROM cells WHERE conversation = ?", (ident,))
        database.conn.execute("DELETE FROM segments WHERE conversation = ?", (key,))
        database.conn.execute("DELETE FROM writings WHERE conversation = ?", (key,))
        database.conn.execute("DELETE FROM edits WHERE conversation = ?", (key,))
        if keep_log:
            database.conn.execute("UPDATE conversations SET trainable = 0 WHERE key = ?", (key,))
        else:
            database.conn.execute("DELETE FROM messages WHERE conversation = ?", (key,))
            database.conn.execute("DELETE FROM conversations WHERE key = ?", (key,))

    def _scrub_nights(self, database: Database, conversation_ids: Sequence[str]) -> None:
        names = _naming(conversation_ids)
        for key, detail in self._c.rows("SELECT key, detail FROM nights"):
            scrubbed = dump(_without(self._c.load(detail), names))
            if scrubbed != detail:
                database.conn.execute("UPDATE nights SET detail = ? WHERE key = ?", (scrubbed, key))

    # What was given away --------------------------------------------------------------------------------------------

    def add_export(self, name: str, segments: int) -> None:
        """Note that a copy of an adapter that holds the first so many segments was given away under this name."""
        last = self._c.value("SELECT max(seq) FROM (SELECT seq FROM segments ORDER BY seq LIMIT ?)", segments)
        self._note(name, last or 0)

    def add_copy(self, name: str, conversation_ids: Iterable[str] | None = None) -> None:
        """Note that the text of these conversations, or of all that are here now, was written under this name.

        No id is kept: what it holds is told by the keys of rows, which go with the conversations.
        """
        with self._c.transaction():
            if conversation_ids is None:
                self._note(name, _WHOLE + self._newest())
            for key in self._keys(conversation_ids or ()):
                self._note(name, _ONE + key)

    def take_over(self, other: Forgetting) -> None:
        """Take what another log of this memory has noted of copies, and this one has not."""
        select = "SELECT name, last_seq, created_at FROM exports ORDER BY key"
        known = {tuple(row) for row in self._c.rows(select)}
        new = [tuple(row) for row in other._c.rows(select) if tuple(row) not in known]
        with self._c.transaction() as database:
            database.conn.executemany("INSERT INTO exports (name, last_seq, created_at) VALUES (?, ?, ?)", new)

    def exported(self, conversation_ids: Collection[str]) -> list[str]:
        """Return the names of the copies that hold any of these conversations: its text, or what was learned of it."""
        first, keys = self.first_seq(conversation_ids), self._keys(conversation_ids)

        def holds(last: int) -> bool:
            if last >= _ONE:
                return last - _ONE in keys
            if last >= _WHOLE:
                return any(key <= last - _WHOLE for key in keys)
            return first is not None and last >= first

        rows = self._c.rows("SELECT name, last_seq FROM exports ORDER BY key")
        return list(dict.fromkeys(name for name, last in rows if holds(last)))

    def _note(self, name: str, last: int) -> None:
        row = {"name": clean(name), "last_seq": last, "created_at": stamp(datetime.now().astimezone())}
        with self._c.transaction() as database:
            database.table("exports").insert(row)

    def _keys(self, conversation_ids: Iterable[str]) -> list[int]:
        found = [self._c.value("SELECT key FROM conversations WHERE id = ?", clean(one)) for one in conversation_ids]
        return [key for key in found if key is not None]

    def _newest(self) -> int:
        """Return the key of the conversation that came into the log last, 0 where there is none."""
        return int(self._c.value("SELECT coalesce(max(key), 0) FROM conversations"))

    def _free_keys(self, database: Database, keys: Iterable[int]) -> None:
        """Let no copy be taken for one of a conversation that comes later: SQLite gives the last keys again."""
        database.conn.executemany("DELETE FROM exports WHERE last_seq = ?", [(_ONE + key,) for key in keys])
        change = "UPDATE exports SET last_seq = min(last_seq, ?) WHERE last_seq >= ? AND last_seq < ?"
        database.conn.execute(change, (_WHOLE + self._newest(), _WHOLE, _ONE))

    def _request(self, row: Any) -> Request:
        return Request(
            key=row["key"],
            stage=row["stage"],
            conversations=tuple(self._c.load(row["conversations"])),
            keep_log=bool(row["keep_log"]),
            first_seq=row["first_seq"],
            detail=self._c.load(row["detail"]),
        )


def _without(value: Any, names: re.Pattern[str]) -> Any:
    """Return a JSON value without the strings that have any of these names in them: their segments', and sentences."""
    if isinstance(value, dict):
        return {name: _without(part, names) for name, part in value.items() if not names.search(name)}
    if isinstance(value, list):
        return [_without(part, names) for part in value if not (isinstance(part, str) and names.search(part))]
    return None if isinstance(value, str) and names.search(value) else value


def _naming(conversation_ids: Iterable[str]) -> re.Pattern[str]:
    """Return what finds these ids where they stand by themselves: ``a`` is in no word, ``t-1`` is not in ``t-12``."""
    named = "|".join(re.escape(ident) for ident in conversation_ids if ident) or "(?!)"  # nothing is found by no name
    return re.compile(rf"(?<![\w-])(?:{named})(?![\w-])")
