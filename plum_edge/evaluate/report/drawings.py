"""The figures, drawn with matplotlib: as PNG and as SVG.

With marks.py the home of matplotlib, which the extra ``report`` brings. What a figure shows in words stands in
plots.py. Knows nothing of HTML.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from plum_edge.errors import Unavailable
from plum_edge.evaluate.report import marks
from plum_edge.evaluate.report.marks import COLOURS
from plum_edge.evaluate.report.plots import PROMPTED, Plot, kinds_asked, own_name, points, systems
from plum_edge.evaluate.report.words import KINDS, name_of, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "plum-edge",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.6,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.fontsize": 8,
}
_DPI = 220


def check() -> None:
    """See that figures can be drawn.

    Raises:
        Unavailable: matplotlib is not installed.
    """
    try:
        importlib.import_module("matplotlib")
    except ImportError as error:
        remedy = "Install it with: pip install 'plum-edge[report]'"
        raise Unavailable("A report needs matplotlib, which is not installed.", remedy=remedy) from error


def draw(plot: Plot, figures: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return a figure as SVG (UTF-8) and as PNG, on white. The same figures give the same bytes.

    Raises:
        KeyError: there is no figure of that name.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    told = {"Title": plot.title, "Description": plot.told}
    with rc_context(_STYLE):
        figure = Figure(figsize=(4.0, 2.75), layout="constrained", facecolor=COLOURS["paper"])
        _DRAWN[plot.name](figure, figures)
        svg = _saved(figure, "svg", {**told, "Date": None, "Creator": "plum-edge"})
        return svg, _saved(figure, "png", {**told, "Software": None})


def _saved(figure: Figure, form: str, metadata: Mapping[str, str | None]) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format=form, dpi=_DPI if form == "png" else "figure", metadata=dict(metadata))
    return out.getvalue()


# The five -------------------------------------------------------------------------------------------------------------


def _over_time(figure: Figure, figures: Mapping[str, Any]) -> None:
    axes = figure.add_subplot()
    lowest = 0.5
    labels = ("without a system prompt", "with a system prompt")
    lines = [points(figures, "over_time"), points(figures, PROMPTED)]
    for line, label, (colour, mark) in zip(lines, labels, marks.SERIES, strict=False):
        if not line:
            continue
        steps, shares = [step for step, _, _ in line], [share for _, share, _ in line]
        shown = mark if len(line) <= 60 else ""
        axes.plot(steps, shares, color=COLOURS[colour], marker=shown, label=label, linestyle=marks.dashes(colour))
        around = [(step, *bounds) for step, _, bounds in line if bounds]
        if around:
            x, low, high = zip(*around, strict=True)
            axes.fill_between(x, low, high, color=COLOURS[colour], alpha=0.2, linewidth=0)
            lowest = min(lowest, *low)
        lowest = min(lowest, *shares)
    marks.chance(axes)
    marks.in_percent(axes.yaxis, axes.set_ylim, lowest - 0.04)
    marks.in_whole_numbers(axes.xaxis)
    axes.set_xlabel("conversations learned")
    axes.set_ylabel("balanced accuracy")
    if lines[1]:
        figure.legend(loc="outside upper center", ncols=2, columnspacing=1.2)  # an axes' own takes room beside the plot


def _consistency(figure: Figure, figures: Mapping[str, Any]) -> None:
    axes = figure.add_subplot()
    axes.grid(visible=False)
    axes.set_facecolor(COLOURS["unseen"])
    steps, rows = [int(step) for step, _ in figures["over_time"]], figures["consistency"]
    edges = [max(0, 2 * steps[0] - steps[1]) if len(steps) > 1 else steps[0] - 1, *steps]
    cells = [[marks.mark_of(share) for share in row] for row in rows]
    for colour, _, height in marks.CELLS:
        runs = [
            (left, bottom, right, bottom - top)
            for top, bottom, row in zip(edges, edges[1:], cells, strict=False)
            for left, right in marks.runs_of(row, colour)
        ]
        if height < 1:
            marks.fill(axes, runs, "paper", 1.0)
        marks.fill(axes, runs, colour, height)
    axes.set_xlim(0, len(rows[0]))
    axes.set_ylim(edges[-1], edges[0])
    for axis in (axes.xaxis, axes.yaxis):
        marks.in_whole_numbers(axis)
    axes.set_xlabel("conversation asked about, in order of time")
    axes.set_ylabel("after conversation")
    marks.legend_of_cells(axes)


def _ages(figure: Figure, figures: Mapping[str, Any]) -> None:
    axes = figure.add_subplot()
    groups = [group for group in figures["by_age"] if group["accuracy"] is not None]
    shares = [group["accuracy"] for group in groups]
    bounds = [group.get("accuracy_ci95") or (share, share) for group, share in zip(groups, shares, strict=True)]
    places = list(range(len(groups)))
    axes.plot(places, shares, color=COLOURS["right"])
    marks.whiskers(axes, places, shares, bounds, "right", "o")
    for place, share, after in zip(places, shares, [*shares[1:], 0], strict=True):
        beside = (6, -9) if after > share else (6, 3)  # off the line
        axes.annotate(percent(share), (place, share), textcoords="offset points", xytext=beside)
    ends = {0: "oldest ", len(groups) - 1: "newest "} if len(groups) > 1 else {}
    axes.set_xticks(places, [f"{ends.get(n, '')}{group['conversations']}" for n, group in enumerate(groups)])
    axes.set_xlim(-0.4, len(groups) - 0.4)
    axes.grid(visible=False, axis="x")
    marks.chance(axes)
    marks.in_percent(axes.yaxis, axes.set_ylim, min(0.5, *(low for low, _ in bounds)) - 0.04)
    axes.set_xlabel("conversations, by age")
    axes.set_ylabel("balanced accuracy")


def _reliability(figure: Figure, figures: Mapping[str, Any]) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    rows = figures["calibration"]
    upper.plot([0, 1], [0, 1], color=COLOURS["muted"], linestyle=(0, (4, 3)), linewidth=1)
    said, true = [row["p_yes"] for row in rows], [row["yes_share"] for row in rows]
    upper.plot(said, true, color=COLOURS["right"])
    marks.whiskers(upper, said, true, [row["ci95"] for row in rows], "right", "o")
    marks.in_percent(upper.yaxis, upper.set_ylim, -0.03)
    upper.set_ylabel("yes in fact")
    counts = [row["n"] for row in rows]
    middles = [(row["low"] + row["high"]) / 2 for row in rows]
    bars = lower.bar(middles, counts, width=[0.9 * (row["high"] - row["low"]) for row in rows], color=COLOURS["muted"])
    lower.bar_label(bars, [f"{count:,}" for count in counts], fontsize=7, padding=1)
    lower.set_ylim(0, 1.35 * max(counts))
    lower.set_yticks([])
    lower.spines["left"].set_visible(False)
    lower.grid(visible=False)
    lower.set_ylabel("questions")
    lower.set_xlim(0, 1)
    marks.in_percent(lower.xaxis)
    lower.set_xlabel("p(yes)")


def _kinds(figure: Figure, figures: Mapping[str, Any]) -> None:
    axes = figure.add_subplot()
    asked, own = kinds_asked(figures), own_name(figures)
    known = systems(figures)
    compared = [own, *(name for name in ("bm25", f"{own}_bm25", "base") if name in known and name != own)]
    step = 0.7 / len(compared)
    for at, (system, (colour, mark)) in enumerate(zip(compared, marks.SERIES, strict=False)):
        found = {kind: known[system]["by_kind"].get(kind, {}) for kind in asked}
        rows = [(n - 0.35 + (at + 0.5) * step, found[k]) for n, k in enumerate(asked) if found[k].get("n")]
        places, shares = [place for place, _ in rows], [one["accuracy"] for _, one in rows]
        bounds = [one["ci95"] for _, one in rows]
        marks.whiskers(axes, places, shares, bounds, colour, mark, upright=False, label=name_of(system))
    counts = figures["by_kind"]
    axes.set_yticks(range(len(asked)), [f"{KINDS[kind]}\n{counts[kind]['n']:,} questions" for kind in asked])
    axes.set_ylim(len(asked) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    marks.in_percent(axes.xaxis, axes.set_xlim, -0.02)
    axes.set_xlabel("answered right")
    figure.legend(loc="outside upper center", ncols=2, columnspacing=1.2)


_DRAWN: dict[str, Callable[[Figure, Mapping[str, Any]], None]] = {
    "accuracy-over-time": _over_time,
    "consistency": _consistency,
    "forgetting": _ages,
    "calibration": _reliability,
    "kinds": _kinds,
}
NAMES = frozenset(_DRAWN)
"""Of all figures that there can be."""
