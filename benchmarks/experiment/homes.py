"""The folders of one cell: the home in which it learns, and a copy of the log as it was at each point.

    inputs.json      what it was begun with (provenance.py)
    home/            the memory that learns
    at/0050/         the log as it was after 50 conversations; its newest adapter is the one made there
    answers/         an exam a file
    points/0050.json what the night knows of the adapter of a point; 0050-chats.json: what it leaves of the base's talk
    extras/          what else was measured
    result.json      when everything is there; failed.json: why it will not be

Asking at a point reads its own copy, so that it can be done again when the home has long gone on. Knows nothing of
exams.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.experiment.cells import Cell
from benchmarks.experiment.provenance import Inputs
from plum_edge.paths import Home, atomic_dir, atomic_write


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one cell."""

    results: Path
    cell: Cell

    @property
    def root(self) -> Path:
        """Where everything of this cell is."""
        return self.results / "cells" / self.cell.name

    @property
    def home(self) -> Home:
        """The memory that learns."""
        return Home(self.root / "home")

    @property
    def lock(self) -> Path:
        """Held by the one process that runs this cell; beside the folder, which can be thrown away."""
        return self.root.with_name(f"{self.root.name}.lock")

    @property
    def result(self) -> dict[str, Any] | None:
        """What came out, or None where it is not done."""
        found: dict[str, Any] | None = self.read("result.json")
        return found

    @property
    def failed(self) -> str | None:
        """Why it cannot be done, or None."""
        found = self.read("failed.json")
        return found["reason"] if found else None

    @property
    def begun_with(self) -> Inputs | None:
        """What it was begun with, or None where it was not begun."""
        found = self.read("inputs.json")
        return Inputs(**found) if found else None

    def begin(self, now: Inputs, toml: str) -> None:
        """Note what it is begun with, and make its home."""
        self.home.create()
        with atomic_write(self.home.config) as file:
            file.write(toml.encode())
        shared = self.results / "models"  # all homes share the GGUF files of their bases
        shared.mkdir(parents=True, exist_ok=True)
        if not self.home.models.is_symlink():
            self.home.models.rmdir()
            self.home.models.symlink_to(os.path.relpath(shared, self.home.root), target_is_directory=True)
        self.write("inputs.json", asdict(now))

    def at(self, point: int) -> Home | None:
        """Return the copy of a point, a home to ask in, or None where it is not made."""
        folder = self._at(point)
        return Home(folder) if folder.is_dir() else None

    def keep(self, point: int) -> None:
        """Copy the log as it is now; the adapters and the base stay where they are."""
        target = self._at(point)
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_dir(target) as work:
            with closing(sqlite3.connect(self.home.log)) as log, closing(sqlite3.connect(work / "log.db")) as copy:
                log.backup(copy)
            shutil.copy(self.home.config, work / "config.toml")
            for name in ("adapters", "models"):
                (work / name).symlink_to(os.path.relpath(self.home.root / name, target), target_is_directory=True)

    def _at(self, point: int) -> Path:
        return self.root / "at" / f"{point:04d}"

    def write(self, name: str, value: object) -> None:
        """Write a JSON file of this cell, whole or not at all."""
        with atomic_write(self.root / name) as file:
            file.write(json.dumps(value, indent=1).encode() + b"\n")

    def forget(self, now: Inputs | None) -> None:
        """Throw away what the present inputs would not give: the answers alone, or the adapters too."""
        before = self.begun_with
        if now is None or before is None or before.learning != now.learning:
            shutil.rmtree(self.root, ignore_errors=True)
            return
        for part in ("answers", "extras", "points"):
            shutil.rmtree(self.root / part, ignore_errors=True)
        for file in ("result.json", "failed.json"):
            (self.root / file).unlink(missing_ok=True)
        self.write("inputs.json", asdict(now))

    def read(self, name: str) -> Any:
        """Return a JSON file of this cell, or None."""
        path = self.root / name
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
