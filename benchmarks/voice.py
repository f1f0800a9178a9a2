"""How far a user's voice gives a crossed set away: own questions told from others' by their form, without any log.

    python benchmarks/voice.py

Whatever has learned some of a user's questions may know the next ones by how they sound. Naive Bayes learns on four
fifths of the yes-questions, own against the others', and is asked about the fifth; folds are by conversation. *form*:
function words alone and in twos, punctuation, capitals and length, no word of content; *words*: all words. AUC: 50 is
no voice at all. Questions for training (samples/train) and for development (samples/dev) are crossed among themselves.
Knows nothing of conversations.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from plum_edge.records import draw
from plum_edge.retrieve.content import content_words

SAMPLES = Path(__file__).parents[1] / "samples"
FOLDS = 5
Asked = tuple[str, str]
"""A question, and the conversation that it is about."""
Features = Callable[[str], frozenset[str]]


def main() -> None:
    """Print a line for each user."""
    for group in ("train", "dev"):
        asked = {file.parent.name: read(file) for file in sorted((SAMPLES / group).glob("*/questions.jsonl"))}
        for user, own in asked.items():
            others = [one for name, questions in asked.items() if name != user for one in questions]
            print(f"{group:6}{user:16} form {voice(own, others, form):.2f}   words {voice(own, others, spoken):.2f}")


def read(file: Path) -> list[Asked]:
    """Return the yes-questions of a file."""
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [(one["question"], one["conversation"]) for one in lines if one["asks"] == "closed"]


def voice(own: Sequence[Asked], others: Sequence[Asked], features: Features) -> float:
    """Return the AUC with which own questions are told from others', the mean over the folds."""
    told = []
    for fold in range(FOLDS):
        learned = [Counter(_seen(side, features, fold)) for side in (others, own)]
        sizes = [sum(_fold(talk) != fold for _, talk in side) for side in (others, own)]
        no, yes = (
            [odds(features(question), learned, sizes) for question, talk in side if _fold(talk) == fold]
            for side in (others, own)
        )
        told.append(auc(yes, no))
    return sum(told) / FOLDS


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the chance that a positive scores above a negative, ties counting half."""
    wins = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def form(question: str) -> frozenset[str]:
    """Return what a question has beside its words of content."""
    content = set(content_words(question))
    parts = [part for part in re.findall(r"[^\W_]+|[^\w\s]", question.lower()) if part not in content]
    shape = (f"first {question[0].isupper()}", f"last {question[-1]}", f"length {len(question.split()) // 4}")
    return frozenset((*parts, *(f"{a} {b}" for a, b in pairwise(parts)), *shape))


def spoken(question: str) -> frozenset[str]:
    """Return all words and marks of a question."""
    return frozenset(re.findall(r"[^\W_]+|[^\w\s]", question.lower()))


def _seen(side: Iterable[Asked], features: Features, fold: int) -> Iterable[str]:
    return (feature for question, talk in side if _fold(talk) != fold for feature in features(question))


def odds(present: frozenset[str], learned: Sequence[Counter[str]], sizes: Sequence[int]) -> float:
    """Return the log-odds of own, from the features that came at least twice."""
    known = [one for one in sorted(present) if learned[0][one] + learned[1][one] > 1]
    return sum(
        math.log((learned[1][one] + 0.5) / (sizes[1] + 1)) - math.log((learned[0][one] + 0.5) / (sizes[0] + 1))
        for one in known
    )


def _fold(talk: str) -> int:
    return draw(0, "fold", talk) % FOLDS


if __name__ == "__main__":
    main()
