"""The recipes: which examples a step of the fold reads, and in what order. Pure; examples are named by keys alone.

All choices come from hashes of (seed, segment, epoch, key): the same on every machine, for any split into nights.
"""

from plum_edge.schedule.base import Recipe, batches
from plum_edge.schedule.plum import Plum
from plum_edge.schedule.rehearsal import Rehearsal
from plum_edge.schedule.replay import Replay

__all__ = ["REHEARSED", "Plum", "Recipe", "Rehearsal", "Replay", "batches", "make"]

REHEARSED = ("replay", "distill")
"""The recipes that end with a rehearsal: they come back to what was learned, anyway."""


def make(name: str, *, replay: float, general: float, honest: float) -> Recipe:
    """Return the recipe called ``name`` (`config.Train.recipe`)."""
    return Replay(replay, general, honest, name) if name in ("replay", "distill", "together") else Plum(name)
