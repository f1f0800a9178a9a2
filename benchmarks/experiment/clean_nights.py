"""What the nights of the clean test cost: what they leave of the base, the border of a yes, seconds. Asks nobody.

Each figure is one over adapters; where nothing was learned there is none, and it is left out.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.experiment import clean
from benchmarks.experiment.cells import NOTHING_LEARNED
from benchmarks.experiment.clean_board import Board
from benchmarks.experiment.grid import USERS
from benchmarks.experiment.tables import Table
from plum_edge.evaluate.ability import Loss, change_ci95
from plum_edge.evaluate.scoring import Interval

NOT_MEASURED = "not measured"
_NONE = "–"

Nights = Sequence[dict[str, Any]]
"""What `Board.points` has of adapters, of one user or several."""


class Change(NamedTuple):
    """Losses in nats a token, and how far the second is from the first, in percent with a 95 % interval over turns."""

    before: float
    after: float
    percent: float
    bounds: Interval


def nights(board: Board) -> Table:
    """Return what is left of the base, the border of a yes, and what a conversation takes."""
    rows = [
        [log, recipe, str(point), *_figures(found), "" if board.learned(log, recipe, point) else NOTHING_LEARNED]
        for log in (*clean.NATURAL, *USERS)
        for recipe in ("default", "plum")
        for point in clean.POINTS
        if (found := board.points(log, recipe, point))
    ]
    header = (
        "user", "recipe", "after", "KL to the base, nats a token", "odds of a yes", "seconds a conversation",
        "loss on held-out chat", "change, %", "change, low", "change, high",
        "change as the chat answers, %", "note",
    )  # fmt: skip
    return Table("Clean nights", "", header, rows)


def moved(found: Nights) -> str:
    """Return the mean KL to the base on its own replies, in nats a token."""
    return _mean(found, "divergence")


def pace(found: Nights) -> str:
    """Return the median of the seconds that a conversation takes of which something is learned; others take none."""
    seconds = [second for one in _learned(found) for second in one["seconds"] if second]
    return f"{statistics.median(seconds):.2f}" if seconds else _NONE


def left(found: Nights, *, routed: bool = False) -> str:
    """Return the loss on held-out chat of the base and with the adapter, and the change; ``routed`` as `held_out`."""
    if not _learned(found):
        return _NONE
    change = held_out(found, routed=routed)
    if change is None:
        return NOT_MEASURED
    low, high = change.bounds
    return f"{change.before:.3f} → {change.after:.3f} ({change.percent:+.1f} %, {low:+.1f} to {high:+.1f})"


def held_out(found: Nights, *, routed: bool = False) -> Change | None:
    """Return the loss on held-out chat over these adapters, or None where it was measured with none of them.

    A turn counts with the mean of what the adapters lose on it, so that it is drawn once for all. ``routed``: as the
    chat answers, where the adapter speaks only after what may be meant for the memory.
    """
    measured = [chats for one in found if (chats := one.get("chats")) and (not routed or "meant" in chats)]
    if not measured:
        return None
    before, tokens = (np.sum([one[key] for one in measured], axis=0) for key in ("base", "tokens"))
    after = np.sum(
        [np.where(one["meant"] if routed else True, one["adapter"], one["base"]) for one in measured], axis=0
    )
    base, adapted = Loss(before, tokens), Loss(after, tokens)
    low, high = change_ci95(base, adapted, np.random.default_rng(0))
    nats, counted = (float(before.sum()), float(after.sum())), float(tokens.sum())
    percent = 100 * (nats[1] / nats[0] - 1)
    return Change(nats[0] / counted, nats[1] / counted, percent, (100 * low, 100 * high))


def _figures(found: Nights) -> list[str]:
    told = [moved(found), _mean(found, "odds"), pace(found)]
    change = held_out(found)
    if change is None:
        return [*told, NOT_MEASURED if _learned(found) else _NONE, _NONE, _NONE, _NONE, _NONE]
    spoken = held_out(found, routed=True)
    changes = (change.percent, *change.bounds)
    return [
        *told,
        f"{change.before:.3f} → {change.after:.3f}",
        *(f"{figure:.2f}" for figure in changes),
        f"{spoken.percent:.2f}" if spoken else NOT_MEASURED,
    ]


def _mean(found: Nights, key: str) -> str:
    known = [one[key] for one in found if one[key] is not None]
    return f"{statistics.mean(known):.2f}" if known else _NONE


def _learned(found: Nights) -> list[dict[str, Any]]:
    return [one for one in found if one.get("learned", True)]
