"""What a night that nobody watches leaves to read: JSON lines in logs/night.jsonl of the home, the newest last.

Times, counts, losses, how it ended; no word of a conversation, nor its id. Bounded: at half a megabyte a new file is
begun and one old file is kept. A log that cannot be written stops no night.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plum_edge.errors import GateRefused, Interrupted, LockHeld, NoSpace, PlumError, Unavailable
from plum_edge.paths import Home

_LIMIT = 512 << 10
_QUOTABLE = (GateRefused, Interrupted, LockHeld, NoSpace, Unavailable)
"""Errors whose sentence holds figures and names of ours only."""
_TOGETHER = {"average": 100}
"""Of a stage that tells each step, so many are one line."""
_FIGURES = ("adapter", "pairs", "seconds", "waiting", "memory", "why")


class NightLog:
    """The log of one night. It is a `records.Progress`: a line for each segment, not for each step."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._at: tuple[str, int] = ("", -1)
        self._step: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int, note: str) -> None:
        """Note how far it is, once for each change; the note that comes along may be a title, and is not kept."""
        at = (stage, done // _TOGETHER.get(stage, 1))
        if self._at != at:
            self.write("progress", stage=stage, done=done, total=total, **self._step)
            self._at, self._step = at, {}
        with contextlib.suppress(ValueError):
            told = json.loads(note) if stage in ("learn", "average") and note.startswith("{") else {}
            self._step = {key: told[key] for key in ("steps", "loss") if key in told}

    def write(self, event: str, **fields: object) -> None:
        """Add a line. Where there is no home yet, none is made."""
        line = json.dumps(
            {"at": dt.datetime.now().astimezone().isoformat(timespec="seconds"), "event": event, **fields}
        )
        path = file(self._home)
        with contextlib.suppress(OSError):
            if not self._home.root.is_dir():
                return
            path.parent.mkdir(mode=0o700, exist_ok=True)
            if path.exists() and path.stat().st_size > _LIMIT:
                path.replace(path.with_name(f"{path.name}.1"))
            handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)  # forgetting may have removed it
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(f"{line}\n")

    def ended(self, result: dict[str, Any]) -> None:
        """Note what came of the night, by its result (design.md §6)."""
        known = {key: result[key] for key in _FIGURES if result.get(key) is not None}
        for key in ("accuracy", "previous"):
            if result.get(key):
                known[key] = result[key].get("accuracy")
        known["conversations"] = len(result.get("conversations", ()))
        self.write("ended", status=result["status"], code=0, **known)


@contextlib.contextmanager
def watching(home: Home) -> Iterator[NightLog]:
    """Give the log of a night that begins. An error is noted, by its sentence where that holds no text, and goes on."""
    log = NightLog(home)
    log.write("began", process=os.getpid())
    try:
        yield log
    except PlumError as error:
        why = error.what if isinstance(error, _QUOTABLE) else type(error).__name__
        refused = {"reasons": error.reasons} if isinstance(error, GateRefused) else {}
        status = "refused" if refused else "stopped" if isinstance(error, Interrupted) else "failed"
        log.write("ended", status=status, code=error.exit_code, why=why, **refused)
        raise
    except BaseException as error:
        log.write("ended", status="failed", why=type(error).__name__)
        raise


def last(home: Home) -> dict[str, Any] | None:
    """Return the newest line of a night, or None."""
    try:
        lines = file(home).read_text(encoding="utf-8", errors="replace").splitlines()
        return dict(json.loads(lines[-1])) if lines else None
    except (OSError, ValueError):
        return None


def file(home: Home) -> Path:
    """Return where the log of the nights is."""
    return home.root / "logs" / "night.jsonl"
