"""Where a night that nobody watches broke off: logs/crash.txt of the home, 0600.

Files, lines and functions of the program and the kinds of errors, never what an error says: that may quote a
conversation. Where the process itself is killed by a fault, Python's own fault handler writes the same. Knows
nothing of what a night does.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import faulthandler
import os
import traceback
from collections.abc import Iterator
from pathlib import Path

from plum_edge.errors import PlumError
from plum_edge.paths import Home

_LIMIT = 256 << 10


@contextlib.contextmanager
def recording(home: Home) -> Iterator[None]:
    """Note where the block breaks off, and let the error go on. What ends in a sentence of ours is no crash.

    Where there is no home none is made, and a disk that is full stops no night.
    """
    with contextlib.ExitStack() as stack:
        handle: int | None = None
        with contextlib.suppress(OSError):
            handle = _opened(home)
        if handle is None:
            yield
            return
        stack.callback(_closed, handle, file(home))
        faulthandler.enable(handle)
        stack.callback(faulthandler.disable)
        try:
            yield
        except (PlumError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.write(handle, told(error).encode())
            raise


def told(error: BaseException) -> str:
    """Return where an error came from, and what it came of, without what either says."""
    now = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    lines, seen = [f"{now}, process {os.getpid()}"], set[int]()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        lines.append(f"{type(at).__module__}.{type(at).__qualname__}" + (", which came of" if _before(at) else ""))
        frames = traceback.extract_tb(at.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        at = _before(at)
    return "\n".join(lines) + "\n\n"


def found(home: Home) -> Path | None:
    """Return the file, where there is something in it."""
    path = file(home)
    with contextlib.suppress(OSError):
        return path if path.stat().st_size else None
    return None


def file(home: Home) -> Path:
    """Return where it is written."""
    return home.root / "logs" / "crash.txt"


def _before(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _opened(home: Home) -> int | None:
    if not home.root.is_dir():
        return None
    path = file(home)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > _LIMIT:
        path.unlink()
    return os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)


def _closed(handle: int, path: Path) -> None:
    """Close the file, and leave none that is empty. Forgetting may have removed it."""
    empty = os.fstat(handle).st_size == 0
    os.close(handle)
    if empty:
        path.unlink(missing_ok=True)
