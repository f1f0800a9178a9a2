"""What is measured at the end of a cell beyond its questions: the base's general ability, and other runtimes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.experiment.exams import Room
from plum_edge.evaluate.runtimes import runtimes
from plum_edge.records import Progress


def _general(room: Room, progress: Progress) -> dict[str, Any]:
    """What the base can do besides remembering, and what the adapter leaves of it."""
    return room.evaluator.general(Path(room.newest.gguf) if room.newest else None, progress)


def _runtimes(room: Room, progress: Progress) -> dict[str, Any]:
    """The held-out questions of yes and no as trained, and in llama.cpp's formats."""
    return runtimes(room.memory, adapter=room.adapter.id, questions=room.questions("closed"), progress=progress)


EXTRAS: dict[str, Callable[[Room, Progress], dict[str, Any]]] = {"general": _general, "runtimes": _runtimes}


def measure(name: str, room: Room, progress: Progress) -> dict[str, Any]:
    """Return the figures of one of `EXTRAS`."""
    return EXTRAS[name](room, progress)
