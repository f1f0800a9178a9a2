"""The recipes: which examples a step of the fold reads, and in what order. Pure; examples are named by keys alone.

All choices come from hashes of (seed, segment, epoch, key): the same on every machine, for any split into nights.
"""

from plum_edge.config import Train
from plum_edge.schedule.base import Recipe, batches
from plum_edge.schedule.plum import Plum
from plum_edge.schedule.rehearsal import Rehearsal
from plum_edge.schedule.replay import Replay

__all__ = ["Plum", "Recipe", "Rehearsal", "Replay", "batches", "make", "rehearsed"]


def make(name: str, *, replay: float, general: float, honest: float) -> Recipe:
    """Return the recipe called ``name`` (`config.Train.recipe`)."""
    return Replay(replay, general, honest, name) if name in ("replay", "distill", "together") else Plum(name)


def rehearsed(train: Train) -> bool:
    """Return whether a rehearsal precedes an adapter: with recipes that come back to what was learned anyway."""
    return train.rehearsal > 0 and train.recipe in ("replay", "distill")
