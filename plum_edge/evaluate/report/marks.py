"""What the drawings are made of: colours, marks with their intervals, axes in percent, the cells of figure 3.

With drawings.py the home of matplotlib. Knows nothing of what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from plum_edge.evaluate.report.words import MOSTLY_FROM, RIGHT_FROM

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "ink": "#1b1f24",
    "muted": "#57606b",
    "grid": "#d5dae0",
    "unseen": "#e7eaee",
    "paper": "#fefefe",
    "right": "#0067a5",
    "partly": "#5595c5",
    "wrong": "#d55e00",
    "third": "#7a4f9a",
}
"""By the names that page.css gives them: blue and orange, which everybody tells apart. Each value occurs once, so that
a colour in a drawing tells its name."""

CELLS = (("right", RIGHT_FROM, 1.0), ("partly", MOSTLY_FROM, 0.7), ("wrong", 0.0, 0.4))
"""Marks of the consistency plot: the colour, the share of right answers that earns it, and the height in its row."""
SERIES = (("right", "o"), ("wrong", "s"), ("third", "D"), ("muted", "^"), ("ink", "v"))
"""Colour and mark of each series: the mark alone tells them apart."""


def chance(axes: Axes) -> None:
    """Draw the line of who knows nothing: one half."""
    axes.axhline(0.5, color=COLOURS["muted"], linestyle=(0, (4, 3)), linewidth=1)
    at = axes.get_yaxis_transform()
    axes.annotate("chance", (1, 0.5), xycoords=at, textcoords="offset points", xytext=(-1, 2), ha="right")


def in_percent(axis: Any, limit: Callable[..., object] | None = None, low: float = 0.0) -> None:
    """Mark an axis in percent; ``limit`` sets its range, from ``low`` to a little over 100 %."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=" %"))
    if limit is not None:
        limit(max(low, -0.03), 1.03)


def in_whole_numbers(axis: Any) -> None:
    """Mark an axis at whole numbers only, as things are counted."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))


def dashes(colour: str) -> str:
    """Return the style of a line: solid for the first series, so that colour is not needed."""
    return "solid" if colour == "right" else "dashed"


def whiskers(
    axes: Axes,
    places: Sequence[float],
    shares: Sequence[float],
    bounds: Sequence[Sequence[float]],
    colour: str,
    mark: str,
    *,
    upright: bool = True,
    label: str = "",
) -> None:
    """Draw marks with their intervals."""
    pairs = list(zip(shares, bounds, strict=True))
    off = [[max(0.0, share - low) for share, (low, _) in pairs], [max(0.0, high - share) for share, (_, high) in pairs]]
    errors: dict[str, Any]
    x, y, errors = (places, shares, {"yerr": off}) if upright else (shares, places, {"xerr": off})
    style: dict[str, Any] = {
        "color": COLOURS[colour],
        "marker": mark,
        "linestyle": "none",
        "capsize": 2,
        "elinewidth": 1,
    }
    axes.errorbar(x, y, **errors, **style, label=label)


def mark_of(share: float | None) -> str | None:
    """Return the colour of a cell of the consistency plot; None where nothing was asked."""
    return None if share is None else next(colour for colour, least, _ in CELLS if share >= least)


def runs_of(cells: Sequence[str | None], wanted: str) -> Iterable[tuple[int, int]]:
    """Yield start and end of each run of ``wanted``: a run is one box in the file, however long it is."""
    start = None
    for at, cell in enumerate([*cells, None]):
        if cell == wanted and start is None:
            start = at
        elif cell != wanted and start is not None:
            yield start, at
            start = None


def fill(axes: Axes, runs: Sequence[tuple[float, float, float, float]], colour: str, share: float) -> None:
    """Draw runs (left, bottom, right, height of the row) to a share of their height, as a single path."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not runs:
        return
    corners: list[tuple[float, float]] = []
    for left, bottom, right, height in runs:
        top = bottom - share * height
        corners += [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    box = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(corners, box * len(runs)), facecolor=COLOURS[colour], linewidth=0))


def legend_of_cells(axes: Axes) -> None:
    from matplotlib.patches import Patch

    named = [("right", "right"), ("partly", "partly, lower"), ("wrong", "wrong, lowest"), ("unseen", "not seen yet")]
    patches = [Patch(facecolor=COLOURS[colour], label=label) for colour, label in named]
    style = {"ncols": 4, "borderaxespad": 0.2, "handlelength": 0.9, "columnspacing": 1.1, "handletextpad": 0.4}
    axes.legend(handles=patches, loc="lower right", bbox_to_anchor=(1, 1), **style)
