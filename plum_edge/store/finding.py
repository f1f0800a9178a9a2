"""Finding what was said, for the person who said it: everything that holds the words, and nothing else.

``logs search`` shows what it finds, and ``forget --search`` forgets it. Every message counts, whoever spoke, and the
title. (search.py ranks what bears on a question, which is another matter.) Knows nothing of terminals.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from plum_edge.errors import StoreDamaged
from plum_edge.records import Evidence, Role
from plum_edge.store.columns import instant
from plum_edge.store.connect import Connection
from plum_edge.store.excerpts import excerpt
from plum_edge.store.query import Alternative, parse

_SAID = """
SELECT c.id, coalesce(m.created_at, c.created_at) AS date, c.dated OR m.created_at IS NOT NULL AS dated, m.ordinal,
    m.name, m.content, {score} AS score
FROM {index} f JOIN messages m ON m.key = f.rowid JOIN conversations c ON c.key = m.conversation
WHERE {index} MATCH ? AND (? IS NULL OR m.role = ?)
"""
_CALLED = """
SELECT c.id, c.created_at AS date, c.dated, 0 AS ordinal, '' AS name, {score} AS score,
    coalesce(nullif(c.called, ''), c.title) AS content
FROM {index} f JOIN conversations c ON c.key = f.rowid WHERE {index} MATCH ?
"""
_WHEN = " AND c.instant >= ? AND c.instant < ? ORDER BY {order}"
_RANK = {"score": "-f.rank", "order": "f.rank"}
_LOGGED_LAST = {"score": "0.0", "order": "f.rowid DESC"}
_RANKED = 250
"""Messages that match, at most, where the best come first. To rank costs a microsecond for each, and as much again as
to find every message with any of the words (docs/experiments/2026-11-29-log-scale.md)."""
_EVER = 1 << 62


@dataclass(frozen=True)
class Limits:
    """Where to look. Dates are of a conversation's begin, as of `forget`; ``role``: only what these said."""

    since: datetime | None = None
    until: datetime | None = None
    role: Role | None = None

    @property
    def when(self) -> tuple[int, int]:
        """The first instant, and the one after the last."""
        return instant(self.since) if self.since else -_EVER, instant(self.until) if self.until else _EVER


class Finding:
    """Finding in one log."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def find(self, query: str, most: int | None = None, limits: Limits | None = None) -> list[Evidence]:
        """Return the conversations with a message, or a title, that holds what a query asks for; the best first.

        Of more than 250 messages those come first that were logged last, unless every conversation is asked for.

        Args:
            query: words, all of which are to be there; "a phrase"; begin*; OR between alternatives.
            most: at most so many conversations; None: every one.
            limits: where to look; None: everywhere.

        Returns:
            Each with its best message (0 where the title alone holds it), and an excerpt with ``[`` and ``]`` around
            what was found.

        Raises:
            StoreDamaged: an index does not read.
        """
        try:
            return self._found(parse(query), most, limits or Limits())
        except sqlite3.OperationalError as error:  # the query is sound, so the index is not
            raise StoreDamaged(self._c.path, f"its search index: {error}") from error

    def messages(self, query: str, most: int, limits: Limits | None = None) -> list[tuple[str, int, str]]:
        """Return the messages that hold what a query asks for: the conversation's id, the ordinal, what was said.

        At most so many, the best first; of more than 250 that match, those that were logged last.

        Raises:
            StoreDamaged: an index does not read.
        """
        looked = limits or Limits()
        found: dict[tuple[str, int], str] = {}
        try:
            for alternative in parse(query):
                for row in islice(self._rows(alternative, most, looked), most):
                    found[row["id"], row["ordinal"]] = row["content"]
        except sqlite3.OperationalError as error:  # the query is sound, so the index is not
            raise StoreDamaged(self._c.path, f"its search index: {error}") from error
        return [(ident, ordinal, content) for (ident, ordinal), content in found.items()][:most]

    def _found(self, alternatives: list[Alternative], most: int | None, limits: Limits) -> list[Evidence]:
        found: dict[str, Evidence] = {}
        for alternative in alternatives:
            for one in self._said(alternative, most, limits):
                if one.conversation not in found or found[one.conversation].score < one.score:
                    found[one.conversation] = one
        for alternative in alternatives if limits.role is None else ():
            for one in self._called(alternative, most, limits):
                found.setdefault(one.conversation, one)
        return sorted(found.values(), key=lambda one: -one.score)[:most]

    def _rows(self, wanted: Alternative, most: int, limits: Limits) -> Iterator[Any]:
        for index, sought in (("messages_fts", wanted.words()), ("messages_pieces", wanted.pieces())):
            if sought is not None:
                sql = self._ordered(_SAID, index, sought, most)
                with closing(self._c.each(sql, sought, limits.role, limits.role, *limits.when)) as rows:
                    yield from (row for row in rows if wanted.fits(row["name"], row["content"]))

    def _said(self, wanted: Alternative, most: int | None, limits: Limits) -> Iterator[Evidence]:
        for index, sought in (("messages_fts", wanted.words()), ("messages_pieces", wanted.pieces())):
            if sought is not None:
                sql = self._ordered(_SAID, index, sought, most)
                yield from self._best(sql, (sought, limits.role, limits.role, *limits.when), wanted, most)

    def _called(self, wanted: Alternative, most: int | None, limits: Limits) -> Iterator[Evidence]:
        sought = wanted.pieces()
        if sought is not None:
            sql = self._ordered(_CALLED, "titles_pieces", sought, most)
            yield from self._best(sql, (sought, *limits.when), wanted, most)

    def _ordered(self, select: str, index: str, sought: str, most: int | None) -> str:
        """Return the statement that finds what is sought in an index, in the order in which it is to come."""
        order = _RANK if most is None or self._are_few(index, sought) else _LOGGED_LAST
        return (select + _WHEN).format(index=index, **order)

    def _are_few(self, index: str, sought: str) -> bool:
        some = f"SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT {_RANKED + 1}"
        return int(self._c.value(f"SELECT count(*) FROM ({some})", sought)) <= _RANKED

    def _best(self, sql: str, parameters: tuple[Any, ...], wanted: Alternative, most: int | None) -> Iterator[Evidence]:
        """Yield the best message of each conversation, as many conversations as are asked for."""
        seen: set[str] = set()
        with closing(self._c.each(sql, *parameters)) as rows:
            for row in rows:
                if most is not None and len(seen) >= most:
                    break
                if row["id"] not in seen and wanted.fits(row["name"], row["content"]):
                    seen.add(row["id"])
                    yield self._evidence(row, wanted)

    def _evidence(self, row: Any, wanted: Alternative) -> Evidence:
        shown = excerpt(row["content"], [term.parts for term in wanted.terms])
        date = self._c.moment(row["date"])
        return Evidence(row["id"], date, shown, row["ordinal"], row["score"], bool(row["dated"]))
