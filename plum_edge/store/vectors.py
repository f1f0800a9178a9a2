"""Messages as vectors, kept so that each is made once: by message, under a name for what the vector is of.

Who has a vector can guess the text: it goes with its message, and stands in no other file. Knows nothing of how vectors
are made and compared.
"""

from __future__ import annotations

from collections.abc import Iterable

from plum_edge.store.columns import clean
from plum_edge.store.connect import Connection

Kept = tuple[str, int, str, bytes]
"""A conversation's id, the place of a message in it, the name of what the vector is of, and its bytes."""


class Vectors:
    """The vectors of one log."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def all(self) -> dict[str, bytes]:
        """Return every vector by the name of what it is of."""
        return {row["of"]: row["vector"] for row in self._c.each("SELECT of, vector FROM vectors")}

    def keep(self, made: Iterable[Kept]) -> None:
        """Keep vectors, each in place of the message's earlier one. Nothing is kept of what is not in the log."""
        with self._c.derived() as database:
            database.conn.executemany(
                """
                INSERT OR REPLACE INTO vectors (message, of, vector)
                SELECT m.key, ?3, ?4 FROM messages m JOIN conversations c ON c.key = m.conversation
                WHERE c.id = ?1 AND m.ordinal = ?2
                """,
                ((clean(ident), place, of, vector) for ident, place, of, vector in made),
            )

    def count(self) -> int:
        """Return how many messages have one."""
        return int(self._c.value("SELECT count(*) FROM vectors"))
