"""Reliability of p(yes): of the questions answered with about 0.8, are eight of ten to be answered yes?

Knows nothing of what answered: every figure is a function of p(yes) and of the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plum_edge.evaluate.scoring import Scored, wilson

BINS = 10
"""Bins of equal width, as in the papers that quote an expected calibration error."""


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
