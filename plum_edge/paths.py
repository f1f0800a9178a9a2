"""Where things are on disk, and how they are written: whole or not at all.

Every file that plum-edge makes goes through `atomic_write` or `atomic_dir`: a temporary name beside the target, fsync,
rename, fsync of the folder. What a library writes by itself is made lasting by the same `fsync`, `rename` and
`fsync_dir`. Knows nothing of what the files hold.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import platformdirs

from plum_edge.errors import STILL_THERE, NoSpace, StoreError, UsageError

_FULL = {errno.ENOSPC, errno.EDQUOT}

Operation = Literal["write", "fsync", "rename", "fsync folder"]


def _go_on(_operation: Operation, _path: Path) -> None:
    """Nobody watches."""


def _say_nothing(_folder: Path, _mode: int) -> None:
    """Nobody is told."""


closed_to_others: Callable[[Path, int], None] = _say_nothing
"""Called when a folder that was there already, with this mode, was closed to others."""
on_disk: Callable[[Operation, Path], None] = _go_on
"""Called before the disk is asked for anything: what, and of which file. Here tests have a disk fail, or the power."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds one user's memory. Created 0700 at first use."""

    root: Path

    @classmethod
    def find(cls, override: str | os.PathLike[str] | None = None) -> Home:
        """Return ``--home``, else $PLUM_EDGE_HOME, else the platform's user data folder.

        Raises:
            UsageError: it is in the folder of a user who is not known here.
        """
        chosen = (
            override or os.environ.get("PLUM_EDGE_HOME") or platformdirs.user_data_dir("plum-edge", appauthor=False)
        )
        return cls(expanded(chosen).absolute())

    @property
    def log(self) -> Path:
        """The SQLite store."""
        return self.root / "log.db"

    @property
    def config(self) -> Path:
        """The configuration, TOML; may be absent."""
        return self.root / "config.toml"

    def is_log(self, path: Path) -> bool:
        """Whether a file is the log, or what SQLite keeps beside it.

        A process that has the log open must not open these past SQLite: closing them again takes SQLite's locks away.
        """
        of_log = [self.log.with_name(self.log.name + suffix) for suffix in ("", "-wal", "-shm")]
        return path.exists() and any(one.exists() and one.samefile(path) for one in of_log)

    @property
    def adapters(self) -> Path:
        """One folder an adapter."""
        return self.root / "adapters"

    @property
    def checkpoints(self) -> Path:
        """Steps of the fold, and the epoch in work."""
        return self.root / "checkpoints"

    @property
    def models(self) -> Path:
        """GGUF bases that we made."""
        return self.root / "models"

    @property
    def history(self) -> Path:
        """Input history of the chat."""
        return self.root / "history"

    @property
    def unlogged(self) -> Path:
        """Is there while chats are not logged (`plum-edge logs off`)."""
        return self.root / "logging-off"

    @property
    def lock(self) -> Path:
        """Held by the one consolidation that runs."""
        return self.root / "consolidate.lock"

    def leads_nowhere(self) -> bool:
        """Whether there is a link in the folder's place, to nothing."""
        return self.root.is_symlink() and not self.root.exists()

    def create(self) -> Home:
        """Make the folder and its own folders, readable by the user alone; one that is there already is closed.

        Raises:
            StoreError: there is a file or a link to nothing in the place of one, or the disk refuses.
        """
        if self.leads_nowhere():
            raise StoreError(f"{self.root} is a link to a folder that is not there.", "Make that, or name another.")
        with disk_errors(self.root):
            before = self.root.stat().st_mode & 0o777 if self.root.exists() else 0o700
            for folder in (self.root, self.adapters, self.checkpoints, self.models):
                _make(folder)
            if before != 0o700:
                self.root.chmod(0o700)
                closed_to_others(self.root, before)
        return self


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        what = "a link to a folder that is not there" if folder.is_symlink() else "a file, where a folder should be"
        raise StoreError(f"{folder} is {what}.", "Make that folder, or move away what is there.") from error


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the disk says into our own errors: full → `NoSpace`; refused, read-only, too large → `StoreError`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace(path) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise StoreError(
                f"{error.filename or path} cannot be written ({error.strerror}).", "Check its owner."
            ) from error
        if error.errno == errno.EFBIG:
            raise StoreError(
                f"{error.filename or path} would be larger than a file may be here ({error.strerror}).",
                f"{STILL_THERE} Raise the limit (ulimit -f), or take a disk whose file system holds larger files.",
            ) from error
        if error.errno == errno.EIO:
            raise StoreError(
                f"The disk failed at {error.filename or path} ({error.strerror}).",
                f"{STILL_THERE} Check the disk and run the command again.",
            ) from error
        raise


class _Watched(io.FileIO):
    """A file that says when Python's buffer goes to the disk."""

    def __init__(self, handle: int, path: Path) -> None:
        super().__init__(handle, "wb")
        self._path = path

    def write(self, data: Any, /) -> int:
        on_disk("write", self._path)
        return super().write(data)


def fsync(handle: int, path: Path) -> None:
    """Bring what was written to an open file onto the disk; ``path`` is its name."""
    on_disk("fsync", path)
    os.fsync(handle)


def rename(old: Path, new: Path) -> None:
    """Give a file, or a folder, its lasting name; a file of that name is replaced."""
    on_disk("rename", new)
    old.replace(new)


def fsync_dir(folder: Path) -> None:
    """Make a rename in ``folder`` durable."""
    on_disk("fsync folder", folder)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def atomic_write(target: Path) -> Iterator[BinaryIO]:
    """Open a file (0600) that becomes ``target`` when the block ends, and vanishes when it ends with an error."""
    with disk_errors(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        temporary = Path(name)
        try:
            with io.BufferedWriter(_Watched(handle, target)) as file:
                yield file
                file.flush()
                fsync(file.fileno(), target)
            rename(temporary, target)
            fsync_dir(target.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def atomic_dir(target: Path) -> Iterator[Path]:
    """Give an empty folder (0700) that becomes ``target``, which must not exist, when the block ends well."""
    with disk_errors(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
        try:
            yield temporary
            for path in sorted(temporary.rglob("*")):
                if path.is_file():
                    path.chmod(0o600)
                    with path.open("rb") as file:
                        fsync(file.fileno(), path)
                else:
                    fsync_dir(path)
            fsync_dir(temporary)
            rename(temporary, target)
            fsync_dir(target.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


UNDONE = re.compile(r"\..+\.tmp(-wal|-shm|-journal)?")
"""Names of what `atomic_write`, and a copy of the log, is written under until it is whole."""


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path as the user means it: ``~`` is the user's own folder, ``~name`` that of another.

    Raises:
        UsageError: there is no such user.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{path} is in the folder of a user who is not known here.", "Name another path.") from error


def existing(folder: Path) -> Path:
    """Return a folder, or where it is not there yet the nearest above it that is: on the same disk."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_dir() -> Path:
    """Return the folder for what can be fetched or reckoned again, shared by all homes of a user: $PLUM_EDGE_CACHE, or
    the platform's own.
    """
    return expanded(os.environ.get("PLUM_EDGE_CACHE") or platformdirs.user_cache_dir("plum-edge", appauthor=False))


def remembered_sha256(path: Path) -> str:
    """Return the SHA-256 of a file; a large one is read once, and again when its size or time of change is another.

    For models, which are large and stay as they are. A memory that cannot be read or written costs time and no more.
    """
    status = path.stat()
    if status.st_size < _WORTH_REMEMBERING:
        return sha256_file(path)
    key, now = str(path.resolve()), [status.st_size, status.st_mtime_ns]
    known = _hashes().get(key)
    if isinstance(known, list) and known[:2] == now:
        return str(known[2])
    found = sha256_file(path)
    if time.time_ns() - status.st_mtime_ns > _SETTLED:
        with contextlib.suppress(StoreError, OSError), atomic_write(cache_dir() / _HASHES) as file:
            still = {name: entry for name, entry in _hashes().items() if Path(name).is_file()}
            file.write(json.dumps(still | {key: [*now, found]}, indent=0, sort_keys=True).encode())
    return found


_HASHES = "hashes.json"
_WORTH_REMEMBERING = 4 << 20
"""Bytes: a smaller file is read as fast as the memory of hashes is."""
_SETTLED = 2_000_000_000
"""Nanoseconds: a file that was changed a moment ago may change again without another time of change."""


def _hashes() -> dict[str, Any]:
    try:
        found = json.loads((cache_dir() / _HASHES).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def data_dir(name: str) -> Path:
    """Return a folder of shipped data (``models``, ``conversions``, ``samples``): the wheel's or the checkout's."""
    package = Path(__file__).parent
    for candidate in (package / "_data" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise StoreError(f"The data folder {name!r} that ships with plum-edge is missing.", "Install plum-edge again.")
