"""Figures over several users: the mean of each user's, with a 95 % interval drawn over conversations within each.

Every seed of a user answers about the same conversations, so that a draw counts for all of them; a question that is
about no conversation falls by itself. Knows nothing of where answers come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from plum_edge.evaluate.scoring import DRAWS, Flips, Interval, Scored, mcnemar

Seeds = Sequence[Sequence[Scored]]
"""What one user was answered, a list a seed."""
_Draw = tuple[np.ndarray, np.ndarray]
"""How often each question counts in each draw, (draws, questions): those to be answered yes, and no."""
_Figure = Callable[[Sequence[Scored], Sequence[Scored], _Draw], np.ndarray]


def auc(users: Sequence[Seeds]) -> tuple[float, Interval] | None:
    """Return the chance that a true question has a higher p(yes) than a false one; None where a sort was not asked."""
    return _pooled(users, _auc)


def balanced(users: Sequence[Seeds]) -> tuple[float, Interval] | None:
    """Return the mean of the shares right of both sorts; None where a sort was not asked."""
    return _pooled(users, _balanced)


def against(users: Iterable[Seeds], others: Iterable[Seeds]) -> Flips:
    """Return McNemar's test of two systems on the questions that both were asked: ``lost`` are right in the first only.

    A system that has one seed stands beside every seed of the other.
    """
    first: list[Scored] = []
    second: list[Scored] = []
    for mine, theirs in zip(users, others, strict=True):
        for seed in range(max(len(mine), len(theirs))):
            known = {one.question.id: one for one in theirs[min(seed, len(theirs) - 1)]}
            for one in mine[min(seed, len(mine) - 1)]:
                if one.question.id in known:
                    first.append(one)
                    second.append(known[one.question.id])
    return mcnemar(first, second)


def _pooled(users: Sequence[Seeds], figure: _Figure) -> tuple[float, Interval] | None:
    drawn = []
    for seeds in users:
        sorts = [_sorts(part) for part in seeds]
        if not sorts or not all(yes and no for yes, no in sorts):
            return None
        weights = _Weights(one for part in seeds for one in part)
        drawn.append(np.mean([figure(yes, no, (weights.of(yes), weights.of(no))) for yes, no in sorts], axis=0))
    if not drawn:
        return None
    values = np.mean(drawn, axis=0)
    known = values[1:][~np.isnan(values[1:])]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (values[0], values[0])
    return float(values[0]), (min(float(low), float(values[0])), max(float(high), float(values[0])))


class _Weights:
    """How often each question counts: in the first row once, in the others as often as its conversation was drawn."""

    def __init__(self, scored: Iterable[Scored]) -> None:
        names = sorted({_group(one) for one in scored})
        self._at = {name: at for at, name in enumerate(names)}
        drawn = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
        self._counts = np.concatenate([np.ones((1, len(names))), drawn])

    def of(self, scored: Sequence[Scored]) -> np.ndarray:
        """Return the counts of these questions, (1 + draws, questions)."""
        counts: np.ndarray = self._counts[:, [self._at[_group(one)] for one in scored]]
        return counts


def _auc(yes: Sequence[Scored], no: Sequence[Scored], draw: _Draw) -> np.ndarray:
    high, low = (np.array([one.p_yes for one in sort], dtype=np.float64) for sort in (yes, no))
    wins = (high[:, None] > low) + (high[:, None] == low) / 2
    return _divided(((draw[0] @ wins) * draw[1]).sum(axis=1), draw[0].sum(axis=1) * draw[1].sum(axis=1))


def _balanced(yes: Sequence[Scored], no: Sequence[Scored], draw: _Draw) -> np.ndarray:
    shares = [
        _divided(counts @ np.array([float(one.correct) for one in sort]), counts.sum(axis=1))
        for sort, counts in zip((yes, no), draw, strict=True)
    ]
    return (shares[0] + shares[1]) / 2


def _divided(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    return np.divide(parts, wholes, out=np.full(len(wholes), np.nan), where=wholes > 0)


def _sorts(scored: Sequence[Scored]) -> tuple[list[Scored], list[Scored]]:
    closed = [one for one in scored if one.p_yes is not None]
    return [o for o in closed if o.question.answer == "yes"], [o for o in closed if o.question.answer == "no"]


def _group(one: Scored) -> str:
    return one.question.conversation or one.question.id
