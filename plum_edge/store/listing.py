"""What the log answers when it is asked for more than conversations: lines, counts, and what was stored.

Knows nothing of how it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["logged", "augmented", "trained", "promoted", "aside", "excluded"]
STATES: tuple[State, ...] = ("logged", "augmented", "trained", "promoted", "aside", "excluded")


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as a list shows it."""

    id: str
    title: str
    created_at: datetime
    messages: int
    state: State
    """The state of its least advanced part: one that was added to is ``logged`` again.

    ``aside``: a part of it could not be learned. ``excluded``: it is logged, and never learned.
    """
    dated: bool = True
    """False where ``created_at`` is a guess."""


@dataclass(frozen=True, slots=True)
class AddResult:
    """What `Log.add` did, by id of the conversation."""

    added: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    """Known ids under which other messages came; the stored ones were left alone."""
    forgotten: tuple[str, ...] = ()
    """Ids that were forgotten here: nothing of them was stored."""
    messages: int = 0
    """Messages stored."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is."""

    conversations: int
    messages: int
    segments: int
    """Segments that have their place in the order of learning."""
    states: Mapping[State, int]
    """Conversations in each state, all of them named."""
