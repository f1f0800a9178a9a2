"""One cell: learn to each point, ask, keep. Killed at any moment and run again, it carries on.

    python -m benchmarks.experiment.run RESULTS CELL-AS-JSON

Learning to a point ends in an adapter on disk, and every exam of that point is a file: what is there is not done again.
Progress goes to stdout as JSON lines; pool.py shows it. SIGTERM asks for an end at the next safe point.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import filelock

from benchmarks.experiment import answers, chats, exams, extras, logs, provenance, settings
from benchmarks.experiment.cells import Cell, Exam
from benchmarks.experiment.homes import Place
from plum_edge import Memory
from plum_edge.answer import border
from plum_edge.config import Config
from plum_edge.errors import GateRefused, Interrupted, PlumError, Unavailable, UsageError
from plum_edge.evaluate.evaluator import DIVERGENCE
from plum_edge.evaluate.scoring import summarise
from plum_edge.records import Progress, Step
from plum_edge.store import Store
from plum_edge.store.lock import locked
from plum_edge.train.fold import Fold

_EVERY = 0.2
"""Seconds between two lines of progress."""

_NIGHT = "points/{:04d}.json"
_CHATS = "points/{:04d}-chats.json"

_OURS = ("plum-edge", "settings", "base")
"""Of a step's versions: what the manifest says already."""

Stopped = Callable[[], bool]


class Stale(Exception):
    """What the cell was begun with has changed since."""


def run(place: Place, progress: Progress, stopped: Stopped) -> None:
    """Do what is left to do of a cell, and write its result.

    Raises:
        UsageError, Unavailable: this version has no such setting, or a part or data are missing here.
        Stale: inputs have changed; nothing was touched.
        Interrupted: everything so far is kept.
    """
    cell = place.cell
    config = settings.load(cell)
    _begin(place, provenance.inputs(cell, config))
    sets = exams.sets_of(cell.log)
    for point in cell.points:
        if place.at(point) is None:
            with Memory(place.home.root) as memory:
                memory.add(logs.load(cell.log)[:point])
                if cell.learns:
                    learn_to(memory, point, progress, stopped)
                else:
                    make_pairs(memory)
                place.keep(point)
        todo = [e for e in cell.exams(sets) if e.point == point and not answers.held(place.root, e)]
        last = point == cell.points[-1]
        if todo or last or (cell.learns and not _known(place, point)):
            _ask(place, point, todo, cell.extras if last else (), progress, stopped)
    _finish(place, config, sets)


def learn_to(memory: Memory, point: int, progress: Progress, stopped: Stopped) -> None:
    """Learn until there is an adapter of so many conversations, or there is nothing in them to make one of.

    The split into nights changes nothing in the fold, and a night that was killed is carried on.

    Raises:
        PlumError: they were not learned, though there was something to learn.
    """
    while not any(one.segments == point for one in memory.adapters()):
        learned = len(memory.store.runs.steps())
        try:
            night = memory.consolidate(limit=max(0, point - learned), progress=progress, stopped=stopped)
        except GateRefused:  # the adapter is there all the same, and is what we measure
            continue
        if night["status"] == "nothing":
            if _holds_no_more(memory.store, point):
                return
            raise PlumError(f"There is no adapter of {point} conversations: {learned} were learned, and nothing waits.")


def _holds_no_more(store: Store, point: int) -> bool:
    """Whether so many were read, and no adapter is missing: none was made of those alone that no pairs came of."""
    read, aside = len(store.runs.steps()) == point, store.log.aside()
    return read and not store.head_is_new() and not any(store.pairs.of(segment, "train") for segment in aside)


def make_pairs(memory: Memory) -> None:
    """Make the pairs of what waits, and learn nothing."""
    with locked(memory.home):
        fold = Fold(memory.home, memory.store, memory.config, memory.base)
        for segment in (*memory.store.log.segments(), *memory.store.log.plan()):  # the first: of a run that was killed
            fold.augment(segment)


def _begin(place: Place, now: provenance.Inputs) -> None:
    before = place.begun_with
    if before is None:
        place.begin(now, settings.toml(place.cell))
    elif changed := now.against(before):
        raise Stale(changed)


def _ask(
    place: Place, point: int, todo: list[Exam], more: tuple[str, ...], progress: Progress, stopped: Stopped
) -> None:
    """Hold the exams of a point in its own copy of the log."""
    home = place.at(point)
    assert home is not None
    with Memory(home.root) as memory, exams.Room(memory, place.cell.log) as room:
        for exam in todo:
            answers.keep(place.root, room.sit(exam, _until(stopped, progress, exam.name)))
        for name in more:
            if not (place.root / "extras" / f"{name}.json").is_file():
                progress(name, 0, 1, "")
                place.write(f"extras/{name}.json", extras.measure(name, room, _until(stopped, progress, name)))
        if place.cell.learns:
            _history(place, room)
            if room.newest and place.read(_CHATS.format(point)) is None:
                known = next((found for p in place.cell.points if (found := place.read(_CHATS.format(p)))), None)
                place.write(_CHATS.format(point), chats.measure(room, known, _until(stopped, progress, "chats")))
            place.write(_NIGHT.format(point), _night(room))


def _known(place: Place, point: int) -> bool:
    """Whether all is known of the adapter of a point that no question asks."""
    night = place.read(_NIGHT.format(point))
    return bool(night) and (not night.get("learned", True) or place.read(_CHATS.format(point)) is not None)


def _night(room: exams.Room) -> dict[str, Any]:
    """Return what the night knows of an adapter, and no question asks."""
    runs, newest = room.memory.store.runs, room.newest
    return {
        "learned": newest is not None,
        "divergence": (runs.evaluation(newest.id) or {}).get(DIVERGENCE) if newest else None,
        "odds": runs.manifest(newest.id).get(border.ODDS) if newest else None,
        "seconds": [round(step.seconds, 1) for step in runs.steps()],
    }


def _history(place: Place, room: exams.Room) -> None:
    """Put what was answered so far into the point's own log, so that ``plum-edge evaluate --report`` draws it there."""
    order = room.order()
    for point in place.cell.points:
        if found := answers.closed(place.root, point, "adapter"):
            cells = [(one["id"], order[one["age"]], one["correct"], one["p_yes"]) for one in found.rows]
            room.memory.store.runs.add_cells(point, cells)


def _until(stopped: Stopped, progress: Progress, name: str) -> Progress:
    """Return the progress under a name, which raises `Interrupted` once an end was asked for."""

    def told(_stage: str, done: int, total: int, note: str) -> None:
        if stopped():
            raise Interrupted("Stopped while asking.")
        progress(name, done, total, note)

    return told


def _finish(place: Place, config: Config, sets: tuple[str, ...]) -> None:
    """Write the result: every figure, what it rests on, and how long it took."""
    cell = place.cell
    held = [found for exam in cell.exams(sets) if (found := answers.read(place.root, exam))]
    with Memory(place.home.root) as memory:
        steps, pairs, conversations = (
            memory.store.runs.steps(), memory.store.pairs.count("train"), len(memory.store.log.list()),
        )  # fmt: skip
        adapter = next(reversed(memory.adapters()), None)
    read = {name: json.loads((place.root / "extras" / f"{name}.json").read_text("utf-8")) for name in cell.extras}
    result = {
        "figures": {one.exam.name: _figures(one, cell.seed) for one in held if one.unavailable is None},
        "unavailable": {one.exam.name: one.unavailable for one in held if one.unavailable is not None},
        "extras": read,
        "adapter_sha256": adapter and adapter.gguf_sha256,
        "learned_on": _learned_on(steps[-1]) if steps else None,
        "conversations": conversations,
        "pairs": pairs,
        "seconds": {
            "learning": round(sum(step.seconds for step in steps), 1),
            "asking": round(sum(one.header.get("seconds", 0.0) for one in held), 1),
        },
        "manifest": provenance.manifest(cell, config),
    }
    (place.root / "failed.json").unlink(missing_ok=True)
    place.write("result.json", result)


def _learned_on(last: Step) -> dict[str, Any]:
    return {"threads": last.threads} | {name: said for name, said in last.versions.items() if name not in _OURS}


def _figures(one: answers.Answers, seed: int) -> dict[str, Any]:
    hashes = {key: one.header[key] for key in ("questions_sha256", "adapter_sha256")}
    return {**summarise(one.scored(), seed=seed), **hashes}


class _Told:
    """Progress as JSON lines, a few a second."""

    def __init__(self) -> None:
        self._last, self._stage = 0.0, ""

    def __call__(self, stage: str, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        if stage != self._stage or now - self._last > _EVERY:
            self._last, self._stage = now, stage
            say(stage=stage, done=done, total=total, note=note)


def say(**what: object) -> None:
    """Write one line for whoever started this run; where nobody is left to read it, end."""
    try:
        print(json.dumps(what), flush=True)
    except BrokenPipeError:
        os._exit(1)  # nothing is lost: whatever is on disk is whole


def main() -> int:
    """Run the cell of the command line; return 0, or an exit code as plum-edge's own."""
    place = Place(Path(sys.argv[1]), Cell.parse(sys.argv[2]))
    asked = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started this run tells it to stop
    place.root.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(place.lock, timeout=0):
            run(place, _Told(), lambda: asked)
    except filelock.Timeout:
        return _ended("running", "another process is at it", 11)
    except Stale as change:
        return _ended("stale", str(change), 1)
    except (UsageError, Unavailable) as reason:
        return _ended("not available", str(reason), 20)
    except Interrupted as reason:
        return _ended("stopped", str(reason), 130)
    except PlumError as reason:
        place.write("failed.json", {"reason": str(reason)})
        return _ended("failed", str(reason), reason.exit_code)
    return _ended("done", "", 0)


def _ended(how: str, why: str, code: int) -> int:
    say(ended=how, why=why)
    return code


if __name__ == "__main__":
    sys.exit(main())
