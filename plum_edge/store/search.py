"""Full-text search in the messages: BM25 over FTS5, one best message a conversation.

Any text is safe as a query: it is split into words, and FTS5 sees quoted words only. Knows nothing of answers.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import pairwise
from typing import Any

from plum_edge.errors import StoreDamaged
from plum_edge.records import Evidence
from plum_edge.store.connect import Connection
from plum_edge.store.excerpts import excerpt
from plum_edge.store.pieces import is_single, needs_pieces, pieces

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


_RANKED = """
SELECT c.id, coalesce(m.created_at, c.created_at) AS date, c.dated OR m.created_at IS NOT NULL AS dated, m.ordinal,
    -f.rank AS score, m.content,
    snippet({index}, 0, '[', ']', '…', ?) AS excerpt
FROM {index} f JOIN messages m ON m.key = f.rowid JOIN conversations c ON c.key = m.conversation
WHERE {index} MATCH ? AND m.role != 'system' AND (? IS NULL OR EXISTS (
    SELECT 1 FROM segments s WHERE s.conversation = c.key AND s.seq < ?
        AND m.ordinal >= s.first AND m.ordinal < s.first + s.length))
ORDER BY f.rank
"""


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
        if limit <= 0:
            return []
        limits = (limit, before_seq, every, passed_over)
        found = self._best("messages_fts", content_words(query), *limits)
        if needs_pieces(query):  # the one index holds no such text as the other does
            for one in self._best("messages_pieces", content_pieces(query), *limits).values():
                if one.conversation not in found or found[one.conversation].score < one.score:
                    found[one.conversation] = one
        return sorted(found.values(), key=lambda one: -one.score)[:limit]

    def _best(
        self,
        index: str,
        terms: list[str],
        limit: int,
        before_seq: int | None,
        every: bool,
        passed_over: Callable[[str, int], bool] | None,
    ) -> dict[str, Evidence]:
        """Return the best message of each of the best conversations, by one index."""
        if not terms:
            return {}
        sought = (" AND " if every else " OR ").join(f'"{term}"' for term in terms)
        rows = self._c.each(_RANKED.format(index=index), _EXCERPT_WORDS, sought, before_seq, before_seq)
        found: dict[str, Evidence] = {}
        try:
            with closing(rows):
                for row in rows:
                    if len(found) == limit:
                        break
                    if row["id"] in found or (passed_over and passed_over(row["id"], row["ordinal"])):
                        continue
                    found[row["id"]] = self._evidence(row, terms if index == "messages_pieces" else ())
        except sqlite3.OperationalError as error:  # the query is sound, so the index is not
            raise StoreDamaged(self._c.path, f"its search index: {error}") from error
        return found

    def _evidence(self, row: Any, pieces_sought: Iterable[str]) -> Evidence:
        """Return a row as evidence; where pieces were sought, the excerpt is of the text that they were made of."""
        marked = [piece.split() for piece in pieces_sought]
        shown = excerpt(row["content"], marked) if marked else " ".join(row["excerpt"].split())
        date = self._c.moment(row["date"])
        return Evidence(row["id"], date, shown, row["ordinal"], row["score"], bool(row["dated"]))


def content_words(query: str) -> list[str]:
    """Return the different words of a text that say what it is about, lower case, in order; all words if none does."""
    words = list(dict.fromkeys(re.findall(r"[^\W_]+", query.lower())))
    return ([word for word in words if word not in _STOPWORDS] or words)[:_QUERY_WORDS]


def content_pieces(query: str) -> list[str]:
    """Return what a text in a script without blanks is about: each two characters that follow each other, and words."""
    found = pieces(query).split()
    pairs = [f"{one} {other}" for one, other in pairwise(found) if is_single(one) and is_single(other)]
    words = [one for one in found if not is_single(one) and one not in _STOPWORDS]
    return list(dict.fromkeys(pairs + words))[:_QUERY_WORDS] or found[:_QUERY_WORDS]
