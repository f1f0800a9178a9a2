"""Search by meaning: the messages whose vectors point where the question's does. Takes the place of a search by words.

The vectors are kept in memory, by the content of a message, and nowhere else: who reads a vector can guess its text.
Knows nothing of the model that makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from plum_edge.records import Conversation, Evidence, content_hash

_EXCERPT = 160
"""Characters of an excerpt."""


@dataclass
class Dense:
    """All messages of the log as vectors; what is new in the log is added before a search.

    ``encode`` returns unit vectors, (n, d) f32. ``conversations`` are all of the log, and ``version`` is another value
    whenever the log is another: only then it is read again.
    """

    encode: Callable[[Sequence[str]], np.ndarray]
    conversations: Callable[[], Iterable[Conversation]]
    version: Callable[[], object]
    _vectors: dict[str, np.ndarray] = field(default_factory=dict)
    _places: list[tuple[Conversation, int]] = field(default_factory=list)
    _matrix: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    _read: object = None

    def search(self, query: str, limit: int) -> list[Evidence]:
        """Return the conversations that bear on a text, best first, each with its best message.

        ``score`` is the cosine, and negative ones are left out. The excerpt is how the message begins.
        """
        self._update()
        if not query.strip() or limit <= 0 or not self._places:
            return []
        scores = self._matrix @ self.encode([query])[0]
        found: dict[str, Evidence] = {}
        for at in np.argsort(-scores, kind="stable"):
            if len(found) == limit or scores[at] <= 0:
                break
            conversation, number = self._places[at]
            message = conversation.messages[number]
            evidence = Evidence(
                conversation.id,
                message.created_at or conversation.created_at,
                " ".join(message.content.split())[:_EXCERPT],
                number,
                float(scores[at]),
            )
            found.setdefault(conversation.id, evidence)
        return list(found.values())

    def _update(self) -> None:
        version = self.version()
        if version == self._read:
            return
        self._places = [
            (conversation, number)
            for conversation in self.conversations()
            for number, message in enumerate(conversation.messages)
            if message.role != "system" and message.content.strip()
        ]
        texts = {content_hash(text): text for c, n in self._places if (text := c.messages[n].content)}
        new = [key for key in texts if key not in self._vectors]
        vectors = self.encode([texts[key] for key in new])
        fresh = dict(zip(new, vectors, strict=True))
        self._vectors = {key: fresh[key] if key in fresh else self._vectors[key] for key in texts}
        keys = [content_hash(c.messages[n].content) for c, n in self._places]
        self._matrix = np.array([self._vectors[key] for key in keys], dtype=np.float32)
        self._read = version
