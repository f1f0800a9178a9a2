"""The lines of the demo on the screen: numbered acts, what happens in each, and how long it took.

Knows nothing of what is told.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence

from rich.cells import cell_len

from plum_edge.cli import terminal

_WIDEST = 100
"""On a wider terminal the times would stand too far from what they belong to."""
_NAME, _TIME = 12, 10


class Scene:
    """Standard output during a demo. ``silent`` shows nothing (--json)."""

    def __init__(self, acts: Sequence[str], *, silent: bool) -> None:
        self._acts, self._silent = list(acts), silent
        self._width = min(terminal.out().width, _WIDEST)
        self._margin = 2 * len(str(len(acts))) + 3 + _NAME + 1

    def act(self, name: str, text: str, began: float | None = None) -> None:
        """Begin an act. ``began`` (`time.monotonic()`) puts the time since then at the end of the line."""
        number = f"{self._acts.index(name) + 1}/{len(self._acts)}"
        self._line(f"{number}  {name:<{_NAME}} ", text, began)

    def more(self, text: str, began: float | None = None) -> None:
        """Tell more of the same act."""
        self._line("", text, began)

    def say(self, text: str = "", style: str = "") -> None:
        """Write a line outside the acts."""
        if not self._silent:
            terminal.say(text, style)

    def _line(self, head: str, text: str, began: float | None) -> None:
        if self._silent:
            return
        room = self._width - self._margin - (0 if began is None else _TIME)
        first, *rest = textwrap.wrap(terminal.one_line(text), room) or [""]
        spent = f"{terminal.duration(time.monotonic() - began):>{_TIME}}" if began is not None else ""
        gap = " " * (self._width - self._margin - _TIME - cell_len(first)) if spent else ""
        terminal.say(f"{head:<{self._margin}}{first}{gap}{spent}")
        for line in rest:
            terminal.say(f"{'':<{self._margin}}{line}")
