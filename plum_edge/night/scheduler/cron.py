"""Elsewhere: a marked block in the user's crontab; every other line of it is left as it is.

cron does not make up for a night that the machine was off.
"""

from __future__ import annotations

import datetime as dt
import re
import shlex
from pathlib import Path

from plum_edge.errors import Unavailable
from plum_edge.night.scheduler import shell
from plum_edge.night.scheduler.plan import Installed, Plan, battery, name

_NONE = re.compile(r"no crontab for|No such file", re.IGNORECASE)
"""What the crontab commands say where a user has none."""
_LINE = re.compile(r"^(\d+) (\d+) \* \* \* .*--on-battery (\w+)", re.MULTILINE)


class Cron:
    """cron, the user's own table."""

    name = "cron"

    def unusable(self) -> str:
        """Return why it cannot be used here, or nothing."""
        if not shell.has("crontab"):
            return "there is no crontab"
        try:
            _table()
        except Unavailable as error:
            return error.what.rstrip(".")
        return ""

    def text(self, plan: Plan) -> str:
        """Return the block. Output goes nowhere: cron would mail it."""
        command = f"nice -n 19 {shlex.join(plan.command)} >/dev/null 2>&1".replace("%", "\\%")  # cron cuts at a bare %
        begin, end = _marks(plan.home)
        return f"{begin}\n{plan.at.minute} {plan.at.hour} * * * {command}\n{end}\n"

    def install(self, plan: Plan) -> None:
        """Put the block in place of the one that is there, or at the end."""
        kept = _without(_table(), plan.home)
        if kept and not kept.endswith("\n"):
            kept += "\n"
        shell.must("crontab", "-", given=kept + self.text(plan))

    def read(self, home: Path) -> Installed | None:
        """Return the block that is there, or None."""
        if not shell.has("crontab"):
            return None
        try:
            found = _block(home).search(_table())
        except Unavailable:
            return None
        if not found:
            return None
        line = _LINE.search(found[0])
        at = dt.time(int(line[2]), int(line[1])) if line and int(line[2]) < 24 and int(line[1]) < 60 else dt.time()
        return Installed(at, battery(line[3] if line else ""), found[0], (), bool(line))

    def remove(self, home: Path) -> None:
        """Take the block out; a table that held nothing else goes."""
        if self.read(home) is None:
            return
        kept = _without(_table(), home)
        if kept.strip():
            shell.must("crontab", "-", given=kept)
        else:
            shell.must("crontab", "-r")


def _table() -> str:
    """Return the user's crontab, empty where there is none.

    Raises:
        Unavailable: it cannot be read: then it must not be written either.
    """
    ran = shell.run("crontab", "-l")
    if ran.code == 0:
        return ran.out
    if _NONE.search(ran.err):
        return ""
    raise Unavailable(f"the crontab cannot be read ({shell.last_line(ran)}).")


def _marks(home: Path) -> tuple[str, str]:
    return f"# {name(home)}: begin (made by plum-edge schedule)", f"# {name(home)}: end"


def _block(home: Path) -> re.Pattern[str]:
    begin, end = map(re.escape, _marks(home))
    return re.compile(rf"^{begin}\n(?:.*\n)*?{end}\n?", re.MULTILINE)


def _without(table: str, home: Path) -> str:
    return _block(home).sub("", table)
