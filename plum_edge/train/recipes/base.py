"""What a recipe is, and how its draw for an epoch becomes batches.

Keys name examples and say what sort of example it is: ``closed/positive/<id>``. Nothing else is known of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import ceil
from typing import Protocol

from plum_edge.records import draw


class Recipe(Protocol):
    """Decides what is read beside the new pairs. ``new`` are their keys, ``place`` is (seed, segment id)."""

    @property
    def name(self) -> str:
        """Return the name that a step records."""
        ...

    def pool(self, stored: Sequence[str], new: Sequence[str], place: tuple[object, ...]) -> list[str]:
        """Return which of the stored pairs, given in order of time, are replayed with this segment."""
        ...

    def epoch(
        self, new: Sequence[str], pool: Sequence[str], general: Sequence[str], place: tuple[object, ...], epoch: int
    ) -> list[str]:
        """Return the keys of one epoch, in the order in which they are read."""
        ...


def shuffled(keys: Iterable[str], *place: object) -> list[str]:
    """Return the keys in an order drawn by hash."""
    return sorted(keys, key=lambda key: (draw(*place, key), key))


def by_sort(keys: Iterable[str]) -> dict[str, list[str]]:
    """Return the keys by the sort that they name, in their order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        groups[key.rpartition("/")[0]].append(key)
    return dict(sorted(groups.items()))


def turn(keys: list[str], count: int, epoch: int) -> list[str]:
    """Return the ``epoch``-th run of ``count`` keys around the ring: every key comes once before one comes twice."""
    if len(keys) <= count:
        return keys
    start = epoch * count % len(keys)
    return (keys + keys)[start : start + count]


def asides(
    keys: Sequence[str], pairs: int, general: float, sampled_negatives: float, place: tuple[object, ...], epoch: int
) -> list[str]:
    """Return what is read beside so many pairs: for each so many sampled negatives and general samples of all sorts."""
    sorts = by_sort(keys)
    negatives = turn(sorts.pop("honest", []), round(sampled_negatives * pairs), epoch)
    share = ceil(general * pairs / max(len(sorts), 1))
    kept = [key for sort in sorts.values() for key in shuffled(sort, *place, "general", epoch)[:share]]
    return [*kept, *negatives]


def batches(keys: Sequence[str], size: int, length: Callable[[str], int], *place: object) -> list[list[str]]:
    """Cut an epoch into optimizer steps of nearly equal size, at most ``size`` keys each, in an order drawn by hash.

    Examples of like length go together, since all of a batch are padded to its longest; like lengths stay in the
    epoch's order, so that new and replayed pairs mix.
    """
    ordered = sorted(keys, key=length)
    count = -(-len(keys) // size)
    bounds = [len(keys) * i // count for i in range(count + 1)] if count else []
    cut = [ordered[a:b] for a, b in pairwise(bounds)]
    return sorted(cut, key=lambda batch: draw(*place, "batch", batch[0]))
