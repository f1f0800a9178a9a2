"""Was it discussed? The adapter's p(yes) and how well the log matches, by meaning and by words, as one p(yes).

A logistic rule whose weights were fitted once, on crossed questions that a person wrote about the sample user's first
twenty conversations (110 of them), and never on the log that is asked. On six other users, the searches alone, it is
level with vectors (docs/experiments/2026-11-29-primer-over-users.md). Knows nothing of how its numbers come about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from plum_edge.answer.language_model import log_odds, logistic

_LEAST = 0.05
"""Of a score by words; one below says no more than this one."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a unit of each counts in log-odds: the adapter's log-odds, the cosine, the logarithm of the words' score."""

    adapter: float
    meaning: float
    words: float
    bias: float


BOTH = Weights(adapter=0.13, meaning=13.8, words=3.0, bias=-4.34)
WORDS = Weights(adapter=0.08, meaning=0.0, words=3.66, bias=1.41)
"""Where no vectors can be made."""


def weighed(p_yes: float, meaning: float | None, words: float) -> float:
    """Return p(yes) of all three.

    ``meaning``: cosine of the best passage (None: no vectors here); ``words``: BM25's score as a multiple of the
    threshold that the log gave it (`retrieve.Library.score`).
    """
    use = WORDS if meaning is None else BOTH
    remembered, read = use.adapter * log_odds(p_yes), use.meaning * (meaning or 0.0)
    return logistic(remembered + read + use.words * math.log(max(words, _LEAST)) + use.bias)
