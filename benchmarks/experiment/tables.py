"""Tables of what is right after the last conversation. Each is a function of the kept answers; where there are none it
says "not run". courses.py has what changes on the way, around.py what stands beside accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmarks.experiment import grid
from benchmarks.experiment.cells import Cell
from benchmarks.experiment.figures import NOT_RUN, Answered, Shelf
from benchmarks.experiment.logs import gold

CELLS = {cell.name: cell for cell in grid.grid()}
"""Every cell by name."""


class Row(NamedTuple):
    """A line of a table: what it is called, and whose answers it shows."""

    label: str
    group: str
    recipe: str
    system: str


class Table(NamedTuple):
    """A table as written: its title, what a reader must know, the cells."""

    title: str
    notes: str
    header: tuple[str, ...]
    rows: list[list[str]]

    def markdown(self) -> str:
        """Return it in Markdown."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


BASE = Row("base, no memory", "main", "replay", "base")
BM25 = Row("BM25 top-1, same model", "main", "replay", "bm25")
PASSAGES = Row("BM25 passages, same model", "main", "replay", "bm25_passages")
THRESHOLD = Row("BM25 threshold, no model", "main", "replay", "bm25_threshold")
BY_TOPIC = Row("the same, on the topic alone", "main", "replay", "bm25_threshold_topic")
PLUM = Row("adapter, `plum`", "main", "plum", "adapter")
PLUM_BM25 = Row("adapter, `plum`, and BM25", "main", "plum", "adapter_bm25")
REPLAY = Row("adapter, `replay` (default)", "main", "replay", "adapter")
AS_ASKED = Row("adapter, `replay`, asked once as it stands", "main", "replay", "adapter_as_asked")
SEARCH = Row("adapter, `replay`, and the score of BM25", "main", "replay", "adapter_search")
REPLAY_BM25 = Row("adapter, `replay`, and BM25", "main", "replay", "adapter_bm25")
MAIN = (BASE, BM25, PASSAGES, THRESHOLD, BY_TOPIC, PLUM, PLUM_BM25, REPLAY, AS_ASKED, SEARCH, REPLAY_BM25)


def cells_of(row: Row, log: str) -> list[Cell]:
    """Return the cells of a row on a log: one a seed."""
    named = (f"{row.group}/{log}/{row.recipe}/seed-{seed}" for seed in grid.SEEDS)
    return [CELLS[name] for name in named if name in CELLS]


def filled(
    shelf: Shelf, row: Row, log: str, asked: str, width: int, cells: Callable[[Answered], list[str]]
) -> list[str]:
    """Return the figures of a row, or "not run" and dashes in their place."""
    found = shelf.answered(cells_of(row, log), asked, row.system)
    return [found, *["–"] * (width - 1)] if isinstance(found, str) else cells(found)


def main_tables(shelf: Shelf, rows: Sequence[Row] = MAIN, logs: Sequence[str] = grid.LOGS) -> Iterator[Table]:
    """Yield, for each log, accuracy after the last conversation."""
    for log in logs:
        lines = [
            [
                row.label,
                *filled(shelf, row, log, "held_out", 5, lambda a: [
                    f"{len(a.closed):,}", a.yes(), a.no(), a.balanced(), a.by_seed()]),
            ]
            for row in rows
        ]  # fmt: skip
        header = ("system", "questions", "yes asked", "no asked", "balanced", "by seed")
        yield Table(f"Accuracy: {log}", "", header, lines)


def kinds(shelf: Shelf, rows: Sequence[Row] = MAIN, logs: Sequence[str] = grid.LOGS) -> Iterator[Table]:
    """Yield, for each log, the share right by kind of question, and other sets of questions."""
    for log in logs:
        lines = []
        for row in rows:
            kind = filled(shelf, row, log, "held_out", 5, lambda a: [
                a.kind(style) for style in ("verbatim", "paraphrased", "indirect", "near", "far")])  # fmt: skip
            other = [further(shelf, cells_of(row, log), row.system, a) for a in ("rare", "unseen", "others", "gold")]
            lines.append([row.label, *kind, *other])
        header = (
            "system", "verbatim", "paraphrased", "indirect", "near", "far",
            "rare words", "unseen phrasings", "others' phrasings", "hand-written",
        )  # fmt: skip
        yield Table(f"By kind: {log}", "", header, lines)


def further(shelf: Shelf, cells: Sequence[Cell], system: str, asked: str) -> str:
    """Return accuracy on another set of questions; a dash where the experiment does not put it to this system."""
    here = [cell for cell in cells if system in cell.asked(asked) and (asked != "gold" or gold(cell.log))]
    found = shelf.answered(here, asked, system) if here else "–"
    return found if isinstance(found, str) else found.balanced()


def ages(shelf: Shelf) -> Table:
    """Return accuracy by age of the conversation."""
    rows = (PLUM, REPLAY, BM25)
    lines = [
        [log, row.label, *filled(shelf, row, log, "held_out", 4, Answered.quarters)]
        for log in grid.LOGS
        for row in rows
    ]
    header = ("log", "system", "oldest quarter", "second", "third", "newest")
    return Table("By age of the conversation", "Balanced; n: the number of questions.", header, lines)


def opened(shelf: Shelf) -> Table:
    """Return the open questions."""
    lines = [
        [log, row.label, *filled(shelf, row, log, "held_out", 3, Answered.opened)] for log in grid.LOGS for row in MAIN
    ]
    header = ("log", "system", "the fact is in the answer", "token F1", "answers to what was never said")
    return Table("Open questions", "", header, lines)


def mcnemar(shelf: Shelf) -> Table:
    """Return McNemar's tests against BM25 top-1 on the same questions."""
    lines = []
    for log in grid.LOGS:
        for asked, what in (("held_out", "held-out"), ("gold", "hand-written")):
            bm25 = shelf.answered(cells_of(BM25, log), asked, BM25.system)
            for row in (PLUM, REPLAY, SEARCH, REPLAY_BM25):
                found = shelf.answered(cells_of(row, log), asked, row.system)
                if asked == "gold" and not gold(log):
                    continue
                told = [NOT_RUN, "–", "–", "–"]
                if isinstance(found, Answered) and isinstance(bm25, Answered):
                    told = found.against(bm25)
                lines.append([log, what, row.label, *told])
    header = ("log", "questions", "system", "asked", "only BM25 right", "only this right", "p")
    return Table("Against BM25 top-1, question by question", "McNemar's exact two-sided test.", header, lines)


def calibrations(shelf: Shelf) -> Table:
    """Return how far p(yes) can be believed."""
    rows = (BM25, PLUM, REPLAY, REPLAY_BM25)
    lines = [
        [log, row.label, *filled(shelf, row, log, "held_out", 6, Answered.calibration)]
        for log in grid.LOGS
        for row in rows
    ]
    header = ("log", "system", "ECE", "p(yes) 0–0.2", "0.2–0.4", "0.4–0.6", "0.6–0.8", "0.8–1")
    notes = "Share of questions to be answered yes among those given such a p(yes), and how many; ECE in points."
    return Table("Reliability of p(yes)", notes, header, lines)
