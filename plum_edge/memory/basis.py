"""What an answer rests on: who gave it, and with which p(yes)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plum_edge.records import Message

Source = Literal["nothing", "base", "weights", "log"]
"""``nothing``: nothing that was learned is in use, and no model was asked. ``log``: the base, with texts of the log
before it."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Of one answer."""

    source: Source
    adapter: str | None = None
    """The id of the one that was asked; with ``log`` it had its say in p(yes), too."""
    p_yes: float | None = None
    """Of all who were asked, where the answer is a yes or no."""
    asked: tuple[Message, ...] = ()
    """The prompt that was answered."""
