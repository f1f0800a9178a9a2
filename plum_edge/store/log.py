"""The log: conversations as they came, and the segments of them in the order of learning.

Messages are only ever added to the end of a conversation, so a segment (a run of messages) never changes. Knows nothing
of what is made of a segment, beyond asking for its state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from sqlite_utils import Database

from plum_edge.errors import StoreDamaged, StoreError, UnknownId
from plum_edge.records import Conversation, Message, Segment
from plum_edge.store.columns import clean, instant, stamp
from plum_edge.store.connect import Connection
from plum_edge.store.ids import resolve, segment_seq
from plum_edge.store.listing import AddResult, Counts, Summary
from plum_edge.store.overview import Overview
from plum_edge.store.sameness import alike, another, later
from plum_edge.store.tombstones import Tombstones

_Segments = list[Segment]  # within `Log`, `list` is its method
_Summaries = list[Summary]


_IN_ORDER = "SELECT key FROM conversations ORDER BY instant, position, id"
_WAITING = """
SELECT key, position, coalesce((SELECT sum(length) FROM segments WHERE conversation = c.key), 0) AS first
FROM conversations c WHERE trainable AND asked > first
"""
"""The segments that wait for their place: conversations in which the user said something in the new part."""


class Log:
    """Conversations, messages and segments."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._tombstones = Tombstones(connection)
        self._overview = Overview(connection)

    # Writing ------------------------------------------------------------------------------------------------------

    def add(self, conversations: Iterable[Conversation]) -> AddResult:
        """Store conversations in one transaction: all, or none when an error comes.

        A known id is extended where its stored messages begin the new ones (compared by role and content), is unchanged
        where it already has them all, and is reported as a conflict otherwise. Where only the end differs, and that has
        no place in the order of learning yet, the end that was said later counts: the user had another answer made.
        One that is not to be trained on any more is not, from now on. What was forgotten does not come back.
        Among people nothing is said anew: the end of a chat that has a ``spare`` id stays as it is.
        """
        outcomes = ("added", "extended", "unchanged", "conflicts", "forgotten")
        done: dict[str, list[str]] = {outcome: [] for outcome in outcomes}
        messages = 0
        with self._c.transaction() as database:
            for conversation in map(self.placed, conversations):
                outcome, count = self._add(database, conversation)
                done[outcome].append(conversation.id)
                messages += count
        return AddResult(**{outcome: tuple(ids) for outcome, ids in done.items()}, messages=messages)

    def placed(self, conversation: Conversation) -> Conversation:
        """Return a conversation under the id by which the log knows it, or would: ``id``, or its ``spare`` one."""
        if not conversation.spare:
            return conversation
        if self.holds(conversation.id):
            spared = another(self._messages(self._exact(conversation.id)), conversation.messages)
        else:
            spared = self.holds(conversation.spare)
        return replace(conversation, id=conversation.spare) if spared else conversation

    def outcome(self, conversation: Conversation) -> tuple[str, int]:
        """Return what `add` would do with a conversation (a field of `AddResult`), and the first message it stores."""
        conversation = self.placed(conversation)
        key = self._c.value("SELECT key FROM conversations WHERE id = ?", clean(conversation.id))
        if key is None:
            return ("forgotten" if self._tombstones.since(conversation.id) else "added"), 0
        old, new = self._messages(key), conversation.messages
        same = alike(old, new)
        if same == len(new):
            return "unchanged", same
        begun = any(message.role == "user" for message in old[:same])  # else it is another that has the same id
        anew = begun and not conversation.spare and same >= self._recorded(key) and later(new, old)
        if same == len(old) or anew:
            return "extended", same
        return "conflicts", 0

    def start(self, conversation: Conversation) -> None:
        """Store a new conversation, with or without messages.

        Raises:
            StoreError: the log has another one under this id, or had one that was forgotten.
        """
        done = self.add([conversation])
        if done.conflicts or done.forgotten:
            has = "has forgotten a" if done.forgotten else "already has another"
            raise StoreError(f"The log {has} conversation {conversation.id!r}.", "It was left alone.")

    def append(self, conversation_id: str, message: Message) -> int:
        """Store one more message of a conversation, durably, and return its ordinal."""
        with self._c.transaction() as database:
            key = self._key(conversation_id)
            ordinal = int(self._c.value("SELECT count(*) FROM messages WHERE conversation = ?", key))
            _insert(database, key, ordinal, [message])
        return ordinal

    def set_aside(self, segment_id: str, why: str) -> None:
        """Note why a recorded segment was not learned; an empty reason takes it back."""
        with self._c.transaction() as database:
            seq = segment_seq(self._c, segment_id)
            database.conn.execute("DELETE FROM asides WHERE seq = ?", (seq,))
            if why:
                database.table("asides").insert({"seq": seq, "why": clean(why)})

    def set_trainable(self, conversation_id: str, trainable: bool) -> None:
        """Let a conversation be learned, or only logged from now on. What was learned of it is not taken back."""
        with self._c.transaction() as database:
            key = self._key(conversation_id)
            database.conn.execute("UPDATE conversations SET trainable = ? WHERE key = ?", (int(trainable), key))

    def set_title(self, conversation_id: str, title: str) -> None:
        """Call a conversation something else. What it was called is kept: what is learned of it rests on that."""
        with self._c.transaction() as database:
            key = self._key(conversation_id)
            database.conn.execute("UPDATE conversations SET called = ? WHERE key = ?", (clean(title), key))

    def record(self, segment: Segment) -> int:
        """Give the segment its place in the order of learning, for good, and return it (1, 2, …). Idempotent.

        Raises:
            StoreError: it does not begin where the recorded part of its conversation ends.
        """
        with self._c.transaction() as database:
            key = self._exact(segment.conversation)
            known = self._c.value(
                "SELECT seq FROM segments WHERE conversation = ? AND first = ? AND length = ?",
                *(key, segment.first, len(segment.messages)),
            )
            if known is not None:
                return int(known)
            stored = self._messages(key, self._recorded(key))[: len(segment.messages)]
            if segment.first != self._recorded(key) or not stored or stored != _cleaned(segment.messages):
                raise StoreError(f"Segment {segment.id!r} does not follow what is recorded of its conversation.")
            row = {"id": segment.id, "conversation": key, "first": segment.first, "length": len(stored)}
            return int(database.table("segments").insert(row).last_rowid or 0)

    # Reading ------------------------------------------------------------------------------------------------------

    def get(self, conversation_id: str) -> Conversation:
        """Return the conversation with this id, or the only one whose id begins with it.

        Raises:
            UnknownId: there is none, or more than one.
        """
        return self._conversation(self._key(conversation_id))

    def holds(self, conversation_id: str) -> bool:
        """Return whether the log has a conversation of exactly this id, as a running chat asks of its own."""
        return self._c.value("SELECT 1 FROM conversations WHERE id = ?", clean(conversation_id)) is not None

    def turn(self, conversation_id: str, ordinal: int) -> tuple[tuple[Message, ...], int]:
        """Return a message with those before it from the user's last one on, and the one behind it; and its place."""
        key = self._exact(conversation_id)
        first = self._c.value(
            "SELECT max(ordinal) FROM messages WHERE conversation = ? AND ordinal <= ? AND role = 'user'", key, ordinal
        )
        first = ordinal if first is None else first
        return self._messages(key, first, ordinal - first + 2), ordinal - first

    def recorded(self, conversation_id: str) -> int:
        """Return how many messages of a conversation, from its first, have a place in the order of learning."""
        return self._recorded(self._exact(conversation_id))

    def forgotten(self, conversation_id: str) -> datetime | None:
        """Return when a conversation of exactly this id was forgotten here, or None."""
        return self._tombstones.since(conversation_id)

    def aside(self) -> dict[str, str]:
        """Return why segments were not learned, by their ids, in the order of learning."""
        return dict(self._c.rows("SELECT id, why FROM asides JOIN segments USING (seq) ORDER BY seq"))

    def conversations(self) -> Iterator[Conversation]:
        """Yield all conversations in recorded order: by instant, position in the source, id; none that is forgotten
        meanwhile.
        """
        for (key,) in self._c.rows(_IN_ORDER):
            if (found := self._unless_forgotten(key)) is not None:
                yield found

    def list(
        self, newest: int | None = None, *, since: datetime | None = None, until: datetime | None = None
    ) -> _Summaries:
        """Return a line for every conversation, in recorded order; or for the newest so many, or those begun then."""
        return self._overview.lines(newest, since, until)

    def plan(self) -> _Segments:
        """Return the segments that wait for their place, in the order in which they would be recorded.

        Only of conversations that may be trained on, and only where the user said something in the new part.
        """
        with self._c.snapshot():
            rows = self._c.rows(_WAITING)
            waiting = [(self._segment(row["key"], row["first"], None), row["position"]) for row in rows]
        waiting.sort(key=lambda item: (instant(item[0].created_at), item[1], item[0].id))
        return [segment for segment, _ in waiting]

    def renewed(self, segment: Segment) -> Segment | None:
        """Return a segment that waited as it is by now, None where it waits no more; one that has its place, as it is.

        Until then a person may take an answer back, have another one made, or say that it is not to be learned.
        """
        with self._c.snapshot():
            key = self._c.value("SELECT key FROM conversations WHERE id = ?", clean(segment.conversation))
            if key is None:
                return None
            if self._c.value("SELECT 1 FROM segments WHERE conversation = ? AND first = ?", key, segment.first):
                return segment
            waits = self._c.rows(f"{_WAITING} AND key = ?", key)
            return (
                self._segment(key, segment.first, None) if [row["first"] for row in waits] == [segment.first] else None
            )

    def planned(self) -> int:
        """Return how many segments `plan` would return, without looking at what was said."""
        return self._overview.waiting()

    def segments(self, after: int = 0, upto: int | None = None) -> _Segments:
        """Return the recorded segments in the order of learning: all, or those at places from ``after`` to ``upto``."""
        with self._c.snapshot():
            rows = self._c.rows(
                "SELECT conversation, first, length FROM segments WHERE seq > ? AND seq <= coalesce(?, seq) "
                "ORDER BY seq",
                *(after, upto),
            )
            return [self._segment(row["conversation"], row["first"], row["length"]) for row in rows]

    def seq(self, segment_id: str) -> int:
        """Return the place of a recorded segment in the order of learning."""
        return segment_seq(self._c, segment_id)

    def days(self) -> frozenset[date]:
        """Return the days on which something was said, each at its own offset; a day that is guessed is none."""
        rows = self._c.rows(
            """
            SELECT substr(created_at, 1, 10) FROM conversations WHERE dated
            UNION SELECT substr(created_at, 1, 10) FROM messages WHERE created_at IS NOT NULL
            """
        )
        return frozenset(self._c.moment(day).date() for (day,) in rows)

    def counts(self) -> Counts:
        """Return how many conversations, messages and segments there are."""
        return self._overview.counts()

    def span(self) -> tuple[datetime, datetime] | None:
        """Return when the first and the last conversation began, or None where there is none."""
        return self._overview.span()

    # Rows ---------------------------------------------------------------------------------------------------------

    def _add(self, database: Database, conversation: Conversation) -> tuple[str, int]:
        """Store one conversation; return the outcome (a field of `AddResult`) and the number of messages stored."""
        outcome, first = self.outcome(conversation)
        if outcome in ("extended", "unchanged") and not conversation.trainable:
            database.conn.execute("UPDATE conversations SET trainable = 0 WHERE id = ?", (clean(conversation.id),))
        if outcome not in ("added", "extended"):
            return outcome, 0
        if outcome == "added":
            key = int(database.table("conversations").insert(_row(conversation)).last_rowid or 0)
        else:
            key = self._exact(conversation.id)
            database.conn.execute("DELETE FROM messages WHERE conversation = ? AND ordinal >= ?", (key, first))
        _insert(database, key, first, conversation.messages[first:])
        return outcome, len(conversation.messages) - first

    def _exact(self, conversation_id: str) -> int:
        key = self._c.value("SELECT key FROM conversations WHERE id = ?", clean(conversation_id))
        if key is None:
            raise UnknownId("conversation", conversation_id, "See: plum-edge logs list")
        return int(key)

    def _key(self, conversation_id: str) -> int:
        ident = clean(conversation_id)
        if self._tombstones.since(ident) and not self.holds(ident):  # never another that begins with it
            raise UnknownId("conversation", ident, "It is forgotten. See: plum-edge logs list")
        return int(resolve(self._c, "conversation", ident, "SELECT id, key FROM conversations", "plum-edge logs list"))

    def _conversation(self, key: int) -> Conversation:
        row = next(iter(self._c.rows("SELECT * FROM conversations WHERE key = ?", key)), None)
        if row is None:  # an index names it that the table does not have
            raise StoreDamaged(self._c.path, f"the conversation of key {key} is gone from it")
        return Conversation(
            id=row["id"],
            title=row["called"] or row["title"],
            created_at=self._c.moment(row["created_at"]),
            messages=self._messages(key),
            source=row["source"],
            position=row["position"],
            trainable=bool(row["trainable"]),
            dated=bool(row["dated"]),
        )

    def _unless_forgotten(self, key: int) -> Conversation | None:
        try:
            return self._conversation(key)
        except StoreDamaged:
            if (key,) in map(tuple, self._c.rows(_IN_ORDER)):
                raise
            return None

    def _messages(self, key: int, first: int = 0, length: int | None = None) -> tuple[Message, ...]:
        rows = self._c.each(
            "SELECT * FROM messages WHERE conversation = ? AND ordinal >= ? ORDER BY ordinal LIMIT ?",
            *(key, first, -1 if length is None else length),
        )
        return tuple(
            Message(row["role"], row["content"], row["created_at"] and self._c.moment(row["created_at"]), row["name"])
            for row in rows
        )

    def _recorded(self, key: int) -> int:
        """Return how many messages of a conversation are in recorded segments."""
        return int(self._c.value("SELECT coalesce(sum(length), 0) FROM segments WHERE conversation = ?", key))

    def _segment(self, key: int, first: int, length: int | None) -> Segment:
        (row,) = self._c.rows("SELECT id, title, created_at, dated FROM conversations WHERE key = ?", key)
        messages = self._messages(key, first, length)
        begun = self._c.moment(row["created_at"])
        known = next((m.created_at for m in messages if m.created_at), None)
        return Segment(
            id=f"{row['id']}/{first}",
            conversation=row["id"],
            title=row["title"],
            created_at=begun if first == 0 else known or begun,
            messages=messages,
            first=first,
            dated=bool(row["dated"]) if first == 0 else known is not None,
        )


def _row(conversation: Conversation) -> dict[str, object]:
    return {
        "id": clean(conversation.id),
        "title": clean(conversation.title),
        "created_at": stamp(conversation.created_at),
        "instant": instant(conversation.created_at),
        "source": clean(conversation.source),
        "position": conversation.position,
        "trainable": int(conversation.trainable),
        "dated": int(conversation.dated),
    }


def _cleaned(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(replace(message, content=clean(message.content), name=clean(message.name)) for message in messages)


def _insert(database: Database, key: int, first: int, messages: Iterable[Message]) -> None:
    database.table("messages").insert_all(
        {
            "conversation": key,
            "ordinal": ordinal,
            "role": message.role,
            "content": clean(message.content),
            "created_at": message.created_at and stamp(message.created_at),
            "name": clean(message.name),
        }
        for ordinal, message in enumerate(messages, first)
    )
