"""Recipe ``replay``, the default: each epoch also carries a bounded share of stored pairs and of general samples.

Not the paper's method. Which stored pairs: four times the budget is drawn by hash, and epochs take their budget from
that pool in turn, so that each is read once or twice. The odds of a pair fall with the root of its age, as in spaced
repetition: what is new has been read a few times and is soon lost, what is old has come round often. (Drawn alike, the
newest were known worst: docs/LOG.md. So were fewer pairs read more often, those nearest to being lost.) Each sort of
pair (closed or open, positive or negative) has its own share: negatives are retired while positives are not, and one
draw over all would tip the balance. The cost of a conversation does not grow with the log. General samples (reading,
honest no, chat; of each as many) keep the base what it was; questions about things never discussed, other ones in every
epoch, keep its "no" honest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from plum_edge.records import draw
from plum_edge.train.recipes.base import asides, by_sort, shuffled, turn

_DRAWN = 4
"""The pool, in budgets of an epoch."""


@dataclass(frozen=True, slots=True)
class Replay:
    """For each new pair: ``ratio`` stored pairs, ``general`` general samples, ``sampled_negatives`` new negatives."""

    ratio: float
    general: float
    sampled_negatives: float = 0.0
    name: str = "replay"

    def pool(self, stored: Sequence[str], new: Sequence[str], place: tuple[object, ...]) -> list[str]:
        if not new:
            return []
        drawn = by_sort(_newest_rather(stored, len(new), *place, "candidates"))
        shares = by_sort(new)
        return [key for sort, keys in drawn.items() for key in keys[: self._budget(shares.get(sort, ()), _DRAWN)]]

    def epoch(
        self, new: Sequence[str], pool: Sequence[str], general: Sequence[str], place: tuple[object, ...], epoch: int
    ) -> list[str]:
        shares = by_sort(new)
        replayed = [
            key
            for sort, keys in by_sort(shuffled(pool, *place, "pool")).items()
            for key in turn(keys, self._budget(shares.get(sort, ()), 1), epoch)
        ]
        beside = asides(general, len(new), self.general, self.sampled_negatives, place, epoch)
        return shuffled([*new, *replayed, *beside], *place, epoch)

    def _budget(self, new: Sequence[str], times: int) -> int:
        return round(times * self.ratio * len(new))


def _newest_rather(stored: Sequence[str], segment: int, *place: object) -> list[str]:
    """Return the keys, given oldest first, in an order drawn with odds by age, which is counted in segments of a size.

    A race of exponential clocks (Efraimidis and Spirakis, Weighted random sampling with a reservoir, 2006).
    """

    def finish(key: str, age: float) -> float:
        uniform = (draw(*place, key) % 2**52 + 0.5) / 2**52
        return -log(uniform) * sqrt(1 + age)

    return sorted(stored, key={key: finish(key, n / segment) for n, key in enumerate(reversed(stored))}.__getitem__)
