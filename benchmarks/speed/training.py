"""Table: tokens a second in training, beside PEFT on transformers and mlx-lm's lora, in steps taken by turns.

Each trainer lives in a process of its own; one step of each makes a round, and the ratio to quote is the median over
the rounds, so that what else the machine does falls on all alike. The second table is the same with the instruction
sets of a processor without AVX-512 and bf16.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.speed import dataset
from benchmarks.speed.apart import NotMeasured, Worker, once
from benchmarks.speed.bench import Bench
from benchmarks.speed.table import ABSENT, Table, median, number, verdict

NARROW = {
    "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
    "OPENBLAS_CORETYPE": "Haswell",
}  # fmt: skip
"""What makes oneDNN, MKL, torch and OpenBLAS do with AVX2."""
_WARM = 1
"""Rounds that are taken and not counted."""
_OURS = "plum-edge"
_SAME = {"f32": 1e-3, "bf16": 2e-2}
"""How far a loss may be from ours, relative, by the coarser of the two numbers."""


@dataclass
class Run:
    """One trainer: how it is opened, and what it took."""

    name: str
    function: str
    given: tuple[Any, ...]
    coarse: bool = False
    """Whether it may multiply in bf16."""
    why_not: str = ""
    steps: list[dict[str, float]] = field(default_factory=list)
    peak: float | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    bound: float | None = None
    """Seconds that a step's products take alone."""

    def each(self, what: str) -> list[float]:
        """Return a figure of every counted step."""
        return [step[what] for step in self.steps[_WARM:]]


def training(bench: Bench) -> Iterable[Table]:
    """Yield the table with all that the processor can."""
    yield _table(bench, "Training, tokens a second", {}, (4.0, 4.0))


def training_avx2(bench: Bench) -> Iterable[Table]:
    """Yield the table as on a processor that has no more than AVX2."""
    title = "Training with AVX2 alone, tokens a second"
    if platform.machine().lower() not in ("x86_64", "amd64"):
        yield Table(title, ("trainer",), [], [f"not measured: {platform.machine()} has no AVX2"])
        return
    limited = ", ".join(f"{name}={value}" for name, value in NARROW.items())
    table = _table(bench, title, NARROW, (1.5, 1.5))
    yield replace(table, notes=[*table.notes, f"Set for all of them: {limited}."])


def _table(bench: Bench, title: str, settings: Mapping[str, str], targets: tuple[float, float]) -> Table:
    tokens = once("benchmarks.speed.dataset:prepare", str(bench.scratch), bench.base)
    runs = _runs(bench, narrow=bool(settings))
    _take_turns(bench, runs, settings)
    ours = runs[0]
    header = (
        "trainer", "tokens/s", "s a step", "processor s a step", "ours is faster, by the clock", "by processor time",
        "peak MB", "largest difference of the loss", "share of the products' rate",
    )  # fmt: skip
    rows = [_row(run, ours, tokens) for run in runs]
    rows += _elsewhere()
    return Table(title, header, rows, _notes(bench, runs, tokens, targets))


def _runs(bench: Bench, *, narrow: bool) -> list[Run]:
    place, threads = str(bench.scratch), bench.threads
    module = "benchmarks.speed.trainers"
    ours = Run(_OURS, f"{module}:plum", (place, threads, "auto"), coarse=True)
    in_f32 = Run(f"{_OURS}, f32", f"{module}:plum", (place, threads, "f32"))
    peft = Run("PEFT on transformers, f32", f"{module}:peft", (place, threads, "f32"))
    half = Run("PEFT on transformers, bf16 (autocast)", f"{module}:peft", (place, threads, "bf16"), coarse=True)
    mlx = Run("mlx_lm.lora, f32", f"{module}:mlx", (place, threads))
    return [ours, peft, mlx] if narrow or bench.quick else [ours, in_f32, peft, half, mlx]


def _take_turns(bench: Bench, runs: list[Run], settings: Mapping[str, str]) -> None:
    with ExitStack() as open_until_here:
        workers: dict[str, Worker] = {}
        for run in runs:
            bench.say(f"opening {run.name}")
            try:
                worker = open_until_here.enter_context(Worker(run.function, *run.given, settings=settings))
                workers[run.name] = worker
            except NotMeasured as why:
                run.why_not = str(why)
        rounds = _WARM + (2 if bench.quick else 5)
        for turn in range(rounds):
            for run in (run for run in runs if not run.why_not):
                bench.say(f"round {turn + 1} of {rounds}: {run.name}")
                try:
                    run.steps.append(workers[run.name]("step"))
                except NotMeasured as why:
                    run.why_not = str(why)
        for run in (run for run in runs if not run.why_not):
            told = workers[run.name]("told")
            run.peak, run.numbers, run.bound = told["peak"], told.get("numbers", {}), told.get("bound")


def _row(run: Run, ours: Run, tokens: int) -> list[str]:
    name = f"{run.name} ({', '.join(run.numbers.values())})" if run.numbers else run.name
    if run.why_not:
        return [name, f"not measured: {run.why_not}", *[ABSENT] * 7]
    seconds, processor = median(run.each("seconds")), median(run.each("processor"))
    share = _share(run)
    return [
        name,
        number(tokens / seconds if seconds else None, 0),
        number(seconds, 2),
        number(processor, 2),
        *(ABSENT if run is ours else number(ratio(run, ours, what), 2) for what in ("seconds", "processor")),
        number(run.peak, 0),
        ABSENT if run is ours else _told(run, ours),
        ABSENT if share is None else f"{share:.0%}",
    ]


def ratio(run: Run, ours: Run, what: str = "seconds") -> float | None:
    """Return how many times less ours takes: the median over the rounds that both took."""
    return median([theirs / own for theirs, own in zip(run.each(what), ours.each(what), strict=False)])


def _share(run: Run) -> float | None:
    """Return what share of a step its products are, as they would be taken alone."""
    seconds = median(run.each("seconds"))
    return run.bound / seconds if run.bound and seconds else None


def apart_by(run: Run, ours: Run) -> float | None:
    """Return how far the losses are from ours at most, relative, over all steps."""
    pairs = zip(run.steps, ours.steps, strict=False)
    return max((abs(a["loss"] - b["loss"]) / abs(b["loss"]) for a, b in pairs), default=None)


def _told(run: Run, ours: Run) -> str:
    found = apart_by(run, ours)
    if found is None:
        return ABSENT
    coarse = run.coarse or "bf16" in ours.numbers.get("held", "")
    return f"{found:.1%}, {'the same curve' if found <= _SAME['bf16' if coarse else 'f32'] else 'not the same curve'}"


def _elsewhere() -> list[list[str]]:
    """Return the rows that this machine has nothing for."""
    import shutil

    rows = []
    if not shutil.which("nvidia-smi"):
        rows.append(["on CUDA", "not measured: no card here", *[ABSENT] * 7])
    if sys.platform != "darwin":
        rows.append(["MLX on Metal", "not measured: no Apple silicon here", *[ABSENT] * 7])
    return rows


def _notes(bench: Bench, runs: list[Run], tokens: int, targets: tuple[float, float]) -> list[str]:
    """Return what a reader must know, and how far each target is; ``targets``: times PEFT, times mlx_lm.lora."""
    ours, by_name = runs[0], {run.name: run for run in runs}
    peft, mlx = by_name["PEFT on transformers, f32"], by_name["mlx_lm.lora, f32"]
    share = _share(ours)
    less = (
        ours.peak / min(one.peak for one in (peft, mlx) if one.peak) if ours.peak and (peft.peak or mlx.peak) else None
    )
    losses = ", ".join(f"{step['loss']:.3f}" for step in ours.steps)
    return [
        f"{bench.base}; a step is {dataset.ROWS} pairs, {tokens} tokens without padding, of which the answers are "
        f"learned; rank {dataset.RANK}, all seven linear layers; {bench.threads} threads. Tokens are counted alike "
        "for all.",
        f"Faster than PEFT in f32 by {verdict(ratio(peft, ours), targets[0])}, than mlx_lm.lora by "
        f"{verdict(ratio(mlx, ours), targets[1])}; memory, as a share of the smaller of theirs: "
        f"{verdict(less, 0.5, at_most=True, digits=2)}; share of the products' rate: "
        f"{verdict(100 * share if share else None, 60)} %.",
        f"Our losses, step by step: {losses}.",
        "The products' rate: what the frozen weights' products of one step take alone, at the rate measured for "
        "each of their shapes in the same process, after the last step.",
    ]
