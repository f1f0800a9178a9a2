"""docs/results, and the quick table on the terminal: the tables as CSV, and on a page what each rests on."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from benchmarks.experiment import answers, around, courses, desk, grid, prose, tables
from benchmarks.experiment.figures import FAILED, NOT_RUN, Shelf
from benchmarks.experiment.homes import Place
from benchmarks.experiment.sheets import Sheets
from benchmarks.experiment.tables import Row, Table
from plum_edge.paths import atomic_write

_Made = Table | str | Iterator[Table]
_NAMES = ("log", "system", "recipe", "seed", "what", "runtime")
"""Columns that say what a row is, where figures may stand that are none of ours."""
_GROUPS: dict[str, tuple[Callable[[Shelf], _Made], ...]] = {
    "After 100 conversations": (tables.main_tables, tables.kinds),
    "Closer looks": (tables.ages, tables.opened, tables.mcnemar, tables.calibrations),
    "On the way": (courses.over_time, courses.consistency, courses.ablations, courses.long),
    "Around it": (around.retrieval, around.general, around.runtimes, around.costs),
}


def write(results: Path, folder: Path) -> list[str]:
    """Write the tables and their page; return what is wrong with the results, in sentences."""
    problems = [*differing(results), *mixed(results)]
    sheets = Sheets()
    text = page(results, problems, sheets)
    sheets.write(folder)
    with atomic_write(folder / "README.md") as file:
        file.write((text + "\n").encode())
    (folder / "README.md").chmod(0o644)
    return problems


def page(results: Path, problems: Iterable[str], sheets: Sheets) -> str:
    """Return the page; its tables go into ``sheets``."""
    parts = [prose.HEAD]
    shelf = Shelf(results)
    for title, group in _GROUPS.items():
        parts.append(f"## {title}\n")
        for make in group:
            parts += _sections(shelf, make(shelf), sheets)
    parts.append(prose.PAPER.format(rows=_beside(results)))
    parts.append(_checks(problems))
    parts.append(_runs(results, sheets))
    return "\n".join(parts)


def quick(results: Path) -> str:
    """Return the quick table for the terminal."""
    shelf = Shelf(results)
    rows = [
        Row(row.label, "quick", row.recipe, row.system)
        for row in (tables.BASE, tables.BM25, tables.PLUM, tables.REPLAY, tables.REPLAY_BM25)
    ]
    made = [*tables.main_tables(shelf, rows, ("nora",)), *tables.kinds(shelf, rows, ("nora",))]
    title = f"the sample user's first {grid.QUICK} conversations, one seed; percent, 95 % intervals in brackets"
    return "\n\n".join((title, *(_plain(table) for table in made)))


def differing(results: Path) -> list[str]:
    """Return where two recipes were asked other questions though log, seed and number of conversations are the same."""
    asked: dict[tuple[str, int, int, str], dict[frozenset[str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for cell in grid.grid():
        root = Place(results, cell).root
        for path in sorted((root / "answers").glob("*.jsonl")):
            found = answers.load(path)
            if found.unavailable is None:
                ids = frozenset(row["id"] for row in found.rows if row["gold"] in ("yes", "no"))
                kind = "held_out" if found.exam.asked == "closed" else found.exam.asked
                asked[cell.log, cell.seed, found.exam.point, kind][ids].append(cell.name)
    return [
        f"{kind} questions about {log}, seed {seed}, after {point} differ between "
        + " and ".join(sorted({names[0] for names in sets.values()}))
        for (log, seed, point, kind), sets in sorted(asked.items())
        if len(sets) > 1
    ]


def mixed(results: Path) -> list[str]:
    """Return which cells were learned on something else than most: another BLAS gives other bytes, and other times."""
    found: dict[str, list[str]] = defaultdict(list)
    for cell in grid.grid():
        if result := Place(results, cell).result:
            found[json.dumps(result.get("learned_on"), sort_keys=True)].append(cell.name)
    _, *others = sorted(found.items(), key=lambda one: -len(one[1])) or [("", [])]
    return [f"learned on something else than most, {what}: {', '.join(names)}" for what, names in others]


def _sections(shelf: Shelf, made: _Made, sheets: Sheets) -> Iterator[str]:
    """Yield what was made, each part with what it rests on; of a table of which nothing was run, the title alone."""
    for part in (made,) if isinstance(made, Table | str) else made:
        yield _section(part, sheets) if shelf.used or isinstance(part, str) else f"### {part.title}\n"
        yield _made_by(shelf)


def _section(table: Table | str, sheets: Sheets) -> str:
    if isinstance(table, str):
        return table
    notes = f"{table.notes}\n\n" if table.notes else ""
    shown = [row for row in table.rows if _was_run(table, row)]
    logs = {row[0] for row in shown} if table.header[0] == "log" else set()
    missing = dict.fromkeys(
        row[0] if table.header[0] == "log" and row[0] not in logs else _label(row)
        for row in table.rows
        if row not in shown
    )
    told = f"\nNot run: {'; '.join(missing)}.\n" if missing else ""
    return f"### {table.title}\n\n{notes}{_linked(sheets.add(table._replace(rows=shown)))}\n{told}"


def _linked(name: str) -> str:
    return f"[{name}]({name})"


def _label(row: Sequence[str]) -> str:
    return ", ".join(takewhile(lambda cell: cell not in (NOT_RUN, "–"), row))


def _was_run(table: Table, row: Sequence[str]) -> bool:
    """Whether there is a figure in a row, or a reason why there can be none."""
    figures = (cell for name, cell in zip(table.header, row, strict=True) if name not in _NAMES)
    return bool({"not available", FAILED} & set(row)) or any(cell[:1].isdigit() for cell in figures)


def _made_by(shelf: Shelf) -> str:
    """Return the line that says what the last table rests on, and the command that makes it again."""
    used, shelf.used = shelf.used, {}
    if not used:
        return "*Not run: `python -m benchmarks.experiment --grid tiny`*\n"
    manifests = [result["manifest"] for place in used.values() if (result := place.result)]
    unfinished = len(used) - len(manifests)
    told = [
        (f"{len(used)} cells" if len(used) > 1 else "1 cell") + (f", {unfinished} not finished" if unfinished else ""),
        f"plum-edge {', '.join(sorted({m['commit'] for m in manifests})) or 'unknown'}",
        f"base {', '.join(sorted({m['base_sha256'][:12] for m in manifests})) or 'unknown'}",
        *sorted({f"{m['platform'].split('-')[0]} {m['processor']}" for m in manifests}),
    ]
    return f"*{'; '.join(told)}. Again: `python -m benchmarks.experiment --grid tiny --only {_pattern(list(used))}`*\n"


def _pattern(names: list[str]) -> str:
    """Return what ``--only`` takes for these cells, and perhaps a few more: as much of their names as they share."""
    return os.path.commonpath(names) or "'*'"


def _beside(results: Path) -> str:
    shelf, lines = Shelf(results), []
    for log in grid.LOGS:
        rows = (tables.PLUM, tables.REPLAY, tables.BM25, tables.PASSAGES, tables.SEARCH, tables.REPLAY_BM25)
        found = (shelf.answered(tables.cells_of(row, log), "held_out", row.system) for row in rows)
        lines.append([log, *(one if isinstance(one, str) else one.balanced() for one in found)])
    header = (
        "log", "`plum`", "`replay` (not the paper's)", "BM25 top-1", "BM25 passages", "`replay` and the score of BM25",
        "`replay` and BM25",
    )  # fmt: skip
    return Table("", "", header, [list(prose.PAPER_ROW), *lines]).markdown()


def _checks(problems: Iterable[str]) -> str:
    told = [f"- **wrong:** {problem}" for problem in problems]
    fine = (
        "Every two cells of the same log, seed and number of conversations were asked the same questions, and all were "
        "learned with the same BLAS, on the same kind of machine."
    )
    return "\n".join(["## Checks\n", *(told or [fine]), ""])


def _runs(results: Path, sheets: Sheets) -> str:
    """Return what every cell rests on."""
    lines = [list(_run(desk.standing(Place(results, cell)))) for cell in grid.grid()]
    header = ("cell", "state", "plum-edge", "adapter sha256", "log sha256", "pairs", "learning, s", "asking, s")
    notes = (
        "Each: `python -m benchmarks.experiment --grid tiny --only CELL`. Its result.json holds settings, packages and "
        "all hashes. The commit is the one that wrote the result; adapters may have been learned, to the same bytes, "
        "by an earlier one (the log says which). Learning is counted without averaging passes."
    )
    versions = _versions(Place(results, cell) for cell in grid.grid())
    return f"## Cells\n\n{notes}\n\n{_linked(sheets.add(Table('Cells', '', header, lines)))}\n\n{versions}"


def _run(one: desk.Standing) -> Iterator[str]:
    yield one.place.cell.name
    yield f"failed: {one.note}" if one.state == "failed" else one.state
    result = one.place.result
    if result is None:
        yield from ["–"] * 6
        return
    manifest = result["manifest"]
    yield manifest["commit"]
    yield (result["adapter_sha256"] or "–")[:12]
    yield manifest["log_sha256"][:12]
    yield f"{result['pairs']:,}"
    yield f"{result['seconds']['learning']:,.0f}"
    yield f"{result['seconds']['asking']:,.0f}"


def _versions(places: Iterable[Place]) -> str:
    shown = ("mlx", "mlx-lm", "llama_cpp_python", "gguf", "numpy", "tokenizers", "sentencepiece", "scipy-openblas32")
    found: dict[str, set[str]] = defaultdict(set)
    for place in places:
        if result := place.result:
            for name in shown:
                if version := result["manifest"]["versions"].get(name):
                    found[name].add(version)
            found["Python"].add(result["manifest"]["python"])
    return "Versions: " + ", ".join(f"{name} {' and '.join(sorted(v))}" for name, v in found.items()) if found else ""


def _plain(table: Table) -> str:
    """Return a table for a terminal: columns in line, no marks."""
    lines = [[cell.replace("`", "") for cell in line] for line in (table.header, *table.rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(table.header))]
    told = (
        "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))])
        for line in lines
    )
    return "\n".join(told)
