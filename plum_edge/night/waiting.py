"""What a night has to learn: what waits, and what must be learned again because no checkpoint of it is left.

Counted without looking at what was said, or returned. Changes nothing.
"""

from __future__ import annotations

from plum_edge.paths import Home
from plum_edge.records import Segment
from plum_edge.store import Store
from plum_edge.train.checkpoints import lost


def waiting(home: Home, store: Store, *, again: bool = False, rebuild: bool = False) -> list[Segment]:
    """Return the segments in the order in which they are learned.

    With ``again`` only those that have their place already; with ``rebuild`` all that were learned, too.
    """
    learned = set() if rebuild else {step.segment for step in store.runs.steps()}
    recorded = store.log.segments()
    new = [one for one in recorded if one.id not in learned] + ([] if again else store.log.plan())
    gone = set() if rebuild else _gone(home, store, bool(new))
    return [one for one in recorded if one.id in gone] + new


def count(home: Home, store: Store) -> int:
    """Return how many segments `waiting` would return."""
    new = store.log.planned() + store.log.counts().segments - store.runs.done()
    return new + len(_gone(home, store, bool(new)))


def _gone(home: Home, store: Store, goes_on: bool) -> set[str]:
    """Return the segments whose steps are taken back when learning goes on, or what was learned last is put to use."""
    return {step.segment for step in lost(home, store.runs.steps())} if goes_on or store.head_is_new() else set()
