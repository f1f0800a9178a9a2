"""The pairs that the log was learned with, as notes to read: retrieval from what was made of the conversations.

Which pairs is for the caller to say: those with a "no" in them are as near to a question as those with a "yes", and
confuse who reads them.

The best pairs are found by BM25 in an index that lives in memory. Knows nothing of the store and of models.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from plum_edge.records import Pair, heading, spoken_day
from plum_edge.retrieve.content import content_words

NOTES = 64
"""Tokens of notes that are read: the best two or three. With more a small base says yes to all that is near."""
_BEST = 24
"""At most so many notes are looked at."""


@dataclass
class Notes:
    """Notes on what was said: pairs of training, found by the words of question and answer.

    ``pairs`` returns those that are true now, ``dates`` when the conversation of a segment was, ``count_tokens`` the
    length of a text for the model, and ``version`` another value whenever the pairs are others.
    """

    pairs: Callable[[], Iterable[Pair]]
    dates: Callable[[], dict[str, datetime]]
    count_tokens: Callable[[str], int]
    version: Callable[[], object]
    _index: sqlite3.Connection | None = None
    _held: list[Pair] = field(default_factory=list)
    _when: dict[str, datetime] = field(default_factory=dict)
    _read: object = None

    def context(self, question: str, room: int, *, left_out: str | None = None) -> str | None:
        """Return the best notes in the reading format of conversations, the days of the best first, or None.

        A note is a question of the user and its answer; those of one day stand under one line with the date. Notes on
        the conversation ``left_out`` are passed over.
        """
        days: dict[str, list[str]] = {}
        for pair in self.search(" ".join(content_words(question)), _BEST):
            if pair.segment.rsplit("/", 1)[0] == left_out:
                continue
            header = heading(spoken_day(self._when.get(pair.segment)))
            note = f"User: {pair.question}\nAssistant: {pair.answer}"
            longer = {**days, header: [*days.get(header, []), note]}
            if self.count_tokens(_text(longer)) > room:
                break
            days = longer
        return _text(days) or None

    def search(self, query: str, limit: int) -> list[Pair]:
        """Return the pairs that bear on a text, best first."""
        self._update()
        words = [f'"{word}"' for word in content_words(query)] if query.strip() else []
        if self._index is None or not words:
            return []
        rows = self._index.execute(
            "SELECT rowid FROM notes WHERE notes MATCH ? ORDER BY rank LIMIT ?", (" OR ".join(words), limit)
        )
        return [self._held[row[0]] for row in rows]

    def text_bytes(self) -> int:
        """Return the size of all notes."""
        self._update()
        return sum(len(pair.question.encode()) + len(pair.answer.encode()) for pair in self._held)

    def _update(self) -> None:
        version = self.version()
        if version == self._read:
            return
        self._held, self._when, self._read = list(self.pairs()), self.dates(), version
        self.close()
        self._index = sqlite3.connect(":memory:")
        self._index.execute(
            "CREATE VIRTUAL TABLE notes USING fts5 (text, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        rows = ((n, f"{pair.question} {pair.answer}") for n, pair in enumerate(self._held))
        self._index.executemany("INSERT INTO notes (rowid, text) VALUES (?, ?)", rows)

    def close(self) -> None:
        """Drop the index."""
        if self._index is not None:
            self._index.close()
            self._index = None


def _text(days: dict[str, list[str]]) -> str:
    return "\n\n".join("\n".join((header, *notes)) for header, notes in days.items())
