"""Was it discussed? What the adapter remembers, how well the log matches by meaning and by words, and what the reader
says to the passages, as one p(yes).

A logistic rule whose weights were fitted once, and never on the log that is asked (docs/experiments says on what).
Knows nothing of how its numbers come about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from plum_edge.answer.language_model import log_odds, logistic

_LEAST = 0.05
"""Of a score by words; one below says no more than this one."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a unit of each counts in log-odds: the adapter's log-odds, the cosine, the logarithm of the words' score,
    and the reader's log-odds.
    """

    adapter: float
    meaning: float
    words: float
    bias: float
    reading: float = 0.0


BOTH = Weights(adapter=0.13, meaning=13.8, words=3.0, bias=-4.34)
WORDS = Weights(adapter=0.08, meaning=0.0, words=3.66, bias=1.41)
"""Where no vectors can be made."""
READ = Weights(adapter=0.13, meaning=11.4, words=0.24, bias=-4.35, reading=0.69)
READ_WORDS = Weights(adapter=0.13, meaning=0.0, words=0.79, bias=0.18, reading=0.75)
"""Where a reader ships with the base."""


def weighed(p_yes: float, meaning: float | None, words: float, read: float | None = None) -> float:
    """Return p(yes) of all.

    ``meaning``: cosine of the best passage (None: no vectors here); ``words``: BM25's score as a multiple of the
    threshold that the log gave it (`retrieve.Library.score`); ``read``: p(yes) of the passage of which the reader is
    surest (None: no reader for this base, or nothing to read).
    """
    use = (WORDS if meaning is None else BOTH) if read is None else (READ_WORDS if meaning is None else READ)
    remembered, alike = use.adapter * log_odds(p_yes), use.meaning * (meaning or 0.0)
    said = use.reading * log_odds(read) if read is not None else 0.0
    return logistic(remembered + alike + use.words * math.log(max(words, _LEAST)) + said + use.bias)
