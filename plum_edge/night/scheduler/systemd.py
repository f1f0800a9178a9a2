"""Linux: a timer of the user's own systemd. A night that the machine was off is made up for at the next start.

The timer runs while the user is logged in; ``loginctl enable-linger`` lets it run always.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

from plum_edge.night.scheduler import shell
from plum_edge.night.scheduler.plan import Installed, Plan, battery, name
from plum_edge.paths import atomic_write

_SERVICE = """\
[Unit]
Description=plum-edge learns what waits in {home}
{condition}
[Service]
Type=oneshot
ExecStart=:{command}
SuccessExitStatus=11 21 130
Nice=19
CPUSchedulingPolicy=batch
IOSchedulingClass=idle
UMask=0077
StandardOutput=null
StandardError=null
"""
"""Being refused, locked out or stopped is no failure. ``:`` leaves every ``$`` of the command as it is. Output goes
nowhere: what is to be known stands in the night's own log."""
_TIMER = """\
[Unit]
Description=plum-edge learns at {at:%H:%M}

[Timer]
OnCalendar=*-*-* {at:%H:%M}:00
Persistent=true
AccuracySec=1min

[Install]
WantedBy=timers.target
"""
_AT = re.compile(r"^OnCalendar=\*-\*-\* (\d\d):(\d\d):00$", re.MULTILINE)
_BATTERY = re.compile(r'"--on-battery" "(\w+)"')


class Systemd:
    """systemd, the user's own instance of it."""

    name = "systemd"

    def unusable(self) -> str:
        """Return why it cannot be used here, or nothing."""
        if not shell.has("systemctl"):
            return "there is no systemctl"
        ran = shell.run("systemctl", "--user", "show-environment")
        return f"it runs no session of yours ({shell.last_line(ran)})" if ran.code else ""

    def text(self, plan: Plan) -> str:
        """Return the service and the timer, one after the other."""
        return "\n".join(units(plan).values())

    def install(self, plan: Plan) -> None:
        """Write service and timer, and start the timer."""
        for file, text in units(plan).items():
            with atomic_write(_folder() / file) as out:
                out.write(text.encode(errors="surrogateescape"))
        shell.must("systemctl", "--user", "daemon-reload")
        shell.must("systemctl", "--user", "enable", f"{plan.name}.timer")
        shell.must("systemctl", "--user", "restart", f"{plan.name}.timer")  # one that runs goes by its old time

    def read(self, home: Path) -> Installed | None:
        """Return what is there, or None. Files that do not read are there, and not as they should be."""
        files = tuple(path for path in _files(home) if path.is_file())
        if not files:
            return None
        text = "\n".join(path.read_bytes().decode(errors="surrogateescape") for path in files)
        at, on_battery = _AT.search(text), _BATTERY.search(text)
        running = shell.run("systemctl", "--user", "is-active", f"{name(home)}.timer").code == 0
        return Installed(
            dt.time(int(at[1]), int(at[2])) if at else dt.time(),
            battery(on_battery[1] if on_battery else ""),
            text,
            files,
            running,
        )

    def remove(self, home: Path) -> None:
        """Stop the timer and remove both files."""
        if not any(path.exists() for path in _files(home)):
            return
        if shell.has("systemctl"):
            shell.run("systemctl", "--user", "disable", "--now", f"{name(home)}.timer")
        for path in (*_files(home), _folder() / "timers.target.wants" / f"{name(home)}.timer"):
            path.unlink(missing_ok=True)
        if shell.has("systemctl"):
            shell.run("systemctl", "--user", "daemon-reload")


def units(plan: Plan) -> dict[str, str]:
    """Return the unit files by name: the service, then the timer."""
    condition = "ConditionACPower=true\n" if plan.on_battery == "refuse" else ""
    command = " ".join(_quoted(word) for word in plan.command)
    service = _SERVICE.format(home=str(plan.home).replace("%", "%%"), condition=condition, command=command)
    return {f"{plan.name}.service": service, f"{plan.name}.timer": _TIMER.format(at=plan.at)}


def _quoted(word: str) -> str:
    """Return a word as ``ExecStart`` reads it: in quotes, with ``%`` doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def _files(home: Path) -> tuple[Path, Path]:
    return _folder() / f"{name(home)}.service", _folder() / f"{name(home)}.timer"
