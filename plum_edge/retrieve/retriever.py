"""From a question to what the log says about it, by whatever search it is handed.

Knows nothing of SQLite, vectors, models or adapters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plum_edge.records import Conversation, Evidence
from plum_edge.retrieve.content import content_words
from plum_edge.retrieve.passages import passage

PASSAGE = 192
"""Tokens of a passage, so that it fits a small context."""


def content_query(question: str) -> str:
    """Return the content words of a question: search by meaning does better on them, too."""
    return " ".join(content_words(question))


@dataclass(frozen=True)
class Retriever:
    """Passages of the log, by one ranking.

    ``search(query, limit)`` returns the conversations that bear on a text, best first, one message each, with a score
    (higher is better). ``get`` returns a conversation by its id, ``count_tokens`` the length of a text for the model,
    and ``query`` what is searched for a question.
    """

    search: Callable[[str, int], list[Evidence]]
    get: Callable[[str], Conversation]
    count_tokens: Callable[[str], int]
    query: Callable[[str], str] = content_query

    def context(self, question: str, *, top: int = 1, room: int = PASSAGE) -> str | None:
        """Return passages of the ``top`` best conversations in the reading format, or None where nothing was found.

        A passage is the message found with as many neighbours as fit, under a line with the date ("Conversation of 14
        March 2026"); passages are parted by a blank line, the best first. They share ``room`` tokens evenly; what one
        leaves, the next ones get.
        """
        found = self.search(self.query(question), top)
        passages: list[str] = []
        for number, evidence in enumerate(found):
            share = room // (len(found) - number)
            passages.append(passage(self.get(evidence.conversation), evidence, share, self.count_tokens))
            room -= self.count_tokens(passages[-1])
        return "\n\n".join(passages) or None

    def quote(self, question: str) -> str | None:
        """Return the whole message that answers best, or None where nothing was found."""
        found = self.search(self.query(question), 1)
        return self.get(found[0].conversation).messages[found[0].message].content if found else None

    def best(self, query: str) -> float:
        """Return the score of the best message for a text, 0 where nothing was found."""
        found = self.search(query, 1)
        return max(found[0].score, 0.0) if found else 0.0
