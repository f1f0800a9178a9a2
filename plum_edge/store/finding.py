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
from typing import Any

from plum_edge.errors import StoreDamaged
from plum_edge.records import Evidence, Role
from plum_edge.store.columns import instant
from plum_edge.store.connect import Connection
from plum_edge.store.excerpts import excerpt
from plum_edge.store.query import Alternative, parse

_SAID = """
SELECT c.id, coalesce(m.created_at, c.created_at) AS date, m.ordinal, m.name, m.content, -f.rank AS score
FROM {index} f JOIN messages m ON m.key = f.rowid JOIN conversations c ON c.key = m.conversation
WHERE {index} MATCH ? AND (? IS NULL OR m.role = ?)
"""
_CALLED = """
SELECT c.id, c.created_at AS date, 0 AS ordinal, '' AS name, -f.rank AS score,
    coalesce(nullif(c.called, ''), c.title) AS content
FROM titles_pieces f JOIN conversations c ON c.key = f.rowid WHERE titles_pieces MATCH ?
"""
_WHEN = " AND c.instant >= ? AND c.instant < ? ORDER BY f.rank"
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
        limits, alternatives = limits or Limits(), parse(query)
        found: dict[str, Evidence] = {}
        for alternative in alternatives:
            for one in self._said(alternative, most, limits):
                if one.conversation not in found or found[one.conversation].score < one.score:
                    found[one.conversation] = one
        for alternative in alternatives if limits.role is None else ():
            for one in self._called(alternative, most, limits):
                found.setdefault(one.conversation, one)
        return sorted(found.values(), key=lambda one: -one.score)[:most]

    def _said(self, wanted: Alternative, most: int | None, limits: Limits) -> Iterator[Evidence]:
        for index, sought in (("messages_fts", wanted.words()), ("messages_pieces", wanted.pieces())):
            if sought is not None:
                sql = _SAID.format(index=index) + _WHEN
                yield from self._best(sql, (sought, limits.role, limits.role, *limits.when), wanted, most)

    def _called(self, wanted: Alternative, most: int | None, limits: Limits) -> Iterator[Evidence]:
        sought = wanted.pieces()
        if sought is not None:
            yield from self._best(_CALLED + _WHEN, (sought, *limits.when), wanted, most)

    def _best(self, sql: str, parameters: tuple[Any, ...], wanted: Alternative, most: int | None) -> Iterator[Evidence]:
        """Yield the best message of each conversation, as many conversations as are asked for."""
        seen: set[str] = set()
        rows = self._c.each(sql, *parameters)
        try:
            with closing(rows):
                for row in rows:
                    if most is not None and len(seen) >= most:
                        break
                    if row["id"] not in seen and wanted.fits(row["name"], row["content"]):
                        seen.add(row["id"])
                        yield self._evidence(row, wanted)
        except sqlite3.OperationalError as error:  # the query is sound, so the index is not
            raise StoreDamaged(self._c.path, f"its search index: {error}") from error

    def _evidence(self, row: Any, wanted: Alternative) -> Evidence:
        shown = excerpt(row["content"], [term.parts for term in wanted.terms])
        return Evidence(row["id"], self._c.moment(row["date"]), shown, row["ordinal"], row["score"])
