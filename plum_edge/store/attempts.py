"""What the gate refused: which segments are doubted, how often each was refused alone, and which were given up.

Recorded inputs of the fold: another attempt takes another seed and a smaller step, and one that was given up has no
pairs. Knows nothing of how a segment is learned or judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plum_edge.store.columns import clean
from plum_edge.store.connect import Connection
from plum_edge.store.ids import segment_seq


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a segment: ``number`` of refusals when it was judged alone, and with how many others before.

    ``why`` says why it was given up; empty while it is still tried.
    """

    number: int
    together: int
    why: str = ""


class Attempts:
    """Segments that the gate has refused."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def all(self) -> dict[str, Attempt]:
        """Return the attempt of each segment that was ever refused, by its id, in the order of learning."""
        rows = self._c.rows("SELECT id, number, together, why FROM attempts JOIN segments USING (seq) ORDER BY seq")
        return {row["id"]: Attempt(row["number"], row["together"], row["why"]) for row in rows}

    def open(self) -> list[str]:
        """Return the segments that were refused, are not in use, and are tried again; in the order of learning."""
        rows = self._c.rows(
            "SELECT id FROM attempts JOIN segments USING (seq) WHERE why = '' AND promoted = 0 ORDER BY seq"
        )
        return [ident for (ident,) in rows]

    def of(self, segment_id: str) -> Attempt | None:
        """Return the attempt of a segment, or None where it was never refused."""
        select = "SELECT number, together, why FROM attempts JOIN segments USING (seq) WHERE id = ?"
        rows = self._c.rows(select, segment_id)
        return Attempt(*rows[0]) if rows else None

    def refuse(self, segment_ids: Iterable[str]) -> None:
        """Note a refusal: of one alone, or of several, any of which may be the reason."""
        refused = list(segment_ids)
        with self._c.transaction() as database:
            for segment_id in refused:
                database.conn.execute(
                    """
                    INSERT INTO attempts (seq, number, together, why) VALUES (?, ?, ?, '')
                    ON CONFLICT (seq) DO UPDATE SET number = number + excluded.number, together = excluded.together
                    """,
                    (segment_seq(self._c, segment_id), 1 if len(refused) == 1 else 0, len(refused)),
                )

    def give_up(self, segment_id: str, why: str) -> None:
        """Set a segment aside for good: what was made of it goes, what it said of earlier ones stays. In one piece."""
        with self._c.transaction() as database:
            seq = segment_seq(self._c, segment_id)
            database.conn.execute("UPDATE attempts SET why = ? WHERE seq = ?", (clean(why), seq))
            database.conn.execute("DELETE FROM pairs WHERE seq = ?", (seq,))
            database.conn.execute("DELETE FROM steps WHERE seq >= ?", (seq,))

    def clear(self) -> None:
        """Let everything be tried anew."""
        with self._c.transaction() as database:
            database.conn.execute("DELETE FROM attempts")
