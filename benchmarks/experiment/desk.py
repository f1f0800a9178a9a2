"""How the cells stand: done, begun, stale, waiting; and how long what is left will take, by what was measured.

Reads the results folder and runs nothing.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import filelock

from benchmarks.experiment import answers, exams, provenance, settings
from benchmarks.experiment.cells import NOTHING_LEARNED, Cell, Exam
from benchmarks.experiment.homes import Place
from plum_edge.config import Train
from plum_edge.errors import Unavailable, UsageError

PER_CONVERSATION = {"closed": 8.0, "held_out": 11.0, "unseen": 8.0, "others": 8.0, "rare": 3.0, "gold": 7.0}
"""About so many questions has a set for each conversation."""
_SIZES = {"templates": 80.0, "crossed": 120.0, "partner": 100.0, "later": 120.0, "open": 60.0, "everyday": 145.0}
"""About so many questions has a set of the clean table."""
_LEARN = {"plum": 6.0, "replay": 14.0}
"""Seconds a conversation, until something was measured; on a real base `_REAL`."""
_REAL = 40.0
_ASK = {"closed": 0.015, "held_out": 0.03}
"""Seconds a question, until something was measured; with text in the context it takes four times as long."""


class Standing(NamedTuple):
    """How a cell stands."""

    place: Place
    state: str
    """``done``, ``part``, ``not run``, ``running``, ``stale``, ``failed`` or ``not available``."""
    note: str
    now: provenance.Inputs | None
    """Its inputs as they are now; None where it is not available."""

    @property
    def waits(self) -> bool:
        """Whether there is something to run."""
        return self.state in ("not run", "part")


def chosen(cells: Iterable[Cell], patterns: Sequence[str]) -> list[Cell]:
    """Return the cells whose name holds or matches one of the patterns; without patterns all of them."""
    return [c for c in cells if not patterns or any(p in c.name or fnmatch(c.name, p) for p in patterns)]


def standing(place: Place) -> Standing:
    """Return how a cell stands."""
    cell = place.cell
    try:
        now = provenance.inputs(cell, settings.load(cell))
    except (UsageError, Unavailable) as reason:
        return Standing(place, "not available", str(reason), None)
    before = place.begun_with
    if before is None:
        return Standing(place, "not run", "", now)
    if _locked(place):
        return Standing(place, "running", "", now)
    if changed := now.against(before):
        how = "done" if place.result else "begun"
        return Standing(place, "stale", f"{how} when it was {changed}; --fresh runs it again", now)
    if place.failed:
        return Standing(place, "failed", place.failed, now)
    missing, whole = _missing(place), cell.exams(exams.sets_of(cell.log))
    if place.result and not missing:
        nothing = cell.learns and place.result["adapter_sha256"] is None
        return Standing(place, "done", NOTHING_LEARNED if nothing else "", now)
    learned = sum(place.at(point) is not None for point in cell.points)
    note = f"{learned} of {len(cell.points)} points learned, {len(whole) - len(missing)} of {len(whole)} exams"
    return Standing(place, "part", note, now)


def _size(exam: Exam) -> float:
    return _SIZES.get(exam.asked) or exam.point * PER_CONVERSATION[exam.asked]


def _missing(place: Place) -> list[Exam]:
    return [e for e in place.cell.exams(exams.sets_of(place.cell.log)) if not answers.held(place.root, e)]


def _locked(place: Place) -> bool:
    path = place.lock
    if not path.exists():
        return False
    try:
        with filelock.FileLock(path, timeout=0):
            return False
    except filelock.Timeout:
        return True


class Clock:
    """How long things take here, from what is in the results folder; guesses where there is nothing yet."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._learn: dict[str, list[float]] = defaultdict(list)
        self._ask: dict[tuple[str, str], list[float]] = defaultdict(list)
        for place in places:
            self._read(place)

    def _read(self, place: Place) -> None:
        if (result := place.result) and result["adapter_sha256"]:
            train = result["manifest"]["settings"]["train"]
            epochs = result["conversations"] * train["epochs"]
            self._learn[train["recipe"]].append(result["seconds"]["learning"] / epochs)
        for path in (place.root / "answers").glob("*.jsonl"):
            header = _first_line(path)
            if header.get("questions") and header.get("learned", True):
                self._ask[header["system"], header["asked"]].append(header["seconds"] / header["questions"])

    def minutes(self, place: Place) -> float:
        """Return about how many minutes what is left of a cell will take, on one core."""
        cell = place.cell
        learned = max((point for point in cell.points if place.at(point) is not None), default=0)
        asked = sum(_size(e) * self._question(e) for e in _missing(place))
        return ((cell.conversations - learned) * self._conversation(cell) + asked) / 60

    def _conversation(self, cell: Cell) -> float:
        if not cell.learns:
            return 0.1
        train: dict[str, Any] = {"recipe": "replay", "epochs": Train().epochs, **cell.settings.get("train", {})}
        if rates := self._learn.get(train["recipe"]):
            return statistics.median(rates) * float(train["epochs"])
        return _REAL if cell.group == "clean" else _LEARN.get(train["recipe"], _LEARN["replay"])

    def _question(self, exam: Exam) -> float:
        if rates := self._ask.get((exam.system, exam.asked)):
            return statistics.median(rates)
        reads = exam.system not in ("base", "adapter", "adapter_as_asked", "adapter_prompted")
        return _ASK.get(exam.asked, _ASK["closed"]) * (4 if reads else 1)


def _first_line(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as file:
        found: dict[str, Any] = json.loads(file.readline())
        return found
