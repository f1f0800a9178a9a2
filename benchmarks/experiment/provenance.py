"""What a result depends on, and what is written beside it so that it can be traced.

Two hashes: of all that an adapter is learned from, and of all that it is asked with. Where the second alone has
changed, adapters stay and are asked anew. Content counts, not commits: a change that was not committed is seen too.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.experiment import logs
from benchmarks.experiment.cells import Cell
from benchmarks.experiment.logs import ROOT
from plum_edge import bases
from plum_edge import config as configuration
from plum_edge.bases.shipped import GENERAL, PRIMER, shipped
from plum_edge.paths import sha256_file

_LEARNING = ("augment/", "train/", "backends/", "templates/", "records.py")
"""Of plum_edge: what an adapter's bytes come from."""
_NEITHER = (
    "cli/", "doctor/", "importers/", "export/", "memory/", "night/__init__.py", "night/night.py", "night/nightlog.py",
    "night/erase.py", "night/forget/", "night/scheduler/", "evaluate/gate.py", "evaluate/harness/", "evaluate/report/",
    "answer/speaker.py", "answer/days.py", "answer/unlearned.py", "store/lock.py", "config.py", "errors.py",
    "__init__.py",
)  # fmt: skip
"""Changes no figure: it shows, refuses or joins. Settings count as they are set, and the log by what stands in it."""
_OURS = (
    "exams.py", "natural.py", "controls.py", "near.jsonl", "others.json", "rare.py", "extras.py", "logs.py", "chats.py",
)  # fmt: skip
"""Of the experiment: what decides what is asked."""
_BASE_FILES = (PRIMER, GENERAL, "probe.jsonl", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a cell's results are a function of."""

    learning: str
    asking: str

    def against(self, before: Inputs) -> str | None:
        """Return what has changed since ``before``, in words, or None."""
        if self.learning != before.learning:
            return "learned with other code, settings, base or log"
        return None if self.asking == before.asking else "asked with other code"


def inputs(cell: Cell, config: configuration.Config) -> Inputs:
    """Return the inputs of a cell as they are now; ``config`` is its configuration as plum-edge reads it."""
    learned = (
        logs.sha256(logs.load(cell.log)),  # all of it: a run may be carried on to a later point
        json.dumps([asdict(part) for part in (config.model, config.augment, config.train)], sort_keys=True),
        _base(config.model.base),
        _code(_LEARNING, ()),
    )
    asked = (
        json.dumps(asdict(config.generate), sort_keys=True),
        _code((), (*_LEARNING, *_NEITHER)),
        *(sha256_file(Path(__file__).parent / name) for name in _OURS),
    )
    return Inputs(_digest(learned), _digest(asked))


def manifest(cell: Cell, config: configuration.Config) -> dict[str, Any]:
    """Return what is kept beside a result: versions, commit, platform, seed, hashes, the command."""
    return {
        "cell": cell.name,
        "seed": cell.seed,
        "settings": {"train": asdict(config.train), "augment": asdict(config.augment)},
        "commit": commit(),
        "base": config.model.base,
        "base_sha256": bases.base(config.model.base).sha256,
        "log_sha256": logs.sha256(logs.load(cell.log)[: cell.conversations]),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "versions": versions(),
        "command": shlex.join(["python", "-m", "benchmarks.experiment", *_grid(cell), "--only", cell.name]),
    }


def _grid(cell: Cell) -> list[str]:
    return [] if cell.plan else ["--grid", "tiny"]


def commit() -> str:
    """Return the last commit of plum_edge/ and models/; with a plus where there are changes that none holds."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    try:
        last = git("log", "-1", "--format=%h", "--", "plum_edge", "models")
        return last + ("+" if git("status", "--porcelain", "--", "plum_edge", "models") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


@functools.cache
def versions() -> dict[str, str]:
    """Return the version of every package that is installed here."""
    found = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    return dict(sorted(found.items(), key=lambda item: item[0].lower())) | {"python": sys.version.split()[0]}


@functools.cache
def _base(name: str) -> str:
    base = bases.base(name)
    present = [path for file in _BASE_FILES if (path := shipped(base, file))]
    return _digest((base.fingerprint, *(f"{path.name} {sha256_file(path)}" for path in present)))


@functools.cache
def _code(wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> str:
    """Return the hash of the sources of plum_edge whose path begins with a wanted and with no unwanted beginning."""
    folder = ROOT / "plum_edge"
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in (".py", ".c", ".tsv"))
    kept = [name for name in names if name.startswith(wanted or "") and not (unwanted and name.startswith(unwanted))]
    return _digest(f"{name} {sha256_file(folder / name)}" for name in sorted(kept))


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
