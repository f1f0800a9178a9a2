"""The averaging pass: between the last step and an adapter in use, all that is remembered is read once more, in rounds.

Not the paper's method. The steps of a fold leave the weights where the last batches pulled them: two states that
differ in one conversation confuse different topics, while most of what they get right they share. So what is used is
the mean of the weights over many rounds (Izmailov et al., Averaging Weights Leads to Wider Optima and Better
Generalization, arXiv 1803.05407), each of which reads everything in equal parts, the newest included; a mean of past
states would lack what is new (docs/LOG.md). The fold goes on from its last step, not from here, so that an adapter
stays a function of the conversations alone, for any split into nights.

A round reads a share of all pairs in turn, so that each comes twice, in other words; beside them things never
discussed, for each pair as many as a dataset has for each new one; and of general samples the share that it has.
Its cost is bounded: a log that is too long for two readings is read in part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from plum_edge.config import Train
from plum_edge.train.recipes.base import asides, by_sort, shuffled, turn

_READINGS = 2
"""How often each pair comes, where there are steps enough for it."""
_BATCHES = 10
"""Batches of pairs in a round, where there are pairs enough: the weights are averaged over the ends of rounds."""


@dataclass(frozen=True, slots=True)
class AveragingPass:
    """``rounds`` of ``size`` pairs; for each pair so many general samples and things never discussed."""

    size: int
    rounds: int
    general: float
    sampled_negatives: float
    name: str = "rehearsal"
    """As it is recorded; what is drawn and hashed hangs on it."""

    @classmethod
    def of(cls, pairs: int, train: Train) -> AveragingPass:
        """Return the pass over so many pairs: ``train.averaging`` batches at most, or one round if it has more."""
        size = max(1, min(_BATCHES * train.batch, pairs // _READINGS))
        made = cls(size, 1, train.general / (1 + train.replay), train.sampled_negatives)
        affordable = train.averaging // made.steps(train.batch)
        return replace(made, rounds=max(1, min(ceil(_READINGS * pairs / size), affordable)))

    def steps(self, batch: int) -> int:
        """Return about how many optimizer steps it takes."""
        return self.rounds * ceil(self.size * (1 + self.general + self.sampled_negatives) / batch)

    def pool(self, stored: Sequence[str], new: Sequence[str], place: tuple[object, ...]) -> list[str]:
        """Return none: all pairs are ``new`` to it."""
        return []

    def epoch(
        self, new: Sequence[str], pool: Sequence[str], general: Sequence[str], place: tuple[object, ...], epoch: int
    ) -> list[str]:
        """Return the keys of one round: of each sort of pair its part of the round, in turn."""
        read = [
            key
            for sort in by_sort(shuffled(new, *place)).values()
            for key in turn(sort, round(self.size * len(sort) / len(new)), epoch)
        ]
        beside = asides(general, self.size, self.general, self.sampled_negatives, place, epoch)
        return shuffled([*read, *beside], *place, epoch)
