"""Held-out questions, how their answers are marked, and the figures that are made of them (design.md §3, "Accuracy").

    scored = score(read_questions(file), asker)
    summarise(scored, seed=0)["accuracy"]

Knows nothing of models, adapters or the store: an `Asker` answers.
"""

from __future__ import annotations

from plum_edge.evaluate.questions import STYLES, questions_from, read_questions
from plum_edge.evaluate.scoring import (
    Asker,
    Flips,
    Scored,
    balanced,
    bootstrap,
    consistency,
    mcnemar,
    over_time,
    over_time_ci95,
    paired_loss,
    score,
    summarise,
    wilson,
)

__all__ = [
    "STYLES",
    "Asker",
    "Flips",
    "Scored",
    "balanced",
    "bootstrap",
    "consistency",
    "mcnemar",
    "over_time",
    "over_time_ci95",
    "paired_loss",
    "questions_from",
    "read_questions",
    "score",
    "summarise",
    "wilson",
]
