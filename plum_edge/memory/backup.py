"""Copies of the log, for the day when it is lost: made while it is in use, put back, and its text for elsewhere.

What was forgotten since a copy was made does not come back with it, nor is learned what is never to be: the copy is
brought up to date beside the log (obeying.py), and only then takes its place, at once and for every program that has
the log open. Joins the store and what is beside it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plum_edge.errors import IntegrityError, StoreDamaged, StoreError, StoreTooNew, UsageError
from plum_edge.memory import obeying
from plum_edge.memory.transcripts import WRITERS, Format
from plum_edge.night import erase
from plum_edge.paths import Home, disk_errors, fsync_dir, sha256_file
from plum_edge.store import Store
from plum_edge.store.lock import locked

_TOUCHED = "The log was left as it is."
_SUFFIXES = ("", "-wal", "-shm")


def write(store: Store, target: Path) -> dict[str, Any]:
    """Write a copy of the log as it is at this moment into a new file, 0600, whole or not at all.

    The copy holds the text of all conversations. `forget` cannot reach it, and names it.

    Raises:
        UsageError: there is something under this name already, or no such folder.
        NoSpace, StoreError: the disk is full, or refuses.
    """
    with _new_file(target) as temporary:
        store.copies.write(temporary)
        store.forgetting.add_copy(str(target.absolute()))  # before it has its name: one that was not made does no harm
    counts = store.log.counts()
    return {
        "file": str(target),
        "bytes": target.stat().st_size,
        "sha256": sha256_file(target),
        "conversations": counts.conversations,
        "messages": counts.messages,
    }


def export(
    store: Store, target: Path | None, named: Sequence[str] = (), form: Format = "jsonl"
) -> tuple[dict[str, Any], Iterator[str]]:
    """Return figures, and conversations as text in one of the forms of transcripts.py; all, or those that are named.

    With ``target`` the texts are in that new file, 0600, and none are returned; ``conversations``, ``messages`` and
    ``left_out`` (what the form has no place for) are of what was written. Without it they are of what there is.

    Raises:
        UnknownId: a conversation that is not there.
        UsageError, NoSpace, StoreError: as of `write`.
    """
    ids = [store.log.get(one).id for one in named]
    found = {one.id: one.messages for one in store.log.list() if not ids or one.id in set(ids)}
    figures: dict[str, Any] = {"file": str(target) if target else None, "format": form}
    texts = ((ident, WRITERS[form](store.log.get(ident))) for ident in found)
    if target is None:
        figures |= {"conversations": len(found), "messages": sum(found.values())}
        return figures, (text for _, text in texts)
    written = []
    with _new_file(target) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for ident, text in texts:
            file.write(text)
            written += [ident] if text else []
        file.flush()
        os.fsync(file.fileno())
        store.forgetting.add_copy(str(target.absolute()), written if ids else None)
    figures |= {"conversations": len(written), "messages": sum(found[ident] for ident in written)}
    return figures | {"left_out": len(found) - len(written)}, iter(())


@dataclass
class Restoring:
    """A copy that is ready to take the log's place. ``plan`` says what that will do; nothing is changed until `put`."""

    home: Home
    copy: Store
    current: Store | None
    plan: dict[str, Any]

    def put(self) -> dict[str, Any]:
        """Put the copy in the log's place; return what was done.

        A log that reads is kept as backups/before-restore.db until that has succeeded. One that does not is moved aside
        and stays.
        """
        if self.current is None:
            self.copy.close()
            return {**self.plan, "status": "restored", "aside": self._move_in()}
        before = self.home.root / "backups" / "before-restore.db"
        with disk_errors(before):
            before.parent.mkdir(mode=0o700, exist_ok=True)
            before.unlink(missing_ok=True)
        with _new_file(before) as temporary:
            self.current.copies.write(temporary)
        self.current.copies.become(self.copy.copies)
        self.copy.close()
        erase.carry_on(self.home, self.current)
        before.unlink(missing_ok=True)
        return {**self.plan, "status": "restored", "aside": None}

    def _move_in(self) -> str | None:
        """Move what is in the log's place aside, and the copy there; return where the old one is, if there was one."""
        log, aside = self.home.log, None
        stamp = dt.datetime.now().strftime("%Y%m%d-%H%M%S")
        with disk_errors(log):
            for suffix in _SUFFIXES:
                old = log.with_name(log.name + suffix)
                if old.exists():
                    old.rename(log.with_name(f"{log.name}.damaged-{stamp}{suffix}"))
                    aside = str(log.with_name(f"{log.name}.damaged-{stamp}"))
            self.copy.path.replace(log)
            fsync_dir(log.parent)
        return aside


@contextlib.contextmanager
def restoring(home: Home, file: Path) -> Iterator[Restoring]:
    """Bring a copy of the log up to date beside it, under the lock; `Restoring.put` puts it in its place.

    Raises:
        IntegrityError: the file is no whole copy of a log.
        UsageError: there is no such file, or it is a copy of another memory than the one that is here.
        StoreError: a newer plum-edge has written it, or the log that is here.
        LockHeld: a consolidation is running.
    """
    if not file.is_file():
        raise UsageError(f"There is no file {file}.", _TOUCHED)
    if home.is_log(file):
        raise UsageError(f"{file} is the log itself, not a copy of it.", _TOUCHED)
    home.create()
    with locked(home), contextlib.ExitStack() as stack:
        current = _current(home)
        if current:
            stack.enter_context(current)
            erase.carry_on(home, current)  # what is being forgotten counts as forgotten
        with disk_errors(home.root):
            scratch = Path(tempfile.mkdtemp(prefix=".restore.", suffix=".tmp", dir=home.root))
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        copy = stack.enter_context(_opened(file, Home(scratch)))
        gone, excluded = _obey(home, copy, current, file) if current else ([], [])
        copy.forgetting.add_copy(str(file.absolute()))  # it was noted, if at all, when it was made already
        lost = _adapters_lost(home, copy, scratch)
        plan = _plan(file, copy, current) | {"still_forgotten": len(gone), "still_excluded": len(excluded)}
        yield Restoring(home, copy, current, plan | {"adapters_lost": lost})


def _current(home: Home) -> Store | None:
    """Return the log that is here; None where there is none, or it is damaged."""
    try:
        return _whole(home) if home.log.exists() else None
    except StoreDamaged:
        return None


def _whole(home: Home) -> Store:
    """Open a store that was looked at from end to end."""
    store = Store.open(home, create=False)
    try:
        store.check()
    except BaseException:
        store.close()
        raise
    return store


def _opened(file: Path, scratch: Home) -> Store:
    """Return a store on a copy of the file, checked and brought to this version's tables."""
    with disk_errors(scratch.root):
        for suffix in _SUFFIXES[:2]:  # a plain copy of a log in use has its last turns in the -wal
            beside = file.with_name(file.name + suffix)
            if beside.is_file():
                shutil.copyfile(beside, scratch.log.with_name(scratch.log.name + suffix))
    try:
        return _whole(scratch)
    except StoreDamaged as error:
        raise IntegrityError(f"{file} is no whole copy of a log ({error.detail}).", _TOUCHED) from error
    except StoreTooNew as error:
        raise StoreError(
            f"{file} was written by a newer plum-edge (it holds migration {error.migration}).",
            f"{_TOUCHED} Update plum-edge to restore it.",
        ) from error


def _obey(home: Home, copy: Store, current: Store, file: Path) -> tuple[list[str], list[str]]:
    """Have the copy obey what was decided here since; return the ids of what stays forgotten, and of what stays out.

    The copies that were given away since are known to it from then on.
    """
    if not copy.copies.same_memory(current.copies):
        if current.log.counts().conversations or current.copies.has_forgotten():
            raise UsageError(
                f"{file} is a copy of another memory than the one in {home.root}. {_TOUCHED}",
                "Restore it into a folder of its own: add --home DIR.",
            )
        return [], []
    copy.forgetting.take_over(current.forgetting)
    return obeying.forget_again(copy, current), obeying.exclude_again(copy, current)


def _adapters_lost(home: Home, copy: Store, scratch: Path) -> list[str]:
    """Take adapters out of the copy whose files are gone or other ones by now; return their ids.

    Where the one in use is among them, the last before it is used that is of the same base.
    """
    lost, active = [], copy.runs.active()
    base = copy.runs.manifest(active.id).get("base_sha256") if active else None
    for adapter in copy.runs.adapters():
        file = Path(adapter.gguf)
        there = home.root / file.relative_to(scratch) if file.is_relative_to(scratch) else file
        if not there.is_file() or sha256_file(there) != adapter.gguf_sha256:
            lost.append(adapter.id)
            if adapter.active:
                copy.runs.use(None)
            copy.runs.remove(adapter.id)
    left = [one.id for one in copy.runs.promoted() if copy.runs.made_for(one.id, base)]
    if active and active.id in lost and left:
        copy.runs.use(left[-1])
    return lost


def _plan(file: Path, copy: Store, current: Store | None) -> dict[str, Any]:
    counts, active = copy.log.counts(), copy.runs.active()
    kept = {one.id: one.messages for one in copy.log.list()}
    dropped = [one.id for one in current.log.list() if one.messages > kept.get(one.id, 0)] if current else []
    return {
        "file": str(file),
        "conversations": counts.conversations,
        "messages": counts.messages,
        "dropped": dropped,
        "adapter": active.id if active else None,
    }


@contextlib.contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """Give an empty file (0600) beside ``target`` that gets its name when the block ends well. Writes over nothing."""
    if target.exists() or target.is_symlink():
        raise UsageError(f"{target} is there already.", "Name another file: nothing is written over.")
    with disk_errors(target):
        if not target.parent.is_dir():
            raise UsageError(f"There is no folder {target.parent}.", "Make it, or name another file.")
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # nobody was faster
            temporary.replace(target)
            fsync_dir(target.parent)
        except FileExistsError as error:
            raise UsageError(f"{target} is there already.", "Name another file: nothing is written over.") from error
        finally:
            for suffix in (*_SUFFIXES, "-journal"):
                temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)
