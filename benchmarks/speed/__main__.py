"""The command line of the speed bench.

python -m benchmarks.speed                 measure every table, print it, write docs/BENCHMARKS.md (30 minutes)
python -m benchmarks.speed --quick         less of each, in 5 minutes; a page of a whole run stays
python -m benchmarks.speed --only start    measure these alone; the page keeps what was measured of the others
python -m benchmarks.speed --carry-on      measure what is not kept yet
python -m benchmarks.speed --page          measure nothing; write the page of what is kept
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.speed import answering, billion, conversations, machine, page, start, training
from benchmarks.speed.apart import ROOT, NotMeasured, once
from benchmarks.speed.bench import Bench
from benchmarks.speed.table import Table
from plum_edge.backends.threads import default_threads

TABLES: dict[str, Callable[[Bench], Iterable[Table]]] = {
    "training": training.training,
    "training-avx2": training.training_avx2,
    "conversations": conversations.conversations,
    "billion": billion.billion,
    "answering": answering.answering,
    "start": start.start,
}
"""What can be measured, in the order of the page."""
_LARGE = 2**40
"""More bytes than any base is said to be small with: all cores are meant."""


def main() -> int:
    """Do what the command line says; 1 where something could not be measured at all."""
    given = _options().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what is thrown away is thrown away then, too
    folder = given.results / ("quick" if given.quick else "full")
    chosen = [name for name in TABLES if not given.only or name in given.only]
    if given.carry_on:
        chosen = [name for name in chosen if page.kept(folder, name) is None]
    failed = [] if given.page else _measure(given, folder, chosen)
    _write(given.out, page.page(folder, list(TABLES), quick=given.quick), quick=given.quick)
    for name, why in failed:
        print(f"{name} was not measured: {why}", file=sys.stderr)
    return 1 if failed else 0


def _options() -> argparse.ArgumentParser:
    first, rest = (__doc__ or "").split("\n\n", 1)
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description=first,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--quick", action="store_true", help="less of each")
    options.add_argument("--only", nargs="+", choices=TABLES, metavar="TABLE", help=f"of: {', '.join(TABLES)}")
    options.add_argument("--carry-on", action="store_true", help="only what is not kept yet")
    options.add_argument("--page", action="store_true", help="write the page, measure nothing")
    options.add_argument("--base", default="SmolLM2-135M-Instruct", help="the base that trains and answers")
    options.add_argument("--threads", type=int, default=0, help="of every system; 0: physical cores, at most 4")
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "BENCHMARKS.md", help="the page")
    options.add_argument("--results", type=Path, default=ROOT / "results" / "speed", help="where figures are kept")
    return options


def _measure(given: argparse.Namespace, folder: Path, chosen: list[str]) -> list[tuple[str, str]]:
    """Measure, print and keep; return what failed as a whole, and why."""
    began, failed = time.monotonic(), []

    def say(what: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {what}", file=sys.stderr, flush=True)

    say("looking at the machine")
    here = once("benchmarks.speed.machine:found")
    for name in chosen:
        busy = machine.load()
        with tempfile.TemporaryDirectory(prefix="plum-edge-bench-") as scratch:
            threads = given.threads or default_threads(_LARGE)
            bench = Bench(given.quick, threads, given.base, Path(scratch), given.out.parent, say)
            try:
                tables = list(TABLES[name](bench))
            except NotMeasured as why:
                failed.append((name, str(why)))
                continue
        moment = machine.moment(busy)
        page.keep(folder, name, tables, here, moment)
        for table in tables:
            print(f"\n{table.text()}\n  {page.when(moment)}\n", flush=True)
    return failed


def _write(out: Path, text: str, *, quick: bool) -> None:
    """Write the page. What a whole run wrote is not replaced by a quick one."""
    if quick and out.is_file() and page.QUICK not in out.read_text(encoding="utf-8"):
        print(f"{out} is of a whole run, and stays")
        return
    out.write_text(text, encoding="utf-8")
    print(f"written: {out}")


if __name__ == "__main__":
    sys.exit(main())
