"""Nothing of a forgotten conversation stays in the home: not in the log, the input history, or any file made since.

Carries on, from whatever stage, what a request in the store has begun (`store.forgetting`); every part can be done
twice. Call it under the lock. Learning again is the night's part; knows nothing of how that is done.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from plum_edge.errors import STILL_THERE, StoreError
from plum_edge.evaluate import report
from plum_edge.paths import UNDONE, Home, atomic_write, disk_errors, fsync
from plum_edge.records import Step, content_hash
from plum_edge.store import Request, Store
from plum_edge.train.checkpoints import NAMES, checkpoint, unfinished

_BESIDE = {
    "": UNDONE,
    "backups": re.compile(r"before-restore\.db|\.before-restore\.db\..+\.tmp(-wal|-shm|-journal)?"),
    "logs": re.compile(r"night\.jsonl(\.1)?|crash\.txt"),
}
"""Names that we write under in folders of the home: text or figures of everything that was there by then."""
_ADAPTER = re.compile(r"\d{4,}|\..*\.tmp")
_ENTRY = re.compile(r"(?m)^(?=\n# )")
"""Where an entry of the input history begins (prompt_toolkit's format)."""
_CHUNK = 1 << 20
_NO_MORE: dict[str, object] = {"made_with": {}, "named": [], "doubted": False, "copies": []}
"""What a request that is done need not hold any longer."""


def carry_on(home: Home, store: Store) -> None:
    """Finish whatever deletion was begun; what must be learned again then waits in the store.

    Raises:
        StoreError: another process goes on reading the log, so that the old pages cannot be written over.
    """
    for request in store.forgetting.pending():
        with half_done(store), disk_errors(home.root):
            if request.stage == "asked":
                request = _delete(home, store, request)
            if request.stage == "deleted":
                checkpoints(home, store)
                adapters(home, store)
                if not request.keep_log:
                    _copies(home, request.detail.get("copies", ()))
                store.forgetting.rewrite()
                request = store.forgetting.mark(request, "erased")
                if request.first_seq is None:  # nothing of it was ever learned
                    state = request.detail.get("state_before", "")
                    store.forgetting.mark(request, "done", exact=True, why="", state_after=state, **_NO_MORE)


@contextmanager
def half_done(store: Store) -> Iterator[None]:
    """Let a failing disk not say that everything is still there while something is being forgotten."""
    try:
        yield
    except StoreError as error:
        if store.forgetting.pending():
            now = "The forgetting is not finished and carries on; every other conversation is still there."
            error.remedy = error.remedy.replace(STILL_THERE, now)
            error.args = (f"{error.what} {error.remedy}".strip(),)
        raise


def settle(store: Store) -> None:
    """Mark requests as done once everything after them is learned again, and note whether the bytes are exact."""
    steps = store.runs.steps()
    if len(steps) < len(store.log.segments()):
        return
    for request in store.forgetting.pending():
        if request.stage == "erased":
            made_with = request.detail.get("made_with", {})
            again = [step for step in steps if made_with.get(str(step.seq)) is not None]
            why = _why_not_exact(again, made_with) or _why_doubtful(request)
            state = steps[-1].state_sha256 if steps else ""
            figures = {"exact": not why, "why": why, "state_after": state, **_NO_MORE}
            store.forgetting.mark(request, "done", **figures)


def made_with(step: Step) -> str:
    """Return a name for all that a step's bytes depend on besides the log: with the same, they come out the same."""
    versions = (f"{name}={version}" for name, version in sorted(step.versions.items()))
    return content_hash(step.recipe, step.backend, str(step.threads), str(step.seed), *versions)


def checkpoints(home: Home, store: Store, *, in_work: bool = True) -> int:
    """Remove every checkpoint that is of no step, and unless ``in_work`` is false that of the one in work; how many?"""
    kept = {checkpoint(home, step.seq) for step in store.runs.steps()}
    kept |= set() if in_work else {unfinished(home)}
    ours = [path for path in sorted(home.checkpoints.glob("*")) if NAMES.fullmatch(path.name)]
    return sum(_wipe(path) for path in ours if path not in kept)


def adapters(home: Home, store: Store) -> int:
    """Remove every adapter's folder that the store does not know; return how many."""
    known = {adapter.id for adapter in store.runs.adapters()}
    gone = [path for path in home.adapters.glob("*") if path.name not in known and _ADAPTER.fullmatch(path.name)]
    return sum(_wipe(folder) for folder in gone)


def in_reach(home: Home, copy: str) -> bool:
    """Whether a copy of text that was noted under this name lies in the home itself: it goes with what it holds."""
    path = Path(copy)
    within = path.is_absolute() and path.resolve().is_relative_to(home.root.resolve())
    return within and path.is_file() and not path.is_symlink()


def leftovers(home: Home) -> None:
    """Remove what runs that were killed had begun to write; whoever holds the lock is the only one who writes there."""
    for folder in (home.checkpoints, home.adapters):
        for path in sorted(folder.glob(".*.tmp")):
            _wipe(path)


def _delete(home: Home, store: Store, request: Request) -> Request:
    if not request.keep_log:
        clear_history(home.history, _typed(store, request))
    return store.forgetting.delete(request)


def _copies(home: Home, noted: Iterable[str]) -> None:
    """Remove what we wrote beside the log; files of others stay, also in folders of ours."""
    for name, ours in _BESIDE.items():
        for path in sorted((home.root / name).glob("*")):
            if ours.fullmatch(path.name):
                _wipe(path)
    for path in report.within(home.root):
        _wipe(path)
        with suppress(OSError):  # there is more in it
            path.parent.rmdir()
    for copy in noted:
        if in_reach(home, copy):
            _wipe(Path(copy))


def _why_not_exact(again: list[Step], before: dict[str, str]) -> str:
    """Return what keeps the bytes from being those of a log that never held the conversation, or nothing."""
    if any(made_with(step) != before[str(step.seq)] for step in again):
        return "settings, backend, threads or versions are not those that it was first learned with"
    if any("cpu" not in step.versions.get("device", "cpu").lower() for step in again):
        return "a GPU does not compute the same bytes twice"
    return ""


def _why_doubtful(request: Request) -> str:
    """Return what was decided of later conversations while it was there, and stays so; or nothing."""
    doubted = request.detail.get("doubted", False)
    return "the gate had refused some of what came after, and how that is learned since stays so" if doubted else ""


def _typed(store: Store, request: Request) -> set[str]:
    """Return what the user said in these conversations, as the input history has it."""
    found = (store.log.get(ident) for ident in request.conversations if store.log.holds(ident))
    return {message.content.strip() for talk in found for message in talk.messages if message.role == "user"}


def clear_history(path: Path, said: set[str]) -> None:
    """Take these lines out of the chat's input history: entries of a blank line, ``#`` date and ``+`` lines each."""
    if not path.is_file():
        return
    with path.open("r+b") as old:
        entries = _ENTRY.split(old.read().decode("utf-8", "replace"))
        kept = [entry for entry in entries if _typed_in(entry) not in said]
        if len(kept) == len(entries):
            return
        with atomic_write(path) as new:
            new.write("".join(kept).encode())
        _overwrite(old.fileno(), path)


def _typed_in(entry: str) -> str:
    return "\n".join(line[1:] for line in entry.split("\n") if line.startswith("+")).strip()


def _wipe_all(folder: Path) -> None:
    """Remove a folder, its files written over before."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            _wipe(path)
    shutil.rmtree(folder, ignore_errors=True)


def _wipe(path: Path) -> bool:
    """Write zeros over a file and remove it. What a disk or its file system kept aside, no program can reach."""
    if path.is_dir() and not path.is_symlink():
        _wipe_all(path)
        return True
    if not path.is_symlink():
        path.chmod(0o600)
        with path.open("r+b") as file:
            _overwrite(file.fileno(), path)
    path.unlink()
    return True


def _overwrite(handle: int, path: Path) -> None:
    left = os.lseek(handle, 0, os.SEEK_END)
    os.lseek(handle, 0, os.SEEK_SET)
    while left > 0:
        left -= os.write(handle, bytes(min(left, _CHUNK)))
    fsync(handle, path)
