"""Held-out questions asked, marked and summed up.

A closed question is right when p(Yes) falls on its side of one half. Accuracy is balanced: the mean of the rates on
questions answered yes and on questions answered no, so that saying yes to everything gets one half. Open questions are
marked by the words of their answer.

Knows nothing of models, adapters or the store: an `Asker` answers, and every figure here is a function of its answers.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from plum_edge.augment.phrases.wordings import UNSURE
from plum_edge.errors import IntegrityError
from plum_edge.evaluate.marking import abstains, contains, token_f1
from plum_edge.evaluate.questions import STYLES
from plum_edge.records import Progress, Question

AGES = 5
"""Groups of conversations by age in `summarise`."""
AT_ONCE = 64
"""Closed questions that are asked together."""
_WRITTEN = 16
"""Open ones: more side by side are hardly faster, and progress is told after each group."""
DRAWS = 2_000
"""Draws of the bootstrap."""
_LEAST = 1e-9
"""A probability of nothing would be a loss without end."""
_Z95 = 1.959963984540054
"""97.5 % quantile of the normal distribution."""

Interval = tuple[float, float]


class Asker(Protocol):
    """Whatever can be asked: a base, an adapter, retrieval, or no model at all."""

    def p_yes(self, question: str) -> float:
        """Return p(Yes) / (p(Yes) + p(No)) at the first token of the answer."""

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return the same of each question, faster than one by one."""

    def answer(self, question: str) -> str:
        """Return the answer in words."""

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        """Return the same of each question, faster than one by one."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A question with what was answered. ``p_yes`` is None for open questions, ``answer`` for closed ones."""

    question: Question
    p_yes: float | None
    answer: str | None
    correct: bool
    """Closed: on the right side of one half. Open: the fact is stated, or where there is none, none is claimed."""
    f1: float | None = None
    """Token F1 against the gold answer; None for closed questions and where the gold answer is "I do not know"."""
    unsure: bool = False
    """Open: words of the user were shown, without the claim that they answer."""


@dataclass(frozen=True, slots=True)
class Flips:
    """The same questions asked twice: how many turned wrong or right, and how likely that is by chance."""

    lost: int
    gained: int
    p: float


# Asking -------------------------------------------------------------------------------------------------------------


def score(questions: Sequence[Question], asker: Asker, progress: Progress | None = None) -> list[Scored]:
    """Ask every question once and mark the answers. Open questions are asked for words, closed ones for p(Yes).

    Closed ones are asked first, and each sort many at a time; what is returned stands in the order of ``questions``.
    """
    scored: dict[int, Scored] = {}

    def tell(last: int) -> None:
        if progress is not None:
            progress("evaluate", len(scored), len(questions), questions[last].style)

    closed = [n for n, question in enumerate(questions) if question.closed]
    for start in range(0, len(closed), AT_ONCE):
        part = closed[start : start + AT_ONCE]
        answers = asker.p_yes_many([questions[n].question for n in part])
        scored |= {n: mark(questions[n], p_yes) for n, p_yes in zip(part, answers, strict=True)}
        tell(part[-1])
    opened = [n for n, question in enumerate(questions) if not question.closed]
    for start in range(0, len(opened), _WRITTEN):
        part = opened[start : start + _WRITTEN]
        said = asker.answer_many([questions[n].question for n in part])
        scored |= {n: _open(questions[n], answer) for n, answer in zip(part, said, strict=True)}
        tell(part[-1])
    return [scored[n] for n in range(len(questions))]


def mark(question: Question, p_yes: float) -> Scored:
    """Return a closed question with its answer, right where p(Yes) is on its side of one half.

    Raises:
        IntegrityError: p(Yes) is no number.
    """
    if math.isnan(p_yes):
        raise IntegrityError("The model gives no number for p(yes).", "The adapter or the base is damaged.")
    return Scored(question, p_yes, None, (p_yes >= 0.5) == (question.answer == "yes"))


def _open(question: Question, answer: str) -> Scored:
    unsure = answer.startswith(UNSURE)
    if abstains(question.answer):
        return Scored(question, None, answer, abstains(answer), unsure=unsure)
    f1 = token_f1(answer, question.answer)
    return Scored(question, None, answer, contains(answer, question.answer), f1, unsure)


# Summing up ---------------------------------------------------------------------------------------------------------


def summarise(scored: Sequence[Scored], *, seed: int, order: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the figures of ``evaluate --json`` that follow from the answers; None where nothing was asked.

    ``accuracy`` needs both polarities. ``open_f1`` and ``open_contains`` are over open questions that have an answer,
    ``false_answers`` is the share of the others that got one all the same. ``by_age`` has at most `AGES` groups of
    conversations, oldest first, after ``order`` (ids; default: as they first come in ``scored``).
    """
    yes, no = _polarities(scored)
    known = [s for s in scored if s.f1 is not None]
    unknown = [s for s in scored if s.p_yes is None and s.f1 is None]
    return {
        "questions": len(scored),
        "asked": {"yes": len(yes), "no": len(no), "open": len(known) + len(unknown)},
        "accuracy": balanced(scored),
        "accuracy_ci95": bootstrap(scored, seed=seed),
        "positives": _rate(yes),
        "positives_ci95": _wilson_of(yes),
        "negatives": _rate(no),
        "negatives_ci95": _wilson_of(no),
        "by_kind": {style: _kind([s for s in (*yes, *no) if s.question.style == style]) for style in STYLES},
        "open_f1": sum(s.f1 or 0.0 for s in known) / len(known) if known else None,
        "open_contains": _rate(known),
        "false_answers": 1 - right if (right := _rate(unknown)) is not None else None,
        "by_age": _by_age(scored, order, seed),
    }


def balanced(scored: Iterable[Scored]) -> float | None:
    """Return the mean of the two rates over closed questions, or None unless both polarities were asked."""
    return _mean_rate(*([s.correct for s in group] for group in _polarities(scored)))


def typical_loss(scored: Iterable[Scored]) -> float | None:
    """Return the median loss of the right answers to closed questions, −ln p in nats: of those answered yes or of those
    answered no, whichever is higher. None where none was asked.

    Half of the answers are surer than that. A mean tells of the few that are quite wrong instead (arXiv 2605.24657).
    """
    yes, no = _polarities(scored)
    right = [s.p_yes for s in yes if s.p_yes is not None], [1 - s.p_yes for s in no if s.p_yes is not None]
    medians = [statistics.median(-math.log(max(p, _LEAST)) for p in group) for group in right if group]
    return max(medians, default=None)


def _mean_rate(yes: Sequence[bool], no: Sequence[bool]) -> float | None:
    return (sum(yes) / len(yes) + sum(no) / len(no)) / 2 if yes and no else None


def _polarities(scored: Iterable[Scored]) -> tuple[list[Scored], list[Scored]]:
    closed = [s for s in scored if s.question.closed]
    return [s for s in closed if s.question.answer == "yes"], [s for s in closed if s.question.answer == "no"]


def _rate(group: Sequence[Scored]) -> float | None:
    return _share([s.correct for s in group])


def _share(answers: Sequence[bool]) -> float | None:
    return sum(answers) / len(answers) if answers else None


def _wilson_of(group: Sequence[Scored]) -> Interval | None:
    return wilson(sum(s.correct for s in group), len(group)) if group else None


def _kind(group: Sequence[Scored]) -> dict[str, Any]:
    return {"n": len(group), "accuracy": _rate(group), "ci95": _wilson_of(group)}


def _by_age(scored: Sequence[Scored], order: Sequence[str] | None, seed: int) -> list[dict[str, Any]]:
    about = [s for s in scored if s.question.conversation is not None]
    asked = dict.fromkeys(str(s.question.conversation) for s in about)
    aged = [name for name in order if name in asked] if order is not None else list(asked)
    groups = []
    for part in range(AGES):
        names = set(aged[part * len(aged) // AGES : (part + 1) * len(aged) // AGES])
        if names:
            group = [s for s in about if s.question.conversation in names]
            figures = {"accuracy": balanced(group), "accuracy_ci95": bootstrap(group, seed=seed)}
            groups.append({"conversations": len(names), "questions": len(group), **figures})
    return groups


class Cell(Protocol):
    """What a question was answered after a step of the fold, as the store keeps it."""

    @property
    def step(self) -> int:
        """So many segments had been learned."""

    @property
    def conversation(self) -> str | None:
        """What the question is about."""

    @property
    def correct(self) -> bool:
        """Whether it was answered right."""

    @property
    def p_yes(self) -> float | None:
        """None for open questions, which are left out here."""


def over_time(cells: Iterable[Cell]) -> list[tuple[int, float | None]]:
    """Return ``over_time`` of ``evaluate --json``: (step, balanced accuracy over the closed questions asked then)."""
    groups: dict[int, dict[bool, list[bool]]] = {}
    for cell in cells:
        if cell.p_yes is not None:
            gold = (cell.p_yes >= 0.5) == cell.correct
            groups.setdefault(cell.step, {True: [], False: []})[gold].append(cell.correct)
    return [(step, _mean_rate(*groups[step].values())) for step in sorted(groups)]


def over_time_ci95(cells: Iterable[Cell], *, seed: int) -> list[Interval | None]:
    """Return the 95 % interval (`bootstrap`) of each point of `over_time`."""
    groups: dict[int, list[Scored]] = {}
    for cell in cells:
        if cell.p_yes is not None:
            gold = "yes" if (cell.p_yes >= 0.5) == cell.correct else "no"
            question = Question("", gold, "verbatim", cell.conversation)
            groups.setdefault(cell.step, []).append(Scored(question, cell.p_yes, None, cell.correct))
    return [bootstrap(groups[step], seed=seed) for step in sorted(groups)]


def consistency(cells: Iterable[Cell], conversations: Sequence[str] | None = None) -> list[list[float | None]]:
    """Return ``consistency`` of ``evaluate --json``: a row for each step that `over_time` has, a column a conversation.

    In it stands the share of its closed questions answered right, or None where none was asked yet. The columns are
    ``conversations``, by default those of the cells as they first come.
    """
    asked = [cell for cell in sorted(cells, key=lambda cell: cell.step) if cell.p_yes is not None]
    names = (
        conversations if conversations is not None else dict.fromkeys(c.conversation for c in asked if c.conversation)
    )
    rows: dict[int, dict[str | None, list[bool]]] = {}
    for cell in asked:
        rows.setdefault(cell.step, {}).setdefault(cell.conversation, []).append(cell.correct)
    return [[_share(row.get(name, ())) for name in names] for row in rows.values()]


# Intervals and tests ------------------------------------------------------------------------------------------------


def wilson(k: int, n: int) -> Interval:
    """Return Wilson's 95 % score interval of k successes in n (E. B. Wilson, 1927); (0, 1) where n is 0."""
    if n == 0:
        return 0.0, 1.0
    rate, z2 = k / n, _Z95 * _Z95
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    return (0.0 if k == 0 else middle - half), (1.0 if k == n else middle + half)


def bootstrap(scored: Sequence[Scored], *, seed: int) -> Interval | None:
    """Return the 95 % percentile interval of `balanced`, drawn over conversations: questions of one fall together.

    A question without a conversation is one of its own. Where all draws agree (all answers right, or one conversation
    only) the bootstrap knows nothing, and the mean of Wilson's bounds of the two polarities is returned.
    """
    estimate = balanced(scored)
    if estimate is None:
        return None
    counts: dict[object, list[int]] = {}
    for at, s in enumerate(scored):
        if s.question.closed:
            row = counts.setdefault(at if s.question.conversation is None else s.question.conversation, [0, 0, 0, 0])
            column = 0 if s.question.answer == "yes" else 2
            row[column] += 1
            row[column + 1] += s.correct
    table = np.array(list(counts.values()), dtype=np.float64)
    rng = np.random.default_rng(seed)
    even = np.full(len(table), 1 / len(table))
    sums = np.concatenate([rng.multinomial(len(table), even, size=DRAWS // 20) @ table for _ in range(20)])
    sums = sums[(sums[:, 0] > 0) & (sums[:, 2] > 0)]
    figures = (sums[:, 1] / sums[:, 0] + sums[:, 3] / sums[:, 2]) / 2
    if not len(figures) or np.ptp(figures) < 1e-12:
        (a, b), (c, d) = (wilson(sum(s.correct for s in group), len(group)) for group in _polarities(scored))
        return (a + c) / 2, (b + d) / 2
    low, high = (float(bound) for bound in np.quantile(figures, (0.025, 0.975)))
    return min(low, estimate), max(high, estimate)


def mcnemar(a: Sequence[Scored], b: Sequence[Scored]) -> Flips:
    """Return McNemar's exact two-sided test between two systems on the same questions: ``lost`` are right in a only."""
    lost, gained = _flips(a, b)
    return Flips(lost, gained, min(1.0, 2 * _tail(max(lost, gained), lost + gained)))


def paired_loss(before: Sequence[Scored], after: Sequence[Scored]) -> Flips:
    """Return the exact one-sided sign test that more of the same questions were lost than gained."""
    lost, gained = _flips(before, after)
    return Flips(lost, gained, _tail(lost, lost + gained))


def _flips(a: Sequence[Scored], b: Sequence[Scored]) -> tuple[int, int]:
    if [s.question.id for s in a] != [s.question.id for s in b]:
        raise ValueError("a paired test needs the same questions in the same order")
    pairs = [(x.correct, y.correct) for x, y in zip(a, b, strict=True)]
    return pairs.count((True, False)), pairs.count((False, True))


def _tail(k: int, n: int) -> float:
    """Return P(X >= k) for n throws of a fair coin, exact."""
    return sum(math.comb(n, i) for i in range(k, n + 1)) / (1 << n)
