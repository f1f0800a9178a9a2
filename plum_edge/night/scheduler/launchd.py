"""macOS: a LaunchAgent. A night that the machine slept through is made up for when it wakes.

``caffeinate`` keeps the machine awake while the night runs, and no longer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import platform
import plistlib
from pathlib import Path
from typing import Any

from plum_edge.night.scheduler import shell
from plum_edge.night.scheduler.plan import Installed, Plan, battery, name
from plum_edge.paths import atomic_write

_AWAKE = ("/usr/bin/caffeinate", "-i", "-s")


class Launchd:
    """launchd, in the user's own domain."""

    name = "launchd"

    def unusable(self) -> str:
        """Return why it cannot be used here, or nothing."""
        if platform.system() != "Darwin":
            return "this is not macOS"
        return "" if shell.has("launchctl") else "there is no launchctl"

    def text(self, plan: Plan) -> str:
        """Return the property list. Output goes nowhere: what is to be known stands in the night's own log."""
        agent: dict[str, Any] = {
            "Label": plan.name,
            "ProgramArguments": [*_AWAKE, *plan.command],
            "StartCalendarInterval": {"Hour": plan.at.hour, "Minute": plan.at.minute},
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "Nice": 10,
            "RunAtLoad": False,
            "Umask": 0o077,
            "StandardOutPath": "/dev/null",
            "StandardErrorPath": "/dev/null",
        }
        return plistlib.dumps(agent, sort_keys=False).decode()

    def install(self, plan: Plan) -> None:
        """Write the agent and load it, in place of the one that is loaded."""
        with atomic_write(_file(plan.home)) as file:
            file.write(self.text(plan).encode())
        shell.run("launchctl", "bootout", f"{_domain()}/{plan.name}")  # it fails where none is loaded
        shell.must("launchctl", "bootstrap", _domain(), str(_file(plan.home)))

    def read(self, home: Path) -> Installed | None:
        """Return the agent that is there, or None. One that does not read is there, and not as it should be."""
        file = _file(home)
        if not file.is_file():
            return None
        raw, at, on_battery = file.read_bytes(), dt.time(), "allow"
        with contextlib.suppress(plistlib.InvalidFileException, ValueError, LookupError, TypeError, AttributeError):
            agent = plistlib.loads(raw)
            words = agent["ProgramArguments"]
            at = dt.time(agent["StartCalendarInterval"]["Hour"], agent["StartCalendarInterval"]["Minute"])
            on_battery = words[words.index("--on-battery") + 1]
        running = shell.run("launchctl", "print", f"{_domain()}/{name(home)}").code == 0
        return Installed(at, battery(on_battery), raw.decode(errors="replace"), (file,), running)

    def remove(self, home: Path) -> None:
        """Unload the agent and remove its file."""
        if _file(home).exists():
            shell.run("launchctl", "bootout", f"{_domain()}/{name(home)}")
            _file(home).unlink()


def _file(home: Path) -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{name(home)}.plist"


def _domain() -> str:
    return f"gui/{os.getuid()}"
