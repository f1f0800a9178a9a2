"""Full-text search in the messages: BM25 over FTS5, one best message a conversation.

Any text is safe as a query: it is split into words, and FTS5 sees quoted words only. Knows nothing of answers.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from plum_edge.errors import StoreDamaged
from plum_edge.records import Evidence
from plum_edge.store.connect import Connection

_EXCERPT_WORDS = 24
_QUERY_WORDS = 64
"""A question has fewer; of a pasted page the first ones do."""

_STOPWORD_TEXT = """
    a about all am an and any are as at be been being but by can could did do does doing for from had has have having he
    her him his how i if in into is it its just me my no nor not of off on once or our out over own she should so some
    such than that the their them then there these they this those to too us very was we were what when where which
    while who whom why will with would you your yours
    ask asked come came conversation discuss discussed ever know mention mentioned remember said say speak spoke spoken
    talk talked talking tell told up
    ll re ve don didn doesn isn wasn weren hasn haven hadn won t s d m
"""
_STOPWORDS = frozenset(_STOPWORD_TEXT.split())
"""Words that a question about the past holds whatever it asks."""


class Search:
    """Search over the log."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def search(
        self,
        query: str,
        limit: int = 10,
        before_seq: int | None = None,
        *,
        every: bool = False,
        passed_over: Callable[[str, int], bool] | None = None,
    ) -> list[Evidence]:
        """Return the conversations that bear on a text, best first, each with its best message.

        Args:
            query: any text. Messages match that hold one of its content words (of all its words where it has no other).
            limit: at most so many conversations.
            before_seq: look only at what is recorded before this place in the order of learning.
            every: only messages that hold all of the text's content words.
            passed_over: whether a message (its conversation's id, its ordinal) is to be left out.

        Returns:
            Evidence with ``score`` = BM25 (higher is better) and an excerpt with ``[`` and ``]`` around the words hit.
        """
        words = content_words(query)
        if not words or limit <= 0:
            return []
        rows = self._c.each(
            """
            SELECT c.id, coalesce(m.created_at, c.created_at) AS date, m.ordinal, -f.rank AS score,
                snippet(messages_fts, 0, '[', ']', '…', ?) AS excerpt
            FROM messages_fts f JOIN messages m ON m.key = f.rowid JOIN conversations c ON c.key = m.conversation
            WHERE messages_fts MATCH ? AND m.role != 'system' AND (? IS NULL OR EXISTS (
                SELECT 1 FROM segments s WHERE s.conversation = c.key AND s.seq < ?
                    AND m.ordinal >= s.first AND m.ordinal < s.first + s.length))
            ORDER BY f.rank
            """,
            *(
                _EXCERPT_WORDS,
                (" AND " if every else " OR ").join(f'"{word}"' for word in words),
                before_seq,
                before_seq,
            ),
        )
        found: dict[str, Evidence] = {}
        try:
            with closing(rows):
                for row in rows:
                    if len(found) == limit:
                        break
                    if row["id"] in found or (passed_over and passed_over(row["id"], row["ordinal"])):
                        continue
                    found[row["id"]] = self._evidence(row)
        except sqlite3.OperationalError as error:  # the query is sound, so the index is not
            raise StoreDamaged(self._c.path, f"its search index: {error}") from error
        return list(found.values())

    def _evidence(self, row: Any) -> Evidence:
        excerpt = " ".join(row["excerpt"].split())
        return Evidence(row["id"], self._c.moment(row["date"]), excerpt, row["ordinal"], row["score"])


def content_words(query: str) -> list[str]:
    """Return the different words of a text that say what it is about, lower case, in order; all words if none does."""
    words = list(dict.fromkeys(re.findall(r"[^\W_]+", query.lower())))
    return ([word for word in words if word not in _STOPWORDS] or words)[:_QUERY_WORDS]
