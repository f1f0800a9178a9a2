"""What a language model wrote of conversations, kept so that it is asked once: by conversation and window.

It quotes what was said, and goes with the conversation. A recorded input of the fold: pairs that are made again are
made of it. Knows nothing of prompts and of pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

from plum_edge.store.columns import clean, dump
from plum_edge.store.connect import Connection


class Writings:
    """Answers by the conversation that they are about and the window's name."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def get(self, conversation_id: str, window: str) -> list[str] | None:
        """Return what was written of a window, or None where nobody was asked."""
        select = "SELECT answers FROM writings JOIN conversations c ON c.key = conversation WHERE c.id = ? AND name = ?"
        found = self._c.value(select, clean(conversation_id), window)
        return None if found is None else list(self._c.load(found))

    def put(self, conversation_id: str, window: str, answers: Sequence[str]) -> None:
        """Keep what was written of a window; what was kept first stays. Nothing is kept of what is not in the log."""
        with self._c.transaction() as database:
            database.conn.execute(
                """
                INSERT OR IGNORE INTO writings (conversation, name, answers)
                SELECT key, ?, ? FROM conversations WHERE id = ?
                """,
                (window, dump(list(answers)), clean(conversation_id)),
            )

    def count(self) -> int:
        """Return how many windows are kept."""
        return int(self._c.value("SELECT count(*) FROM writings"))
