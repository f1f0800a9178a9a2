"""The clean test's tables, from kept answers alone: docs/results/clean-*.csv, and the table of docs/RESULTS.md.

What has not been run is not in the CSV, and says so in the table. AUC and balanced accuracy in percent. Asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.experiment import clean, pooled
from benchmarks.experiment.cells import NOTHING_LEARNED
from benchmarks.experiment.clean_board import (
    ADAPTER,
    BASE,
    BM25_READ,
    BOTH,
    CONSULTED,
    DENSE,
    DENSE_READ,
    DENSE_TAUGHT,
    IN_CONTEXT,
    PLUM,
    PLUM_BOTH,
    QUESTIONS,
    QUOTED,
    QUOTED_TAUGHT,
    READ,
    READER,
    RIVALS,
    SEARCHES,
    Board,
    System,
)  # fmt: skip
from benchmarks.experiment.clean_nights import left, moved, nights, pace
from benchmarks.experiment.figures import NOT_RUN, rate, share
from benchmarks.experiment.grid import USERS
from benchmarks.experiment.natural import PARTNER
from benchmarks.experiment.sheets import CLEAN, Sheets
from benchmarks.experiment.tables import Table
from plum_edge.evaluate.scoring import Interval, Scored
from plum_edge.paths import atomic_write

MARKS = ("<!-- figures: clean -->", "<!-- /figures: clean -->")
ASKED = (ADAPTER, BOTH, CONSULTED, PLUM, PLUM_BOTH, READ, READER, *RIVALS, BASE, QUESTIONS)
_SETS = {
    "crossed": "Clean crossed",
    "later": "Clean later: own questions about later conversations as no",
    "templates": "Clean templates",
}


def write(results: Path, folder: Path, page: Path, front: Path) -> None:
    """Write the CSV files, the table into its place on the page, and the small one into that of the front page."""
    board, sheets = Board(results), Sheets(CLEAN)
    for table in (*asked(board), controls(board), opened(board), everyday(board), against(board), nights(board)):
        if table.rows:
            sheets.add(table)
    sheets.write(folder)
    for path, made in ((page, main_table(board)), (front, small_table(board))):
        replaced = between(path.read_text(encoding="utf-8"), made.markdown() if made.rows else "*Not run.*")
        with atomic_write(path) as file:
            file.write(replaced.encode())
        path.chmod(0o644)


def between(text: str, table: str) -> str:
    """Return a page with the table between its marks; as it is where it has none."""
    begin, end = MARKS
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{table}\n{end}", text, flags=re.S)


def asked(board: Board) -> Iterator[Table]:
    """Yield a table for each set of questions of yes and no: every user, system and point."""
    for name, title in _SETS.items():
        rows = [
            [log, one.label, str(point), *_figures(found), _note(board, log, one, point)]
            for log in (*clean.NATURAL, *USERS)
            for one in ASKED
            for point in clean.POINTS
            if (found := board.answered(log, one, name, point))
        ]
        header = (
            "user", "system", "after", "seeds", "yes, n", "no, n", "AUC", "balanced", "yes asked", "no asked",
            "AUC verbatim", "AUC paraphrased", "AUC indirect", "AUC newest half", "AUC oldest half", "note",
        )  # fmt: skip
        yield Table(title, "", header, rows)


def controls(board: Board) -> Table:
    """Return what a crossed set gives away by itself, and to the adapter of somebody else."""
    rows = [
        [log, what, str(point), *(_told(figure([found])) for figure in (pooled.auc, pooled.balanced))]
        for log in clean.NATURAL
        for point in clean.POINTS
        for what, found in (
            (QUESTIONS.label, board.answered(log, QUESTIONS, "crossed", point)),
            ("the adapter of another user", board.stranger(log, point)),
            (BASE.label, board.answered(log, BASE, "crossed", point)),
        )
        if found
    ]
    return Table("Clean controls", "", ("user", "system", "after", "AUC", "balanced"), rows)


def opened(board: Board) -> Table:
    """Return the questions for a fact."""
    rows = [
        [log, one.label, str(point), *_facts(found), _note(board, log, one, point)]
        for log in clean.NATURAL
        for one in (ADAPTER, PLUM, READER, QUOTED, QUOTED_TAUGHT, DENSE_READ, BM25_READ, IN_CONTEXT)
        for point in clean.POINTS
        if (found := board.answered(log, one, "open", point))
    ]
    return Table("Clean open", "", ("user", "system", "after", "with the fact", "false answers", "note"), rows)


def everyday(board: Board) -> Table:
    """Return how often what was never discussed is affirmed."""
    rows = [
        [log, one.label, str(point), str(sum(map(len, found))), _false(found), _note(board, log, one, point)]
        for log in clean.NATURAL
        for one in (ADAPTER, BOTH, CONSULTED, PLUM, READ, *RIVALS[:4])
        for point in clean.POINTS
        if (found := board.answered(log, one, "everyday", point))
    ]
    return Table("Clean everyday topics", "", ("user", "system", "after", "asked", "false yes", "note"), rows)


def against(board: Board) -> Table:
    """Return McNemar's test of what ``--retrieve`` decides by against the best of what anybody has with the log."""
    rows = []
    for name, logs in ({log: (log,) for log in clean.NATURAL} | {"final users": clean.FINAL}).items():
        for point in clean.POINTS:
            users = [found for log in logs if (found := board.answered(log, CONSULTED, "crossed", point))]
            best = best_rival(board, logs, point)
            if len(users) == len(logs) and best:
                flips = pooled.against(users, [board.answered(log, best, "crossed", point) for log in logs])
                rows.append([name, str(point), best.label, str(flips.gained), str(flips.lost), f"{flips.p:.3f}"])
    header = ("user", "after", "best without", "only that right", "only adapter, searches and reader right", "p")
    return Table("Clean against the best", "McNemar's exact two-sided test.", header, rows)


def best_rival(board: Board, logs: Sequence[str], point: int) -> System | None:
    """Return what of `RIVALS` has the best balanced accuracy on crossed questions, of those that all were asked."""
    figures = {}
    for one in RIVALS:
        users = [board.answered(log, one, "crossed", point) for log in logs]
        if all(users) and (found := pooled.balanced(users)):
            figures[one] = found[0]
    return max(figures, key=lambda one: figures[one], default=None)


def main_table(board: Board) -> Table:
    """Return the table of the page: the final users together, after so many conversations; what was run of it."""
    lines: list[list[str]] = []

    def add(label: str, told: Sequence[str]) -> None:
        lines.append([label, *told])

    add("templates, held out, balanced: adapter", _line(board, ADAPTER, "templates", pooled.balanced))
    add("the same: adapter, `plum`", _line(board, PLUM, "templates", pooled.balanced))
    for one in (ADAPTER, BOTH, CONSULTED, PLUM, READ, READER, *RIVALS, BASE, QUESTIONS):
        add(f"crossed, AUC: {one.label}", _line(board, one, "crossed", pooled.auc))
    add("crossed, AUC: control: the adapter of another user", [_strangers(board, point) for point in clean.POINTS])
    for one in (ADAPTER, BOTH, CONSULTED, READ, *RIVALS):
        add(f"crossed, balanced: {one.label}", _line(board, one, "crossed", pooled.balanced))
    for one in (ADAPTER, BOTH, CONSULTED, READ, SEARCHES, DENSE, DENSE_TAUGHT, IN_CONTEXT):
        add(f"own later questions as no, AUC: {one.label}", _line(board, one, "later", pooled.auc))
    for one in (ADAPTER, READER, QUOTED, QUOTED_TAUGHT, DENSE_READ, BM25_READ, IN_CONTEXT):
        facts = [_facts(_flat(board, one, "open", point)) for point in clean.POINTS]
        add(f"a fact asked for: in the answer: {one.label}", [fact for fact, _ in facts])
        add(f"a fact never told: false answers: {one.label}", [false for _, false in facts])
    for one in (READER, QUOTED, QUOTED_TAUGHT):
        shown = [_shown(_flat(board, one, "open", point)) for point in clean.POINTS]
        add(f"a fact asked for: claimed, and right: {one.label}", [claimed for claimed, _ in shown])
        add(f"a fact never told: words shown, unsure: {one.label}", [unsure for _, unsure in shown])
    for one in (ADAPTER, BOTH, CONSULTED):
        add(
            f"everyday topics, false yes: {one.label}",
            [_false(_flat(board, one, "everyday", point)) for point in clean.POINTS],
        )
    found = [[a for log in _users(board, point) for a in board.points(log, "default", point)] for point in clean.POINTS]
    for label, figure in (
        ("KL to the base on its own replies, nats a token", moved),
        ("loss on held-out chat, nats a token: base → with the adapter", left),
        ("the same as the chat answers: the adapter only where it may be asked", partial(left, routed=True)),
        ("seconds a conversation", pace),
    ):
        add(label, [figure(one) if one else NOT_RUN for one in found])
    shown = [line for line in lines if not set(line[1:]) <= {NOT_RUN, "–"}]
    if shown:
        shown.insert(0, ["users", *(_named(board, point) for point in clean.POINTS)])
    header = ("", *(f"after {point}" for point in clean.POINTS))
    return Table("", "", header, [[NOT_RUN if cell == "–" else cell for cell in line] for line in shown])


def small_table(board: Board) -> Table:
    """Return the table of the front page: the final users after as many conversations as their adapters were asked."""
    there = [
        point for point in clean.POINTS if any(board.answered(log, ADAPTER, "crossed", point) for log in clean.FINAL)
    ]
    if not there:
        return Table("", "", ("asked",), [])
    point = there[-1]

    def told(name: str, figure: Any, *systems: System) -> str:
        """Return the best of these systems."""
        users = {one: list(_answered(board, one, name, point).values()) for one in systems}
        found = {one: figure(answered) for one, answered in users.items() if all(answered)}
        known = {one: value for one, value in found.items() if value}
        best = max(known, key=lambda one: known[one][0], default=None)
        if best is None:
            return "–"
        named = f", {_briefly(best)}" if len(systems) > 1 else ""
        return _pool(board, point, dict(_answered(board, best, name, point)), figure) + named

    rows = [
        [what, *(told(name, figure, *systems) for systems in ((ADAPTER,), RIVALS, (CONSULTED,)))]
        for what, name, figure in (
            ("in the words of our templates, balanced", "templates", pooled.balanced),
            ("in a person's words, crossed, balanced", "crossed", pooled.balanced),
            ("the same, AUC", "crossed", pooled.auc),
            ("the same, against their own later questions, AUC", "later", pooled.auc),
        )
    ]
    asked = f"asked after {point} conversations: {_named(board, point)}"
    header = (asked, "adapter", "strongest search", "adapter, both searches and the reader")
    return Table("", "", header, rows)


def _briefly(one: System) -> str:
    """Return a system's name where there is little room."""
    return one.label.partition(" threshold")[0].partition(", no ")[0]


def _users(board: Board, point: int) -> list[str]:
    """Return the final users whose adapter was asked after so many; where none was, all, for those who need none."""
    there = [log for log in clean.FINAL if board.answered(log, ADAPTER, "crossed", point)]
    return there or list(clean.FINAL)


def _named(board: Board, point: int) -> str:
    """Return the final users as the page names them."""
    users = {log: board.learned(log, ADAPTER.recipe, point) for log in _users(board, point)}
    return ", ".join(log if learned else f"{log} ({NOTHING_LEARNED})" for log, learned in users.items())


def _note(board: Board, log: str, one: System, point: int) -> str:
    return "" if board.learned(log, one.recipe, point) else NOTHING_LEARNED


def _answered(board: Board, one: System, name: str, point: int) -> dict[str, list[list[Scored]]]:
    """Return what the final users were answered, those left out of whom there was nothing to ask."""
    users = (log for log in _users(board, point) if not board.nothing_to_ask(log, one, name, point))
    return {log: board.answered(log, one, name, point) for log in users}


def _line(board: Board, one: System, name: str, figure: Any) -> list[str]:
    return [_pool(board, point, _answered(board, one, name, point), figure) for point in clean.POINTS]


def _strangers(board: Board, point: int) -> str:
    """Return the control of the users whose partner has an adapter."""
    users = (log for log in _users(board, point) if board.learned(PARTNER[log], ADAPTER.recipe, point))
    return _pool(board, point, {log: board.stranger(log, point) for log in users}, pooled.auc)


def _pool(board: Board, point: int, users: Mapping[str, Sequence[Sequence[Scored]]], figure: Any) -> str:
    """Return the figure over these users, and who they are where some of the column's are left out."""
    if not users or not all(users.values()):
        return NOT_RUN
    alone = "" if len(users) == len(_users(board, point)) else f", {', '.join(users)} alone"
    return _told(figure(list(users.values()))) + alone


def _flat(board: Board, one: System, name: str, point: int) -> list[list[Scored]]:
    return [part for log in _users(board, point) for part in board.answered(log, one, name, point)]


def _figures(seeds: list[list[Scored]]) -> Iterator[str]:
    flat = [one for part in seeds for one in part]
    true = [one for one in flat if one.question.answer == "yes"]
    false = [one for one in flat if one.question.answer == "no"]
    yield from (str(len(seeds)), str(len(true)), str(len(false)))
    yield from (_told(pooled.auc([seeds])), _told(pooled.balanced([seeds])), rate(true), rate(false))
    for kind in ("verbatim", "paraphrased", "indirect"):
        yield _told(pooled.auc([_only(seeds, {one.question.id for one in true if one.question.style == kind})]))
    ages = sorted({_age(one) for one in true})
    newest = {one.question.id for one in true if _age(one) in ages[len(ages) // 2 :]}
    yield _told(pooled.auc([_only(seeds, newest)]))
    yield _told(pooled.auc([_only(seeds, {one.question.id for one in true} - newest)]))


def _only(seeds: Sequence[Sequence[Scored]], true: set[str]) -> list[list[Scored]]:
    """Return all that is to be answered no, and of the rest those named."""
    return [[one for one in part if one.question.answer == "no" or one.question.id in true] for part in seeds]


def _age(one: Scored) -> int:
    return int((one.question.conversation or "#-1").rpartition("#")[2])


def _facts(seeds: Sequence[Sequence[Scored]]) -> list[str]:
    flat = [one for part in seeds for one in part]
    known, unknown = ([one for one in flat if (one.f1 is not None) is sort] for sort in (True, False))
    return [rate(known), rate(unknown, wrong=True)]


def _shown(seeds: Sequence[Sequence[Scored]]) -> list[str]:
    """Return how often a fact was claimed, and rightly; and how often words were shown where nothing was told."""
    flat = [one for part in seeds for one in part]
    known = [replace(one, correct=one.correct and not one.unsure) for one in flat if one.f1 is not None]
    unknown = [replace(one, correct=one.unsure) for one in flat if one.f1 is None]
    return [rate(known), rate(unknown)]


def _false(found: Sequence[Sequence[Scored]]) -> str:
    return rate([one for part in found for one in part], wrong=True)


def _told(found: tuple[float, Interval] | None) -> str:
    return share(*found) if found else "–"
