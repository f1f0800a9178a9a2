"""Recipe ``replay``, the default: each epoch also carries a bounded share of stored pairs and of general samples.

Not the paper's method. Which stored pairs: four times the budget is drawn by hash, and epochs take their budget from
that pool in turn, so that each is read once or twice. (Fewer pairs read more often, those nearest to being lost, kept
less: docs/LOG.md.) Each sort of pair (closed or open, positive or negative) has its own share: negatives are retired
while positives are not, and one draw over all would tip the balance. The cost of a conversation does not grow with the
log. General samples (reading, honest no, chat; of each as many) keep the base what it was; questions about things
never discussed, other ones in every epoch, keep its "no" honest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from plum_edge.schedule.base import by_sort, shuffled


@dataclass(frozen=True, slots=True)
class Replay:
    """For each new pair: ``ratio`` stored pairs, ``general`` general samples, ``honest`` things never discussed.

    ``drawn`` times the budget of stored pairs is drawn; ``kept`` times is the pool, those with the largest loss.
    """

    ratio: float
    general: float
    honest: float = 0.0
    name: str = "replay"
    drawn: int = 4
    kept: int = 4

    @property
    def selects(self) -> bool:
        return self.kept < self.drawn

    def candidates(self, stored: Sequence[str], new: Sequence[str], place: tuple[object, ...]) -> list[str]:
        groups, shares = by_sort(shuffled(stored, *place, "candidates")), by_sort(new)
        return [key for sort, keys in groups.items() for key in keys[: self._budget(shares.get(sort, ()), self.drawn)]]

    def pool(self, scores: dict[str, float], new: Sequence[str]) -> list[str]:
        nearest_to_lost = by_sort(sorted(scores, key=lambda key: (-scores[key], key)))
        shares = by_sort(new)
        return [
            key
            for sort, keys in nearest_to_lost.items()
            for key in keys[: self._budget(shares.get(sort, ()), self.kept)]
        ]

    def epoch(
        self, new: Sequence[str], pool: Sequence[str], general: Sequence[str], place: tuple[object, ...], epoch: int
    ) -> list[str]:
        shares = by_sort(new)
        replayed = [
            key
            for sort, keys in by_sort(shuffled(pool, *place, "pool")).items()
            for key in _turn(keys, self._budget(shares.get(sort, ()), 1), epoch)
        ]
        asides = by_sort(general)
        honest = _turn(asides.pop("honest", []), round(self.honest * len(new)), epoch)
        share = ceil(self.general * len(new) / max(len(asides), 1))
        kept = [key for keys in asides.values() for key in shuffled(keys, *place, "general", epoch)[:share]]
        return shuffled([*new, *replayed, *kept, *honest], *place, epoch)

    def _budget(self, new: Sequence[str], times: int) -> int:
        return round(times * self.ratio * len(new))


def _turn(keys: list[str], count: int, epoch: int) -> list[str]:
    """Return the ``epoch``-th run of ``count`` keys around the ring: every key comes once before one comes twice."""
    if len(keys) <= count:
        return keys
    start = epoch * count % len(keys)
    return (keys + keys)[start : start + count]
