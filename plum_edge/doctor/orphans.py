"""Files in the home that belong to nothing: what a kill left behind between a file and its row in the log.

Looks and sweeps under the lock, so that nothing in work of a night is taken for an orphan; what is made without the
lock is one when nothing in it has changed for an hour. What is not of our making is left.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from plum_edge.doctor.finding import Finding, size
from plum_edge.errors import LockHeld, PlumError
from plum_edge.paths import UNDONE, Home, disk_errors
from plum_edge.store import Store
from plum_edge.store.lock import locked
from plum_edge.train.checkpoints import NAMES, checkpoint, unfinished

_ADAPTER = re.compile(r"\d{4,}|\.\d{4,}\..*\.tmp")
_MAKING = ".making-*"
_SETTLED = 3600
"""Seconds: a base that is made, or a message in an editor, is in work without the lock."""


def orphans(home: Home) -> tuple[Finding, list[Path]]:
    """Return what was found, and the files and folders that `sweep` would remove."""
    if not home.log.exists():
        return Finding("orphans", "none"), []
    try:
        # where there is no lock file nobody holds it, and looking makes none
        with locked(home) if home.lock.exists() else nullcontext(), Store.open(home, create=False) as store:
            found = sorted(_found(home, store))
    except LockHeld:
        return Finding("orphans", "not looked for: a night is running"), []
    except PlumError:
        return Finding("orphans", "not looked for: the store does not open"), []
    if not found:
        return Finding("orphans", "none"), []
    names = ", ".join(str(path.relative_to(home.root)) for path in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    remedy = "Nothing needs them. Remove them: plum-edge doctor --yes"
    return Finding("orphans", f"{names}{more}, {size(sum(map(_bytes, found)))}", remedy), found


def sweep(home: Home, meant: Sequence[Path]) -> list[Path]:
    """Remove those that are orphans still; return them.

    Raises:
        LockHeld: a night has begun meanwhile; nothing was removed.
    """
    with locked(home), Store.open(home, create=False) as store, disk_errors(home.root):
        gone = [path for path in _found(home, store) if path in set(meant)]
        for path in gone:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    return gone


def _found(home: Home, store: Store) -> Iterator[Path]:
    known = {adapter.id for adapter in store.runs.adapters()}
    kept = {unfinished(home), *(checkpoint(home, step.seq) for step in store.runs.steps())}
    for path in home.adapters.glob("*"):
        if path.name not in known and _ADAPTER.fullmatch(path.name):
            yield path
    for path in home.checkpoints.glob("*"):
        if path not in kept and NAMES.fullmatch(path.name):
            yield path
    undone = [path for path in home.root.glob(".*") if UNDONE.fullmatch(path.name)]
    for path in (*home.models.glob(_MAKING), *undone):
        if time.time() - _changed(path) > _SETTLED:
            yield path


def _changed(path: Path) -> float:
    """Return when a file, or anything in a folder, was changed last; what has just gone counts as changed now."""
    try:
        return max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    except FileNotFoundError:
        return time.time()


def _bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
