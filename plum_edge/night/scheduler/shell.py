"""The one place that calls the system's own schedulers: a program by name, as found on PATH.

Knows nothing of what they do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

from plum_edge.errors import Unavailable

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program left behind."""

    code: int
    out: str
    err: str


def has(program: str) -> bool:
    """Whether there is such a program."""
    return shutil.which(program) is not None


def run(*command: str, given: str = "") -> Ran:
    """Run a program, with text for its stdin. One that does not start, or does not end, ends with 127."""
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",  # a crontab may hold any bytes, and gets them back
            env={**os.environ, "LC_ALL": "C"},  # what it says is read
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ran(127, "", str(error))
    return Ran(done.returncode, done.stdout, done.stderr)


def must(*command: str, given: str = "") -> None:
    """Run a program that has to do it.

    Raises:
        Unavailable: it did not; says what it said.
    """
    ran = run(*command, given=given)
    if ran.code:
        raise Unavailable(f"{command[0]} would not do it: {last_line(ran) or f'it ended with {ran.code}'}.")


def last_line(ran: Ran) -> str:
    """Return the last that a program said, without a full stop."""
    said = (ran.err.strip() or ran.out.strip()).splitlines()
    return said[-1].strip().rstrip(".") if said else ""
