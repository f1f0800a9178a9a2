"""The pairs that were made of segments, in the order of learning, and which of them are still true.

A negative ("that has not come up") becomes false when a later segment brings it up: it is then retired *by* that
segment. It stays live for the steps before, so that a step that is done again reads what it read the first time.
Knows nothing of how pairs are made or checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from plum_edge.records import Pair, Split
from plum_edge.store.columns import clean, dump
from plum_edge.store.connect import Connection
from plum_edge.store.ids import resolve, segment_seq

_SELECT = "SELECT pairs.*, segments.id AS segment FROM pairs JOIN segments USING (seq)"


class Pairs:
    """Pairs by segment."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def replace(self, segment_id: str, pairs: Sequence[Pair]) -> None:
        """Store the pairs of a recorded segment instead of those it had.

        A pair that it had before (same id) stays retired if it was; one that occurs twice is stored once.

        Raises:
            UnknownId: the segment is not recorded.
            ValueError: a pair belongs to another segment.
        """
        foreign = [pair.question for pair in pairs if pair.segment != segment_id]
        if foreign:
            raise ValueError(f"not of segment {segment_id}: {foreign}")
        with self._c.transaction() as database:
            seq = segment_seq(self._c, segment_id)
            retired = dict(self._c.rows("SELECT id, retired_by FROM pairs WHERE seq = ?", seq))
            database.conn.execute("DELETE FROM pairs WHERE seq = ?", (seq,))
            unique = {pair.id: pair for pair in pairs}
            database.table("pairs").insert_all(_row(pair, seq, retired.get(ident)) for ident, pair in unique.items())

    def of(self, segment_id: str, split: Split | None = None) -> list[Pair]:
        """Return all pairs of a segment, retired ones too, in the order in which they were stored."""
        seq = segment_seq(self._c, segment_id)
        rows = self._c.rows(f"{_SELECT} WHERE seq = ? AND split = coalesce(?, split) ORDER BY key", seq, split)
        return [self._pair(row) for row in rows]

    def get(self, pair_id: str) -> Pair:
        """Return the pair with this id, or the only one whose id begins with it.

        Raises:
            UnknownId: there is none, or more than one.
        """
        key = resolve(self._c, "pair", clean(pair_id), "SELECT id, key FROM pairs", "plum-edge pairs list")
        return self._pair(self._c.rows(f"{_SELECT} WHERE pairs.key = ?", key)[0])

    def change(self, pair_id: str, after: Pair | None) -> None:
        """Let a pair read as another, in its place and for now not retired; with None delete it."""
        with self._c.transaction() as database:
            if after is None:
                database.conn.execute("DELETE FROM pairs WHERE id = ?", (pair_id,))
                return
            row = {**_row(after, 0, None), "was": pair_id}
            database.conn.execute(
                """
                UPDATE pairs SET id = :id, question = :question, answer = :answer, polarity = :polarity, style = :style,
                    origin = :origin, retired_by = NULL WHERE id = :was
                """,
                row,
            )

    def live(self, split: Split, before_seq: int | None = None) -> list[Pair]:
        """Return the pairs that are still true, in the order of learning and then of storing.

        With ``before_seq``: what step ``before_seq`` may read, that is the pairs of earlier segments that neither an
        earlier segment nor this one has made false. Later segments change nothing in that.
        """
        rows = self._c.rows(
            f"""
            {_SELECT} WHERE split = ? AND (retired_by IS NULL OR retired_by > ?) AND seq < coalesce(?, seq + 1)
            ORDER BY seq, key
            """,
            *(split, before_seq, before_seq),
        )
        return [self._pair(row) for row in rows]

    def retire(self, pair_ids: Iterable[str], by_segment: str) -> None:
        """Mark pairs as made false by a recorded segment. Idempotent; the earliest such segment counts."""
        with self._c.transaction() as database:
            seq = segment_seq(self._c, by_segment)
            database.conn.executemany(
                "UPDATE pairs SET retired_by = ? WHERE id = ? AND (retired_by IS NULL OR retired_by > ?)",
                [(seq, ident, seq) for ident in pair_ids],
            )

    def written(self) -> bool:
        """Return whether one of the newest thousand pairs answers in words of a base or of the user."""
        newest = "SELECT origin FROM pairs ORDER BY seq DESC LIMIT 1000"
        return bool(self._c.value(f"SELECT count(*) FROM ({newest}) WHERE origin IN ('llm', 'edit')"))

    def count(self, split: Split | None = None) -> int:
        """Return how many pairs are stored (of a split), retired ones too."""
        return int(self._c.value("SELECT count(*) FROM pairs WHERE split = coalesce(?, split)", split))

    def _pair(self, row: Any) -> Pair:
        return Pair(
            segment=row["segment"],
            question=row["question"],
            answer=row["answer"],
            kind=row["kind"],
            polarity=row["polarity"],
            split=row["split"],
            style=row["style"],
            topic=row["topic"],
            origin=row["origin"],
            messages=tuple(self._c.load(row["messages"])),
        )


def _row(pair: Pair, seq: int, retired_by: int | None) -> dict[str, object]:
    return {
        "id": pair.id,
        "seq": seq,
        "question": clean(pair.question),
        "answer": clean(pair.answer),
        "kind": pair.kind,
        "polarity": pair.polarity,
        "split": pair.split,
        "style": pair.style,
        "topic": clean(pair.topic),
        "origin": pair.origin,
        "messages": dump(pair.messages),
        "retired_by": retired_by,
    }
