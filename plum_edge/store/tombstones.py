"""What was forgotten must not come back: a keyed hash of each forgotten conversation's id, and when.

The key is this log's own, so that a tombstone says nothing to who has only the hash. Knows nothing of why.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from plum_edge.store.columns import clean, stamp
from plum_edge.store.connect import Connection


class Tombstones:
    """Forgotten ids."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def bury(self, conversation_ids: Iterable[str]) -> None:
        """Note that these conversations were forgotten now."""
        now = stamp(datetime.now().astimezone())
        with self._c.transaction() as database:
            database.conn.executemany(
                "INSERT OR IGNORE INTO tombstones (hash, created_at) VALUES (?, ?)",
                [(self.keyed(ident), now) for ident in conversation_ids],
            )

    def since(self, conversation_id: str) -> datetime | None:
        """Return when a conversation was forgotten, or None."""
        found = self._c.value("SELECT created_at FROM tombstones WHERE hash = ?", self.keyed(conversation_id))
        return None if found is None else self._c.moment(found)

    def count(self) -> int:
        """Return how many ids were forgotten."""
        return int(self._c.value("SELECT count(*) FROM tombstones"))

    def key(self) -> bytes:
        """Return this log's own key, which its copies share."""
        return bytes(self._c.value("SELECT key FROM tombstone_key"))

    def take_over(self, other: Tombstones) -> None:
        """Take the tombstones of another log with the same key."""
        with self._c.transaction() as database:
            database.conn.executemany(
                "INSERT OR IGNORE INTO tombstones (hash, created_at) VALUES (?, ?)",
                [tuple(row) for row in other._c.rows("SELECT hash, created_at FROM tombstones")],
            )

    def keyed(self, ident: str) -> str:
        """Return the keyed hash of an id, or of what somebody called it by."""
        return hmac.new(self.key(), clean(ident).encode(), hashlib.sha256).hexdigest()
