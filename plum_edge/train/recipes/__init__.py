"""The recipes: which examples a step of the fold reads, and in what order. Pure; examples are named by keys alone.

All choices come from hashes of (seed, segment, epoch, key): the same on every machine, for any split into nights. Knows
nothing of text, tokens or models.
"""

from plum_edge.config import Train
from plum_edge.train.recipes.averaging import AveragingPass
from plum_edge.train.recipes.base import Recipe, batches
from plum_edge.train.recipes.plum import Plum
from plum_edge.train.recipes.replay import Replay

__all__ = ["AveragingPass", "Plum", "Recipe", "Replay", "averaging_pass", "batches", "ends_averaged", "make"]

_RETURNING = ("replay", "distill")


def make(name: str, *, replay: float, general: float, sampled_negatives: float) -> Recipe:
    """Return the recipe called ``name`` (`config.Train.recipe`)."""
    return Replay(replay, general, sampled_negatives, name) if name in ("replay", "distill", "together") else Plum(name)


def averaging_pass(train: Train) -> bool:
    """Return whether an averaging pass precedes an adapter: with recipes that come back to what was learned anyway."""
    return train.averaging > 0 and train.recipe in _RETURNING


def ends_averaged(train: Train) -> int:
    """Return at how many conversations' ends the weights are averaged for use: more than one with the same recipes."""
    return train.ends if train.recipe in _RETURNING else 1
