"""The log as evidence: what was told, without what the memory was asked and what it answered.

"Did I tell you about a sailing trip?" is in the log once it was asked in a chat, and its "No, we have not" after it: to
the next one who asks, both would look like a conversation about a sailing trip. Joins the store with what knows such
questions. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from plum_edge.augment.phrases.teachable import spoken
from plum_edge.records import Conversation, Evidence
from plum_edge.store import Store


class Told:
    """One log. ``left_out``: the id of a conversation that goes on, all of which is passed over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, tuple[Conversation, Conversation]] = {}
        """Conversations as they stand in the log, and what was told in them: most are the same at the next look."""

    def search(self, query: str, limit: int = 3, *, every: bool = False, left_out: str | None = None) -> list[Evidence]:
        """Return the conversations that bear on a text, as `store.search` does, each with the best that was told."""

        def passed_over(ident: str, ordinal: int) -> bool:
            return ident == left_out or not self._tells(ident, ordinal)

        return self._store.search.search(query, limit, every=every, passed_over=passed_over)

    def get(self, ident: str) -> Conversation:
        """Return a conversation with what was told; ordinals stay. Raises `UnknownId`."""
        return _only_told(self._store.log.get(ident))

    def conversations(self) -> Iterator[Conversation]:
        """Yield all conversations with what was told."""
        before, self._read = self._read, {}
        for conversation in self._store.log.conversations():
            known, told = before.get(conversation.id, (None, conversation))
            if known != conversation:
                told = _only_told(conversation)
            self._read[conversation.id] = conversation, told
            yield told

    def _tells(self, ident: str, ordinal: int) -> bool:
        turn, place = self._store.log.turn(ident, ordinal)
        return place < len(turn) and bool(spoken(turn)[place].content.strip())


def _only_told(conversation: Conversation) -> Conversation:
    return replace(conversation, messages=spoken(conversation.messages))
