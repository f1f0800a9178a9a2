"""Whole copies of the log: written while it is in use, and taken over again without what was forgotten since.

Knows nothing of the files beside the log.
"""

from __future__ import annotations

from pathlib import Path

from plum_edge.store.connect import Connection
from plum_edge.store.tombstones import Tombstones


class Copies:
    """Copies of one log."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._tombstones = Tombstones(connection)

    def write(self, path: Path) -> None:
        """Write the log as it is at this moment into an empty file; no freed page goes along."""
        self._c.copy_into(path)

    def same_memory(self, other: Copies) -> bool:
        """Whether two copies are of one memory: each has a key of its own that its copies share."""
        return self._tombstones.key() == other._tombstones.key()

    def has_forgotten(self) -> bool:
        """Whether anything was ever forgotten here."""
        return self._tombstones.count() > 0

    def obey(self, other: Copies) -> list[str]:
        """Take over what another copy of this memory has forgotten; return the ids that are still here, and must go."""
        self._tombstones.take_over(other._tombstones)
        held = [ident for (ident,) in self._c.rows("SELECT id FROM conversations ORDER BY instant, position, id")]
        return [ident for ident in held if self._tombstones.since(ident) is not None]

    def exclude(self, other: Copies) -> list[str]:
        """Let nothing be learned that another copy of this memory never learns; return the ids that were to be."""
        out = {ident for (ident,) in other._c.rows("SELECT id FROM conversations WHERE NOT trainable")}
        held = [ident for (ident,) in self._c.rows("SELECT id FROM conversations WHERE trainable ORDER BY key")]
        excluded = [ident for ident in held if ident in out]
        with self._c.transaction() as database:
            change = "UPDATE conversations SET trainable = 0 WHERE id = ?"
            database.conn.executemany(change, [(ident,) for ident in excluded])
        return excluded

    def become(self, other: Copies) -> None:
        """Hold what the other holds, and nothing else: all at once, also for every process that has this one open.

        They see another generation of the adapter in use, and so look at it anew.
        """
        newest = max(int(c.value("SELECT generation FROM active")) for c in (self._c, other._c))
        with other._c.transaction() as database:
            database.conn.execute("UPDATE active SET generation = ?", (newest + 1,))
        self._c.become(other._c)
