"""What is to run each night, and what of it is found to be installed. Values only."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from plum_edge.errors import UsageError

OnBattery = Literal["allow", "refuse"]
_AT = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Plan:
    """One home, consolidated each night at a time of this machine's zone, by the Python that runs now."""

    home: Path
    at: dt.time
    on_battery: OnBattery = "allow"
    python: str = field(default_factory=lambda: sys.executable)

    @property
    def name(self) -> str:
        """What the schedule of this home is called; another home has another one."""
        return name(self.home)

    @property
    def command(self) -> tuple[str, ...]:
        """The command line. ``-P``: whatever lies in the folder that it is started in is not imported."""
        options = ("--unattended", "--on-battery", self.on_battery, "--home", str(self.home))
        return (self.python, "-P", "-m", "plum_edge.cli", "consolidate", *options)

    def check(self) -> None:
        """Refuse what no scheduler's file can hold.

        Raises:
            UsageError: a path with a line break in it.
        """
        for path in (self.python, str(self.home)):
            if any(ord(character) < 32 for character in path):
                raise UsageError(f"The path {path!r} has a control character in it.", "Move it to another one.")


@dataclass(frozen=True, slots=True)
class Installed:
    """A schedule as it is found. ``text`` is all that its files hold; ``running``: the scheduler knows of it."""

    at: dt.time
    on_battery: OnBattery
    text: str
    files: tuple[Path, ...]
    running: bool


class Scheduler(Protocol):
    """A scheduler of the system. One home has at most one entry in it."""

    name: str

    def unusable(self) -> str:
        """Return why it cannot be used here, or nothing."""

    def text(self, plan: Plan) -> str:
        """Return all that `install` writes, as `Installed.text` has it."""

    def install(self, plan: Plan) -> None:
        """Put the plan in place of whatever is there for its home. Raises `Unavailable`."""

    def read(self, home: Path) -> Installed | None:
        """Return what is there for a home, or None."""

    def remove(self, home: Path) -> None:
        """Take it away, if it is there."""


def name(home: Path) -> str:
    """Return what the schedule of a home is called."""
    return f"plum-edge-{hashlib.sha256(str(home).encode(errors='surrogateescape')).hexdigest()[:8]}"


def moment(text: str) -> dt.time:
    """Return a time of day from ``3:00`` or ``03:00``.

    Raises:
        UsageError: it is none.
    """
    found = _AT.fullmatch(text.strip())
    if not found:
        raise UsageError(f"{text!r} is no time of day.", "Write it as 03:00.")
    return dt.time(int(found[1]), int(found[2]))


def battery(word: str) -> OnBattery:
    """Return what a file says of the battery; anything else than ``refuse`` allows it."""
    return "refuse" if word == "refuse" else "allow"
