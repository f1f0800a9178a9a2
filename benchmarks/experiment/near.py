"""What of others' questions lies near in meaning to what a user said, and is not asked of that user as never discussed.

    python -m benchmarks.experiment.near

Writes near.jsonl, user after user, without any text: who writes it need not read the final users' questions. The first
`LOOKED_AT` of each sort in the order in which samples are drawn are looked at, which is more than are asked. Knows
nothing of models that speak.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from benchmarks.experiment import logs, natural
from plum_edge.paths import atomic_write
from plum_edge.records import content_hash
from plum_edge.retrieve.encoder import Encoder

CLOSE = 0.65
"""Cosine of a question and a message of the user from which on it may have been discussed."""
LOOKED_AT = 90
_LONGEST = 400
"""Characters of a message that are compared: what it is about is said by then."""


class Encodes(Protocol):
    """What is needed of `retrieve.Encoder`."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return a unit vector for each text."""


def near(log: str, encoder: Encodes) -> Iterator[str]:
    """Yield the hashes of others' questions that lie near to a message of this user."""
    said = [m.content[:_LONGEST] for talk in logs.load(log) for m in talk.messages if m.role == "user"]
    asked = [
        one.question
        for closed in (True, False)
        for one in natural.drawn(natural.never(log, closed=closed), LOOKED_AT if closed else LOOKED_AT // 2)
    ]
    cosines = (encoder.encode(asked) @ encoder.encode(said).T).max(axis=1)
    yield from (content_hash(question) for question, cosine in zip(asked, cosines, strict=True) if cosine >= CLOSE)


def main() -> None:
    """Look at each user, and write after each what was found so far."""
    found: list[dict[str, str]] = []
    natural.NEAR.unlink(missing_ok=True)
    encoder = Encoder()
    for log in natural.AGAINST:
        mine = [{"user": log, "question": one} for one in near(log, encoder)]
        print(f"{log}: {len(mine)} near", flush=True)
        found += mine
        with atomic_write(natural.NEAR) as file:
            file.write("".join(f"{json.dumps(one)}\n" for one in found).encode())


if __name__ == "__main__":
    main()
