"""The log as evidence: what was told, without what the memory was asked and what it answered.

"Did I tell you about a sailing trip?" is in the log once it was asked in a chat, and its "No, we have not" after it: to
the next one who asks, both would look like a conversation about a sailing trip. Joins the store with what knows such
questions. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from plum_edge.augment.phrases.teachable import spoken, without_questions
from plum_edge.records import Conversation, Evidence, Message
from plum_edge.store import Store


class Told:
    """One log. ``left_out``: the id of a conversation that goes on, all of which is passed over."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def search(self, query: str, limit: int = 3, *, every: bool = False, left_out: str | None = None) -> list[Evidence]:
        """Return the conversations that bear on a text, as `store.search` does, each with the best that was told."""

        def passed_over(ident: str, ordinal: int) -> bool:
            return ident == left_out or not _told(self._store.log.upto(ident, ordinal))

        return self._store.search.search(query, limit, every=every, passed_over=passed_over)

    def get(self, ident: str) -> Conversation:
        """Return a conversation with what was told; ordinals stay. Raises `UnknownId`."""
        return _only_told(self._store.log.get(ident))

    def conversations(self) -> Iterator[Conversation]:
        """Yield all conversations with what was told."""
        return map(_only_told, self._store.log.conversations())


def _only_told(conversation: Conversation) -> Conversation:
    return replace(conversation, messages=spoken(conversation.messages))


def _told(turn: tuple[Message, ...]) -> bool:
    """Whether the last of these messages, a user's and what came after it, tells anything."""
    if not turn or turn[0].role != "user":
        return True
    left = without_questions(turn[0].content)
    return bool(left.strip()) if len(turn) == 1 else left == turn[0].content
