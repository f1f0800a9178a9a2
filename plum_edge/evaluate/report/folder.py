"""A report on disk: the page, each figure as SVG and PNG, and the numbers.

Everything is made before anything is written; each file is written whole, the page last, and what else is in the folder
is left alone. So a report that is replaced is never half a page.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plum_edge.errors import UsageError
from plum_edge.paths import atomic_write, disk_errors

PAGE, NUMBERS = "index.html", "report.json"
MADE_BY = "plum-edge evaluate --report"
"""Stands in report.json; tells a report of ours from a folder of somebody's."""


def check(folder: Path) -> None:
    """See that a report can be made and written there, before minutes are spent on measuring.

    Raises:
        Unavailable: matplotlib is not installed.
        UsageError: it is a file, or a folder that holds something and no report.
        StoreError: it cannot be read.
    """
    from plum_edge.evaluate.report import drawings

    drawings.check()
    with disk_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is not a folder.", "Name a folder, or one that does not exist yet.")
        if folder.exists() and any(_foreign(path) for path in folder.iterdir()) and not _is_report(folder):
            raise UsageError(
                f"{folder} is not empty and holds no report of plum-edge.", "Name a new folder. Nothing was measured."
            )


def write(figures: Mapping[str, Any], folder: Path, made: dt.date) -> list[Path]:
    """Write the report of `evaluate`'s JSON into a folder, where it replaces an older one.

    Returns its files, the page first.

    Raises:
        Unavailable, UsageError: as `check`.
        StoreError: it cannot be written.
    """
    from plum_edge.evaluate.report import drawings
    from plum_edge.evaluate.report.page import page
    from plum_edge.evaluate.report.plots import plots

    check(folder)
    shown = plots(figures)
    drawn = {plot.name: drawings.draw(plot, figures) for plot in shown}
    html = page(figures, shown, {name: svg for name, (svg, _) in drawn.items()}, made)
    numbers = {"made_by": MADE_BY, "made": made.isoformat(), "figures": figures}
    files = {NUMBERS: json.dumps(numbers, indent=1).encode()}
    for name, (svg, png) in drawn.items():
        files |= {f"{name}.svg": svg, f"{name}.png": png}
    files[PAGE] = html.encode()
    for name, content in files.items():
        with atomic_write(folder / name) as file:
            file.write(content)
    with disk_errors(folder):
        for name in drawings.NAMES - drawn.keys():  # of an older report that could show more
            for ending in ("svg", "png"):
                (folder / f"{name}.{ending}").unlink(missing_ok=True)
    return [folder / name for name in (PAGE, *(name for name in files if name != PAGE))]


def within(root: Path) -> list[Path]:
    """Return the files of all reports of ours in a folder and below it, whole or not; links are not followed."""
    return [path for folder in sorted({one.parent for one in root.rglob(f"*{NUMBERS}*")}) for path in _ours(folder)]


def _ours(folder: Path) -> list[Path]:
    """Return what `write` has put into a folder: where the report in it is not ours, what it had begun there."""
    from plum_edge.evaluate.report import drawings

    names = [NUMBERS, PAGE, *(f"{name}.{ending}" for name in sorted(drawings.NAMES) for ending in ("svg", "png"))]
    either = "|".join(map(re.escape, names))
    ours = re.compile(rf"{either}|\.({either})\..+\.tmp") if _is_report(folder) else re.compile("(?!)")
    found = (path for path in sorted(folder.iterdir()) if path.is_file())
    return [path for path in found if ours.fullmatch(path.name) or not _foreign(path)]


def _foreign(path: Path) -> bool:
    """Whether a file is not what an interrupted `write` leaves."""
    return not (path.name.startswith(f".{NUMBERS}.") and path.suffix == ".tmp")


def _is_report(folder: Path) -> bool:
    try:
        found = json.loads((folder / NUMBERS).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("made_by") == MADE_BY
