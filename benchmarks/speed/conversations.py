"""Table: the seconds that a conversation of 27 pairs takes through the product's own fold, in a short and a long log.

The log holds so many other conversations, each with its pairs made; then the last one is augmented and learned, always
the same. Earlier ones are not learned: a step reads their pairs, and its state is as large after one as
after thousands.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.speed import homes
from benchmarks.speed.apart import NotMeasured, once, peak
from benchmarks.speed.bench import Bench
from benchmarks.speed.table import ABSENT, Table, number, verdict

if TYPE_CHECKING:
    from plum_edge import Memory
    from plum_edge.records import Segment
    from plum_edge.train.fold import Fold

SIZES = (10, 100, 1_000)
_PICTURE = "BENCHMARKS-conversations.svg"
_TARGET = 15.0
_FLAT = 1.1
"""How many times longer the longest may take than the shortest and still be called flat."""


def conversations(bench: Bench) -> Iterable[Table]:
    """Yield the table; the plot lies beside the page where matplotlib is installed."""
    epochs = 1 if bench.quick else 3
    found: dict[int, dict[str, float]] = {}
    rows = []
    for size in SIZES[:2] if bench.quick else SIZES:
        bench.say(f"a conversation in a log of {size:,}")
        place = str(bench.scratch / f"log-{size}")
        try:
            taken = once("benchmarks.speed.conversations:learn", place, bench.base, size, epochs, bench.threads)
        except NotMeasured as why:
            rows.append([f"{size:,}", f"not measured: {why}", *[ABSENT] * 6])
            continue
        found[size] = taken
        figures = [number(taken[name], 2) for name in ("seconds", "processor", "augment", "open")]
        rows.append(
            [f"{size:,}", number(taken["pairs"], 0), number(taken["steps"], 0), *figures, number(taken["peak"], 0)]
        )
    header = (
        "conversations in the log", "pairs of the last", "optimizer steps", "s to learn it", "processor s",
        "of these, s to make its pairs", "s to open the base, once a night", "peak MB",
    )  # fmt: skip
    picture = _plot(bench.pictures / _PICTURE, found) if len(found) > 1 and not bench.quick else ""
    title = "A conversation through the fold, seconds"
    yield Table(title, header, rows, _notes(bench, found, epochs), picture)


def _notes(bench: Bench, found: dict[int, dict[str, float]], epochs: int) -> list[str]:
    notes = [f"{bench.base}, the settings of its profile, {bench.threads} threads, {epochs} epochs."]
    if found:
        shortest, longest = found[min(found)], found[max(found)]
        steps = longest["processor"] / longest["steps"] / (shortest["processor"] / shortest["steps"])
        if not bench.quick:
            notes.append(f"Seconds in the longest log: {verdict(longest['seconds'], _TARGET, at_most=True)}.")
        notes.append(
            f"Processor time of a step, in a log of {max(found):,} as a multiple of that in one of {min(found):,}: "
            f"{verdict(steps, _FLAT, at_most=True, digits=2)}. In a short log a batch has fewer earlier pairs to bring."
        )
    return notes


def learn(place: str, base: str, size: int, epochs: int, threads: int) -> dict[str, float]:
    """Fill a log, and learn its last conversation; return what that took, in seconds."""
    from plum_edge.train.fold import Fold

    settings: dict[str, dict[str, Any]] = {"train": {"epochs": epochs, "threads": threads}}
    with homes.make(Path(place), base, size + 1, **settings) as memory:
        fold = Fold(memory.home, memory.store, memory.config, memory.base)
        *others, last = memory.store.log.plan()
        _fill(memory, fold, others)
        began = time.perf_counter()
        threads = fold.trainer.threads
        state = fold.head()
        opened = time.perf_counter() - began
        began, worked = time.perf_counter(), time.process_time()
        pairs = [pair for pair in fold.augment(last) if pair.split == "train"]
        made = time.perf_counter() - began
        learned = fold.learn(last, state)
        return {
            "pairs": len(pairs),
            "steps": len(learned.losses),
            "seconds": time.perf_counter() - began,
            "processor": time.process_time() - worked,
            "augment": made,
            "open": opened,
            "peak": peak(),
        }


def _fill(memory: Memory, fold: Fold, others: Sequence[Segment]) -> None:
    """Store the pairs of other conversations. None is retired: to look for what each makes false would take minutes."""
    from plum_edge.augment.checks import Mentions

    known = Mentions()
    for segment in others:
        memory.store.log.record(segment)
        known.add(segment)
        memory.store.pairs.replace(segment.id, fold.pairs_of(segment, known)[0])


def _plot(out: Path, found: dict[int, dict[str, float]]) -> str:
    """Draw seconds over the length of the log; return the picture's name, or nothing where matplotlib is missing."""
    try:
        import matplotlib as mpl
    except ImportError:
        return ""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "plum-edge"  # the same figures draw the same bytes
    from matplotlib import pyplot

    sizes = sorted(found)
    figure, axes = pyplot.subplots(figsize=(6, 3), layout="constrained")
    axes.plot(sizes, [found[size]["seconds"] for size in sizes], marker="o", label="seconds to learn it")
    axes.plot(
        sizes, [found[size]["processor"] for size in sizes], marker="s", linestyle="--", label="processor seconds"
    )
    axes.set(
        xscale="log", xlabel="conversations in the log", ylabel="seconds", xticks=sizes, xticklabels=map(str, sizes)
    )
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    figure.savefig(out, metadata={"Date": None})
    pyplot.close(figure)
    return out.name
