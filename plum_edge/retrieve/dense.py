"""Search by meaning: the messages whose vectors point where the question's does. Takes the place of a search by words.

A vector is made once for each text and kept with the log: who reads one can guess the text. Knows nothing of the model
that makes them, and of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from plum_edge.errors import StoreError
from plum_edge.records import Conversation, Evidence, Progress, content_hash

_EXCERPT = 160
"""Characters of an excerpt."""
_AT_ONCE = 64
"""Vectors that are made, and kept, at a time."""
_KEPT = np.dtype("<f2")
"""As it is kept: half the bytes, and a cosine that is off by 1e-4."""


Place = tuple[Conversation, int]
"""A message: the conversation, and the place in it."""


class Kept(Protocol):
    """What is needed of `store.Vectors`."""

    def all(self) -> dict[str, bytes]:
        """Return every vector by the name of what it is of."""

    def keep(self, made: Iterable[tuple[str, int, str, bytes]]) -> None:
        """Keep vectors of messages: conversation, place in it, name of what it is of, bytes."""


def nobody(stage: str, done: int, total: int, note: str) -> None:
    """Report progress to nobody."""


@dataclass
class Dense:
    """All messages of the log as vectors; what is new in the log is added before a search.

    ``encode`` returns unit vectors, (n, d) f32, and ``maker`` names who makes them. ``conversations`` are all of the
    log, and ``version`` is another value whenever the log is another: only then it is read again.
    """

    encode: Callable[[Sequence[str]], np.ndarray]
    conversations: Callable[[], Iterable[Conversation]]
    version: Callable[[], object]
    maker: str = ""
    kept: Kept | None = None
    progress: Progress = nobody
    _vectors: dict[str, np.ndarray] = field(default_factory=dict)
    _places: list[Place] = field(default_factory=list)
    _matrix: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    _read: object = None

    def __len__(self) -> int:
        """Return how many messages are compared, as of the last search."""
        return len(self._places)

    def search(self, query: str, limit: int) -> list[Evidence]:
        """Return the conversations that bear on a text, best first, each with its best message.

        ``score`` is the cosine, and negative ones are left out. The excerpt is how the message begins.
        """
        found: dict[str, Evidence] = {}
        for conversation, number, score in self.nearest(query):
            if len(found) >= limit:
                break
            message = conversation.messages[number]
            evidence = Evidence(
                conversation.id,
                message.created_at or conversation.created_at,
                " ".join(message.content.split())[:_EXCERPT],
                number,
                score,
                conversation.dated or message.created_at is not None,
            )
            found.setdefault(conversation.id, evidence)
        return list(found.values())

    def nearest(self, query: str) -> Iterator[tuple[Conversation, int, float]]:
        """Yield messages, the nearest first: the conversation, the place in it, the cosine, which is above zero."""
        self._update()
        if not query.strip() or not self._places:
            return
        scores = self._matrix @ self.encode([query])[0]
        for at in np.argsort(-scores, kind="stable"):
            if scores[at] <= 0:
                return
            yield (*self._places[at], float(scores[at]))

    def _update(self) -> None:
        if (now := self.version()) != self._read:
            self._take([*self.conversations()])
            self._read = now

    def _take(self, conversations: Sequence[Conversation]) -> None:
        """Take the log as it is: all of it together, once all vectors are made."""
        places = [
            (conversation, number)
            for conversation in conversations
            for number, message in enumerate(conversation.messages)
            if message.role != "system" and message.content.strip()
        ]
        names = [content_hash(self.maker, self._text(place)) for place in places]
        known = self._known(names)
        known |= self._made({name: place for name, place in zip(names, places, strict=True) if name not in known})
        vectors = {name: known[name] for name in names}
        matrix = np.array([vectors[name] for name in names], dtype=np.float32)
        if names:
            matrix /= np.linalg.norm(matrix, axis=-1, keepdims=True)  # rounding took a little of their length
        self._places, self._vectors, self._matrix = places, vectors, matrix

    def _known(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the vectors that need not be made: of many that are new another process may have made some."""
        new = sum(name not in self._vectors for name in names)
        return {**self._vectors, **self._kept()} if new > _AT_ONCE or not self._vectors else dict(self._vectors)

    def _kept(self) -> dict[str, np.ndarray]:
        kept = self.kept.all() if self.kept else {}
        return {name: np.frombuffer(vector, _KEPT) for name, vector in kept.items()}

    def _made(self, missing: Mapping[str, Place]) -> dict[str, np.ndarray]:
        """Make the vectors that there are none of yet, and keep them; what is interrupted loses those in work.

        A log that cannot be written to is searched all the same.
        """
        made: dict[str, np.ndarray] = {}
        names = list(missing)
        for at in range(0, len(names), _AT_ONCE):
            self.progress("reading the log", at, len(names), "")
            part = names[at : at + _AT_ONCE]
            vectors = self.encode([self._text(missing[name]) for name in part]).astype(_KEPT)
            made |= zip(part, vectors, strict=True)
            if self.kept:
                with suppress(StoreError):
                    self.kept.keep((missing[name][0].id, missing[name][1], name, made[name].tobytes()) for name in part)
        return made

    @staticmethod
    def _text(place: Place) -> str:
        conversation, number = place
        return conversation.messages[number].content
