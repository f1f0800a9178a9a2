"""What every table is given: how thorough to be, with what threads and base, and where to put what is thrown away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bench:
    """One run. ``scratch`` is a temporary folder of the one table that is being measured."""

    quick: bool
    threads: int
    base: str
    """Name of the base that trains and answers."""
    scratch: Path
    pictures: Path
    """The folder of the page, for pictures that belong to it."""
    say: Callable[[str], None]
    """Tells whoever watches what goes on."""
