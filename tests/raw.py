"""Files as they are on the disk, looked at from another process, and whether SQLite's lock on one is still there.

This process may have the log open: had it opened the file past SQLite too and closed it, its own locks would be gone
(sqlite.org/howtocorrupt.html, 2.2), and the next test would be of a log that nothing protects.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_LOCK = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)  # SQLite's SHARED_FIRST and SHARED_SIZE
except BlockingIOError:
    sys.exit(1)
"""


def read(path: Path) -> bytes:
    """Return the bytes of a file."""
    return subprocess.run(["cat", "--", path], capture_output=True, check=True).stdout


def everything(folder: Path) -> bytes:
    """Return the bytes of all files below a folder, one after the other."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return subprocess.run(["cat", "--", *files], capture_output=True, check=True).stdout if files else b""


def is_locked(path: Path) -> bool:
    """Whether another process is kept from having this database for itself, as it must be while a log is open."""
    return subprocess.run([sys.executable, "-I", "-c", _LOCK, path], check=False).returncode == 1
