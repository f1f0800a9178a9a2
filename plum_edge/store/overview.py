"""The log at a glance: a line a conversation, how much there is, and what waits.

The database counts as it is written to (``tally``, migrations.py), so that neither the newest lines nor the counts take
longer in a larger log; only what was learned is counted anew. Knows nothing of what was said.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from plum_edge.store.columns import instant
from plum_edge.store.connect import Connection
from plum_edge.store.listing import STATES, Counts, State, Summary

_EVER = 1 << 62
"""More than any count or moment is, and SQLite takes it."""
_STAGE = """
min(CASE
    WHEN promoted THEN 3
    WHEN EXISTS (SELECT 1 FROM steps WHERE steps.seq = s.seq) THEN 2
    WHEN EXISTS (SELECT 1 FROM pairs WHERE pairs.seq = s.seq) THEN 1
    ELSE 0 END)
"""
"""Of a conversation's segments: the place in `STATES` of the least advanced one; null where it has none."""
_LINES = f"""
SELECT id, coalesce(nullif(called, ''), title) AS title, created_at, trainable, dated, messages,
    EXISTS (SELECT 1 FROM asides JOIN segments USING (seq) WHERE conversation = c.key) AS aside,
    messages = (SELECT coalesce(sum(length), 0) FROM segments WHERE conversation = c.key) AS whole,
    (SELECT {_STAGE} FROM segments s WHERE conversation = c.key) AS stage
FROM conversations c WHERE instant >= ? AND instant < ?
ORDER BY instant DESC, position DESC, id DESC LIMIT ?
"""
_BEGUN = f"""
SELECT trainable, messages = recorded AS whole, aside, stage, asked > 0 AS asks, asked > recorded AS waits,
    count(*) AS number
FROM (
    SELECT conversation, sum(length) AS recorded, {_STAGE} AS stage, max(a.seq IS NOT NULL) AS aside
    FROM segments s LEFT JOIN asides a USING (seq) GROUP BY conversation
) JOIN conversations ON key = conversation
GROUP BY 1, 2, 3, 4, 5, 6
"""
"""Conversations that have a place in the order of learning, those alike together."""


class Overview:
    """What one log holds, without reading it."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def lines(
        self, newest: int | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> list[Summary]:
        """Return a line for each conversation, in recorded order: the newest so many, of those begun then."""
        when = instant(since) if since else -_EVER, instant(until) if until else _EVER
        rows = self._c.rows(_LINES, *when, -1 if newest is None else min(newest, _EVER))
        return [self._line(row) for row in reversed(rows)]

    def counts(self) -> Counts:
        """Return how many conversations, messages and segments there are."""
        found: Counter[State] = Counter()
        conversations = messages = 0
        for row in self._c.rows("SELECT trainable, sum(conversations), sum(messages) FROM tally GROUP BY trainable"):
            found["logged" if row[0] else "excluded"] += row[1]
            conversations, messages = conversations + row[1], messages + row[2]
        for row in self._c.rows(_BEGUN):
            found["logged" if row["trainable"] else "excluded"] -= row["number"]
            found[_state(row)] += row["number"]
        segments = int(self._c.value("SELECT count(*) FROM segments"))
        return Counts(conversations, messages, segments, {state: found[state] for state in STATES})

    def waiting(self) -> int:
        """Return how many segments wait for their place."""
        waits = int(self._c.value("SELECT sum(conversations) FROM tally WHERE trainable AND asks"))
        for row in self._c.rows(_BEGUN):
            if row["trainable"]:
                waits += row["number"] * (row["waits"] - row["asks"])
        return waits

    def span(self) -> tuple[datetime, datetime] | None:
        """Return when the first and the last conversation began, or None where there is none."""
        select = "SELECT created_at FROM conversations ORDER BY instant {} LIMIT 1"
        found = [self._c.value(select.format(order)) for order in ("ASC", "DESC")]
        return None if found[0] is None else (self._c.moment(found[0]), self._c.moment(found[1]))

    def _line(self, row: Any) -> Summary:
        return Summary(
            id=row["id"],
            title=row["title"],
            created_at=self._c.moment(row["created_at"]),
            messages=row["messages"],
            state=_state(row),
            dated=bool(row["dated"]),
        )


def _state(row: Any) -> State:
    if row["stage"] is None or not row["whole"]:
        return "logged" if row["trainable"] else "excluded"
    return "aside" if row["aside"] else STATES[row["stage"]]
