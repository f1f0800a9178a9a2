"""Tables of what changes on the way: over time, with one setting changed, and beyond a hundred conversations."""

from __future__ import annotations

from benchmarks.experiment import grid
from benchmarks.experiment.cells import Cell
from benchmarks.experiment.figures import Answered, Shelf
from benchmarks.experiment.tables import BASE, BM25, CELLS, PLUM, REPLAY, Row, Table, cells_of
from plum_edge.evaluate import report


def over_time(shelf: Shelf) -> Table:
    """Return accuracy after so many conversations (the paper's figure 2), one seed."""
    rows = (
        BASE, BM25, PLUM, REPLAY,
        Row("adapter, `replay`, behind a system prompt", "main", "replay", "adapter_prompted"),
    )  # fmt: skip
    lines = []
    for log in grid.LOGS:
        for row in rows:
            mine = cells_of(row, log)[:1]
            points = [shelf.answered(mine, "closed", row.system, point) for point in grid.POINTS]
            lines.append([log, row.label, *(a if isinstance(a, str) else a.balanced() for a in points)])
    header = ("log", "system", *(f"after {point}" for point in grid.POINTS))
    return Table("Over time, seed 0", "All held-out questions so far, balanced.", header, lines)


def consistency(shelf: Shelf) -> str:
    """Return the paper's figure 3 in text, for the sample user and seed 0: one plot a recipe."""
    drawn = []
    for row in (PLUM, REPLAY):
        (cell, *_) = cells_of(row, "nora")
        found = {point: shelf.answered([cell], "closed", "adapter", point) for point in cell.points}
        seen = {point: one.by_age() for point, one in found.items() if isinstance(one, Answered)}
        if not seen:
            drawn.append(f"{row.label}: not run")
            continue
        width = max(len(shares) for shares in seen.values())
        rows = [[shares.get(age) for age in range(width)] for shares in seen.values()]
        plot = report.consistency(list(seen), rows, width=width + 10)
        drawn.append(f"{row.label.replace('`', '')}: {plot.plain}")
    return "### Consistency, seed 0: nora\n\n```\n" + "\n\n".join(drawn) + "\n```\n"


def ablations(shelf: Shelf) -> Table:
    """Return one change at a time: the sample user, seed 0, 50 conversations."""
    named = [(label, f"ablation/nora/{name}/seed-0") for name, (label, _) in grid.ABLATIONS.items()]
    plum, replay = ("`plum`", "main/nora/plum/seed-0"), ("`replay`, the default", "main/nora/replay/seed-0")
    together = (grid.TOGETHER[0], "ablation/nora/together/seed-0")
    lines = [_ablation(shelf, "base, no memory", CELLS[replay[1]], "base")]
    lines += [_ablation(shelf, label, CELLS[name]) for label, name in (plum, *named, replay, together)]
    header = ("what", *(f"after {point}" for point in grid.EARLY), "yes asked", "no asked", "near", "far")
    return Table("Ablations", "Balanced after 10, 25 and 50 conversations; the rest after 50.", header, lines)


def _ablation(shelf: Shelf, label: str, cell: Cell, system: str = "adapter") -> list[str]:
    points = [shelf.answered([cell], "closed", system, point) if point in cell.points else "–" for point in grid.EARLY]
    last = points[-1]
    rest = ["–"] * 4 if isinstance(last, str) else [last.yes(), last.no(), last.kind("near"), last.kind("far")]
    return [label, *(a if isinstance(a, str) else a.balanced() for a in points), *rest]


def long(shelf: Shelf) -> Table:
    """Return what happens beyond a hundred conversations."""
    lines = []
    for cell in (cell for cell in CELLS.values() if cell.group == "long"):
        for point in cell.points:
            found = shelf.answered([cell], "closed", "adapter", point)
            lines.append([cell.log, f"{point:,}", "`adapter`", *_aged(found)])
        for system in ("base", "bm25", "bm25_passages", "adapter_as_asked", "adapter_search", "adapter_bm25"):
            found = shelf.answered([cell], "held_out", system)
            lines.append([cell.log, f"{cell.conversations:,}", f"`{system}`", *_aged(found)])
    header = (
        "log", "conversations", "system", "questions", "yes asked", "no asked", "balanced", "oldest quarter", "newest",
    )  # fmt: skip
    notes = (
        "Several users' sessions as one log, in order of time. long300: the three test users. long1000: with the four "
        "development users for length, whose dialogues the base saw in pre-training."
    )
    return Table("Beyond a hundred: `replay`, seed 0", notes, header, lines)


def _aged(found: Answered | str) -> list[str]:
    if isinstance(found, str):
        return [found, *["–"] * 5]
    quarters = found.quarters()
    return [f"{len(found.closed):,}", found.yes(), found.no(), found.balanced(), quarters[0], quarters[-1]]
