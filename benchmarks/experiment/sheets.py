"""The tables as CSV: a file a table, a number a column, those of several logs in one file.

Knows nothing of where a table's figures come from.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.experiment.tables import Table
from plum_edge.paths import atomic_write

CLEAN = "clean-"
"""How the names of the clean table's files begin."""
_OF_LOG = re.compile(r"(.*?)(?:: (\w+))?")
"""The title of a table, and the log that it is about, if it is about one."""
_INTERVAL = re.compile(r"(?P<value>[\d.,]+) \((?P<low>\d+)–(?P<high>\d+)\)")
_COUNTED = re.compile(r"(?P<value>[\d.,]+) \((?P<n>[\d,]+)\)")
_CHANGED = re.compile(r"(?P<before>[\d.]+) → (?P<after>[\d.]+)")
_NUMBER = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")


class Sheets:
    """Tables on their way into files, by the files' names."""

    def __init__(self, grid: str = "") -> None:
        """Begin; ``grid`` is how the names of all files begin that are these tables' own, where they share a folder."""
        self._grid = grid
        self._sheets: dict[str, tuple[list[str], list[list[str]]]] = {}

    def add(self, table: Table) -> str:
        """Take a table; return its file's name. ``Accuracy: nora`` goes into accuracy.csv, with its log in a column."""
        found = _OF_LOG.fullmatch(table.title)
        title, log = found.groups() if found else (table.title, None)
        name = re.sub(r"[^a-z0-9]+", "-", re.split("[,:]", title)[0].lower()).strip("-") + ".csv"
        header, rows = spread(table.header, table.rows)
        if log:
            header, rows = ["log", *header], [[log, *row] for row in rows]
        there = self._sheets.setdefault(name, (header, []))
        if there[0] != header:
            there = self._sheets[name] = _joined(there, header)
        there[1].extend([dict(zip(header, row, strict=True)).get(column, "") for column in there[0]] for row in rows)
        return name

    def write(self, folder: Path) -> None:
        """Write every file; take away those of tables that are no more."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, (header, rows) in self._sheets.items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([header, *rows])
            with atomic_write(folder / name) as file:
                file.write(text.getvalue().encode())
            (folder / name).chmod(0o644)
        for path in folder.glob("*.csv"):
            if path.name not in self._sheets and _grid(path.name) == self._grid:
                path.unlink()


def _grid(name: str) -> str:
    return CLEAN if name.startswith(CLEAN) else ""


def spread(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return a table with a number a column: ``92.1 (91–93)`` becomes three, ``53.1 (599)`` and ``96.1 → 95.3`` two.

    A dash becomes nothing.
    """
    columns, names = [], []
    for heading, cells in zip(header, zip(*rows, strict=True) if rows else [()] * len(header), strict=True):
        form = next(
            (one for one in (_INTERVAL, _COUNTED, _CHANGED) if any(one.fullmatch(cell) for cell in cells)), None
        )
        parts = list(form.groupindex) if form else ["value"]
        names += [heading.replace("`", "") if part == "value" else f"{heading}, {part}" for part in parts]
        found = [form.fullmatch(cell) if form else None for cell in cells]
        for part in parts:
            columns.append([
                plain(one[part] if one else cell if part == "value" else "")
                for one, cell in zip(found, cells, strict=True)
            ])  # fmt: skip
    return names, [list(row) for row in zip(*columns, strict=True)] if rows else []


def plain(cell: str) -> str:
    """Return a cell as a program reads it: no marks, no commas in numbers, nothing for a dash."""
    cell = cell.replace("`", "").replace("*", "")
    if _NUMBER.fullmatch(cell):
        return cell.replace(",", "")
    return "" if cell == "–" else cell


def _joined(there: tuple[list[str], list[list[str]]], header: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return a sheet with the columns that another table of it has besides."""
    columns = [*there[0], *(one for one in header if one not in there[0])]
    return columns, [[*row, *[""] * (len(columns) - len(row))] for row in there[1]]
