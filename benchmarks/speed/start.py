"""Table: how long the program takes to begin: ``--help``, ``status`` with 10,000 conversations, ``ask``.

Whole processes, as a user starts them, on files that were read before. ``ask`` is told to say one token, so that its
end is its first token, and what it looks up in the log is in it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed import homes
from benchmarks.speed.apart import ROOT, NotMeasured, once
from benchmarks.speed.bench import Bench
from benchmarks.speed.table import ABSENT, Table, median, number, verdict

CONVERSATIONS = 10_000
_TRIES = 5
_QUESTION = "Did we talk about the kitchen tap?"


def start(bench: Bench) -> Iterable[Table]:
    """Yield the table."""
    many = CONVERSATIONS // 10 if bench.quick else CONVERSATIONS
    large, small = bench.scratch / "large", bench.scratch / "small"
    rows = []
    for name, call, home, target in (
        ("plum-edge --help", ["--help"], None, 0.3),
        (f"plum-edge status, {many:,} conversations", ["status"], large, 0.5),
        (f"plum-edge logs list, {many:,} conversations", ["logs", "list"], large, None),
        ("plum-edge ask, first token, adapter", ["ask", _QUESTION], small, 1.5),
        ("plum-edge ask, first token, no adapter", ["ask", "--no-adapter", _QUESTION], small, 1.5),
    ):
        bench.say(name)
        try:
            if home is not None and not home.exists():
                once(
                    "benchmarks.speed.start:prepare",
                    str(home),
                    bench.base,
                    many if home is large else 12,
                    bench.threads,
                )
            taken = [_run(call, home) for _ in range(1 + _TRIES)][1:]
        except NotMeasured as why:
            rows.append([name, f"not measured: {why}", ABSENT, ABSENT])
            continue
        seconds, worked = median([wall for wall, _ in taken]), median([cpu for _, cpu in taken])
        against = verdict(seconds, target, at_most=True, digits=2) if target else number(seconds, 2)
        rows.append([name, against, number(min(wall for wall, _ in taken), 2), number(worked, 2)])
    header = ("command", "s, median", "s, least", "processor s")
    return [
        Table("Start, seconds", header, rows, [f"Whole processes, {_TRIES} of each after one that warms the disk."])
    ]


def prepare(place: str, base: str, count: int, threads: int) -> None:
    """Make a home with so many conversations, and an adapter in use where it is not to be large."""
    settings: dict[str, dict[str, Any]] = {"generate": {"max_tokens": 1, "threads": threads}}
    with homes.make(Path(place), base, count, **settings) as memory:
        if count <= 100:
            homes.remember(memory)


def _run(call: Sequence[str], home: Path | None) -> tuple[float, float]:
    """Run the program; return its seconds and the processor's. Raises `NotMeasured` where it ends with an error."""
    given = [*call, *(["--home", str(home)] if home else [])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "plum_edge.cli", *given], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode:
        raise NotMeasured((ran.stderr.strip() or f"exit code {ran.returncode}").splitlines()[-1])
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
