"""One consolidation at a time: the lock on a home, and who holds it. Knows nothing of what is done under it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import filelock
import psutil

from plum_edge.errors import LockHeld
from plum_edge.paths import Home, disk_errors


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the one lock; it dies with its holder. Process and start stand in the file for the message only.

    Raises:
        LockHeld: another process holds it.
    """
    lock = filelock.FileLock(home.lock, mode=0o600)
    note = home.root / "consolidate.holder"
    try:
        with disk_errors(home.lock):
            lock.acquire(timeout=0)
    except filelock.Timeout as error:
        holder = note.read_text(encoding="utf-8") if note.is_file() else "another process"
        raise LockHeld(holder) from error
    try:
        start = dt.datetime.fromtimestamp(psutil.Process().create_time()).strftime("%H:%M")
        with disk_errors(note):
            note.write_text(f"process {psutil.Process().pid}, since {start}", encoding="utf-8")
            note.chmod(0o600)
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()
