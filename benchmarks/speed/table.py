"""A table of the bench: what was measured, as text for the terminal and as Markdown for the page.

Knows nothing of how anything is measured.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

ABSENT = "–"
"""What stands where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Table:
    """Title, names of the columns, rows of as many cells; ``notes`` say what a reader must know.

    ``figure`` is the name of a picture that stands beside the page, if there is one.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = field(default=())
    figure: str = ""

    def __post_init__(self) -> None:
        """Refuse a row that has not a cell for each column."""
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"{self.title}: {len(row)} cells in a table of {len(self.header)} columns: {row}")

    def markdown(self) -> str:
        """Return the table with its title and notes in Markdown."""
        lines = [f"| {' | '.join(cells)} |" for cells in (self.header, ["---"] * len(self.header), *self.rows)]
        picture = [f"![{self.title}]({self.figure})", ""] if self.figure else []
        return "\n".join([f"### {self.title}", "", *lines, "", *picture, *(f"- {note}" for note in self.notes)]).strip()

    def text(self) -> str:
        """Return the table with its title and notes for a terminal."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        lines = [
            "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)) for cells in (self.header, *self.rows)
        ]
        return "\n".join([self.title, "", *(line.rstrip() for line in lines), *(f"  {note}" for note in self.notes)])

    def kept(self) -> dict[str, Any]:
        """Return the table as JSON has it."""
        return asdict(self)


def of_kept(kept: dict[str, Any]) -> Table:
    """Return a table that was `Table.kept`."""
    return Table(**kept)


def number(value: float | None, digits: int = 1) -> str:
    """Return a figure as it stands in a cell."""
    return ABSENT if value is None else f"{value:,.{digits}f}"


def median(values: Sequence[float]) -> float | None:
    """Return the median, or None of nothing."""
    return statistics.median(values) if values else None


def verdict(value: float | None, target: float, *, at_most: bool = False, digits: int = 1) -> str:
    """Return a figure beside what it should be: met, or how far it is."""
    if value is None:
        return "not measured"
    met = value <= target if at_most else value >= target
    bound = f"{'≤' if at_most else '≥'} {target:,.{digits}f}"
    return f"{value:,.{digits}f} ({bound}: {'met' if met else 'not met'})"
