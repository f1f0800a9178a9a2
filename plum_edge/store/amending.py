"""What a user takes back of a conversation that goes on: its last turns.

Only what has no place in the order of learning yet can be taken back so; what has is forgotten (forgetting.py). Knows
nothing of files.
"""

from __future__ import annotations

from plum_edge.errors import UnknownId, UsageError
from plum_edge.store.columns import clean
from plum_edge.store.connect import Connection


class Amending:
    """Changes to conversations, by their exact ids."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def cut(self, conversation_id: str, first: int) -> None:
        """Delete the messages from the ordinal ``first`` on; of a conversation that is left without any, all.

        Raises:
            UnknownId: there is no such conversation.
            UsageError: some of it has its place in the order of learning; nothing was deleted.
        """
        with self._c.transaction() as database:
            key = self._key(conversation_id)
            if first < self._recorded(key):
                raise UsageError(
                    "That turn is among what was learned, or is being learned, and cannot be undone.",
                    f"To take the conversation back, out of the weights too: plum-edge forget {conversation_id}",
                )
            database.conn.execute("DELETE FROM messages WHERE conversation = ? AND ordinal >= ?", (key, first))
            if first == 0:
                database.conn.execute("DELETE FROM conversations WHERE key = ?", (key,))

    def _recorded(self, key: int) -> int:
        return int(self._c.value("SELECT coalesce(sum(length), 0) FROM segments WHERE conversation = ?", key))

    def _key(self, conversation_id: str) -> int:
        key = self._c.value("SELECT key FROM conversations WHERE id = ?", clean(conversation_id))
        if key is None:
            raise UnknownId("conversation", conversation_id, "See: plum-edge logs list")
        return int(key)
