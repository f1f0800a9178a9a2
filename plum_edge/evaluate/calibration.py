"""Reliability of p(yes), and from which odds on a yes may be claimed.

Of the questions answered with about 0.8, are eight of ten to be answered yes? Knows nothing of
what answered: every figure is a function of p(yes) and of the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from plum_edge.answer.language_model import log_odds, logistic
from plum_edge.answer.remember import ODDS
from plum_edge.config import Decide
from plum_edge.evaluate.scoring import Scored, mark, wilson

BINS = 10
"""Bins of equal width, as in the papers that quote an expected calibration error."""


MOST_FALSE = 0.05
"""Of the questions about what was not discussed, so many may be claimed where the border lies."""
MOST_INVENTED = 0.02
"""Of everyday topics that never came up (never.py), so many."""
_ODDS = (1.0, 4.0)
"""Between these lies every border. Below even odds an adapter claims what it holds for unlikely itself: questions of
templates, which calibrate it, allow that, and of what a person asked of things never said it then affirmed half."""


def border(scored: Sequence[Scored], odds: float = 1.0, never: Sequence[Scored] = ()) -> float | None:
    """Return the odds of yes to no from which on a yes is best claimed; None where one sort was not asked.

    Best is the highest balanced accuracy among borders that claim at most `MOST_FALSE` of what was not discussed and
    `MOST_INVENTED` of ``never``, everyday topics that are asked beside it; of borders alike, the middle in log-odds.
    ``odds`` is what p(yes) was already divided by (`answer.remember.claim`).
    """
    signed = [(log_odds(s.p_yes) + math.log(odds), s.question.answer == "yes") for s in scored if s.p_yes is not None]
    yes, no = (sorted(value for value, truth in signed if truth is sort) for sort in (True, False))
    idle = [log_odds(s.p_yes) + math.log(odds) for s in never if s.p_yes is not None]
    if not yes or not no:
        return None
    low, high = (math.log(bound) for bound in _ODDS)
    values = sorted([*yes, *no, *idle])
    edges = [low, *(value for value in values if low < value < high), high]
    tried = [(a + b) / 2 for a, b in pairwise(edges)]

    def quality(at: float) -> tuple[float, float]:
        false = sum(value >= at for value in no) / len(no)
        known = sum(value >= at for value in yes) / len(yes)
        invented = sum(value >= at for value in idle) / max(len(idle), 1)
        return -max(false - MOST_FALSE, 0.0) - max(invented - MOST_INVENTED, 0.0), known - false

    best = max(map(quality, tried))
    ends = [at for at in tried if quality(at) == best]
    return math.exp((ends[0] + ends[-1]) / 2)


def own_odds(scored: Sequence[Scored], decide: Decide, never: Sequence[Scored] = ()) -> float | None:
    """Return the `border` of answers that were given by `ODDS`; None where the settings name one, or none is found."""
    return None if decide.odds else border(scored, ODDS, never)


def at_border(scored: Sequence[Scored], before: float, after: float) -> list[Scored]:
    """Return answers whose p(yes) was divided by the odds ``before`` as they are by ``after``."""
    moved = math.log(before / after)
    return [s if s.p_yes is None else mark(s.question, logistic(log_odds(s.p_yes) + moved)) for s in scored]


def reliability(scored: Sequence[Scored]) -> dict[str, Any]:
    """Return ``calibration`` and ``ece`` of ``evaluate --json``, over the closed questions.

    ``calibration`` has a row for each of the `BINS` that an answer fell into: p(yes) from ``low`` to below ``high``
    (the last includes 1), ``n`` answers, their mean ``p_yes``, and the ``yes_share`` of questions whose right answer is
    yes with its Wilson ``ci95``. ``ece`` is the expected calibration error, the mean of abs(p_yes - yes_share) weighted
    by n (Naeini, Cooper and Hauskrecht, 2015); None where nothing closed was asked.
    """
    answers = [(s.p_yes, s.question.answer == "yes") for s in scored if s.p_yes is not None]
    groups: dict[int, list[tuple[float, bool]]] = {}
    for p_yes, truth in answers:
        groups.setdefault(min(int(p_yes * BINS), BINS - 1), []).append((p_yes, truth))
    rows = [_row(at, groups[at]) for at in sorted(groups)]
    off = sum(row["n"] * abs(row["p_yes"] - row["yes_share"]) for row in rows)
    return {"calibration": rows, "ece": off / len(answers) if answers else None}


def _row(at: int, group: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    count, true = len(group), sum(truth for _, truth in group)
    return {
        "low": at / BINS,
        "high": (at + 1) / BINS,
        "n": count,
        "p_yes": sum(p_yes for p_yes, _ in group) / count,
        "yes_share": true / count,
        "ci95": wilson(true, count),
    }
