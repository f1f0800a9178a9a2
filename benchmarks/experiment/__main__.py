"""The command line of the experiment.

python -m benchmarks.experiment --list                every cell, how it stands, how long it will take
python -m benchmarks.experiment                       run what waits, the most telling first
python -m benchmarks.experiment --only main/nora      only cells whose name holds this (or matches a pattern)
python -m benchmarks.experiment --tables              write docs/results from what is there; runs nothing
python -m benchmarks.experiment --grid tiny           the same of plum-tiny's grid
python -m benchmarks.experiment --quick               plum-tiny's quick table, on the terminal
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.experiment import clean, clean_tables, desk, grid, pages
from benchmarks.experiment.homes import Place
from benchmarks.experiment.logs import ROOT
from benchmarks.experiment.pool import Ended, Pool
from plum_edge.errors import PlumError


def main() -> int:
    """Do what the command line says; return the exit code."""
    given = _options().parse_args()
    cells = grid.quick() if given.quick else grid.grid() if given.grid == "tiny" else clean.cells()
    chosen = desk.chosen(cells, given.only)
    if not chosen:
        print(f"error: no cell matches {', '.join(given.only)}. See: --list", file=sys.stderr)
        return 2
    places = [Place(given.results, cell) for cell in chosen]
    try:
        if given.list:
            return _list(places, [Place(given.results, cell) for cell in cells])
        if given.tables:
            return _tables(given.grid, given.results, given.out)
        code = _run(places, given.jobs, given.fresh)
        if given.quick:
            _quick(given.results)
        return code
    except PlumError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.experiment",
        description=(__doc__ or "").split("\n\n")[0],
        epilog=(__doc__ or "").split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument(
        "--grid", choices=("clean", "tiny"), default="clean", help="the clean table on a real base, or plum-tiny's grid"
    )
    options.add_argument("--list", action="store_true", help="show every cell and its state; run nothing")
    options.add_argument("--tables", action="store_true", help="write the tables from stored results; run nothing")
    options.add_argument("--quick", action="store_true", help="the two cells of the quick table alone")
    options.add_argument(
        "--only", metavar="PATTERN", action="append", default=[], help="cells to take; may be repeated"
    )
    options.add_argument("--jobs", type=int, choices=(1, 2, 3, 4), default=2, help="processes of one thread each (2)")
    options.add_argument("--fresh", action="store_true", help="also run again what is stale or has failed")
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "results", help="the folder where --tables writes")
    options.add_argument(
        "--results",
        type=lambda text: Path(text).expanduser().absolute(),
        default=Path(os.environ.get("PLUM_EDGE_RESULTS") or ROOT / "results").absolute(),
        help="where results are kept ($PLUM_EDGE_RESULTS, else ./results)",
    )
    return options


def _list(places: list[Place], everything: list[Place]) -> int:
    clock, left = desk.Clock(everything), dict[str, float]()
    table = Table(box=None, pad_edge=False)
    for title in ("cell", "state", "minutes", ""):
        table.add_column(title, justify="right" if title == "minutes" else "left", overflow="fold")
    for place in places:
        one = desk.standing(place)
        minutes = clock.minutes(place) if one.waits else None
        upto = f" to {place.cell.conversations}" if place.cell.plan else ""
        left[place.cell.name] = max(minutes or 0.0, left.get(place.cell.name, 0.0))  # a further point has the earlier
        table.add_row(place.cell.name + upto, one.state, "" if minutes is None else f"{minutes:.0f}", one.note)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    console.print(
        f"\nabout {sum(left.values()) / 60:.1f} hours of one core are left; two cells run side by side with --jobs 2"
    )
    return 0


def _run(places: list[Place], jobs: int, fresh: bool) -> int:
    todo: list[Place] = []
    passed: dict[str, Ended] = {}
    for place in places:
        one = desk.standing(place)
        if fresh and one.state in ("stale", "failed"):
            place.forget(one.now)
            todo.append(place)
        elif one.waits:
            todo.append(place)
        elif one.state != "done":
            passed[place.cell.name] = Ended(one.state, one.note)
    for name, ended in passed.items():
        print(f"passed over  {name}: {ended.how} ({ended.why})", file=sys.stderr)
    pool = Pool(todo, jobs)
    if not pool.run():
        return 130
    bad = [name for name, ended in pool.ended.items() if ended.how not in ("done", "not available")]
    return 1 if bad else 0


def _tables(which: str, results: Path, out: Path) -> int:
    if which == "clean":
        clean_tables.write(results, out, ROOT / "docs" / "RESULTS.md", ROOT / "README.md")
        print(f"wrote {out} and docs/RESULTS.md")
        return 0
    problems = pages.write(results, out)
    print(f"wrote {out}")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _quick(results: Path) -> None:
    print(pages.quick(results))


if __name__ == "__main__":
    sys.exit(main())
