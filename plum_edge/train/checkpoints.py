"""The states of the fold on disk: which of them stay, which are averaged for use, and what can be read of them.

The newest two and every eighth stay, so that going back costs at most eight segments and the disk holds one state (a
few MB) for each eight learned; and those whose mean is used, and the one before them. Knows nothing of how a state is
made (fold.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from plum_edge.backends.base import State
from plum_edge.convert import peft
from plum_edge.errors import ForeignAdapter, UsageError
from plum_edge.paths import Home
from plum_edge.records import Step
from plum_edge.train.step import state_sha256

NAMES = re.compile(r"step-\d{6,}\.safetensors|epoch\.safetensors|passing\.gguf|\..*\.tmp")
"""All that is written into the folder of checkpoints: states, the one in work, an adapter to be asked in passing."""
_SPACING = 8
_NEWEST = 2


def checkpoint(home: Home, seq: int) -> Path:
    """Return where the state after a step is kept, if it is."""
    return home.checkpoints / f"step-{seq:06d}.safetensors"


def unfinished(home: Home) -> Path:
    """Return where the last whole epoch of a step in work is kept: whoever comes next carries on from it."""
    return home.checkpoints / "epoch.safetensors"


def stored(home: Home, step: Step, metadata: Mapping[str, str]) -> State | None:
    """Return the state after a step, or None where its checkpoint is gone, damaged or of other bytes.

    Raises:
        UsageError: it was learned with another ``metadata``: another rank, alpha or base.
    """
    path = checkpoint(home, step.seq)
    if not path.is_file():
        return None
    try:
        state, learned_with = peft.load(path)
    except ForeignAdapter:
        return None
    _refuse_other_settings(home, learned_with, metadata)
    return state if state_sha256(state) == step.state_sha256 else None


def _refuse_other_settings(home: Home, then: Mapping[str, str], now: Mapping[str, str]) -> None:
    """An adapter cannot go on with another rank or on another base: its matrices would not fit or mean nothing."""
    other = [f"{name} {then.get(name)} (now {now[name]})" for name in now if then.get(name) != now[name]]
    if other:
        raise UsageError(
            f"What {home.root} remembers was learned with {', '.join(other)}. Nothing was changed.",
            "Set it back in config.toml, or learn everything again: plum-edge consolidate --rebuild.",
        )


def last_ends(steps: Sequence[Step], aside: Collection[str], count: int) -> list[Step]:
    """Return the steps at whose ends the last ``count`` states stand that something was learned into, in order.

    A segment that is set ``aside`` leaves the state as it was, so that it does not count: a night that ends with one
    uses the same weights as the night before it. Of steps with the same state it is the newest, as that one stays.
    """
    learned = {step.state_sha256 for step in steps if step.segment not in aside}
    newest = {step.state_sha256: step for step in steps}
    return [step for state, step in newest.items() if state in learned][-count:]


def ends_kept(averaged: int) -> int:
    """Return of how many ends the states stay: one more than are averaged, or the last conversation could not be
    forgotten without learning up to eight again.
    """
    return averaged + (averaged > 1)


def lost(home: Home, steps: Sequence[Step]) -> Sequence[Step]:
    """Return the steps after the last one whose checkpoint is there: they are taken back when learning goes on."""
    kept = (place for place, step in enumerate(steps, start=1) if checkpoint(home, step.seq).is_file())
    return steps[max(kept, default=0) :]


def superseded(steps: Sequence[Step], ends: Sequence[Step]) -> list[int]:
    """Return the places of the steps whose checkpoints may go, where the states at these ``ends`` stay."""
    kept = {step.seq for step in ends}
    older = enumerate((step.seq for step in steps[:-_NEWEST]), start=1)
    return [seq for position, seq in older if position % _SPACING and seq not in kept]


def checkpoints_of(steps: int, ends: int = 1) -> int:
    """Return how many checkpoints a night of so many steps leaves, and one that is written before an older one goes.

    Where the mean of more than one end is used, lost ones are learned again, however few steps the night has.
    """
    most = -(-steps // _SPACING) + _NEWEST + ends_kept(ends) - 1
    return (min(steps, most) if ends == 1 else most) + 1


def mean(states: Sequence[State]) -> State:
    """Return the mean of states, in f32; of one it is that state, byte for byte."""
    first, *others = states
    if not others:
        return first
    return {name: sum((one[name] for one in others), first[name]) / np.float32(len(states)) for name in first}
