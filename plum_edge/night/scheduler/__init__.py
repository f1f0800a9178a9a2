"""A night each night: `plum-edge consolidate` in the hands of the system's own scheduler.

launchd on macOS, systemd where a session of the user runs, else cron. Their files are the only record: what is
installed is read from them. Each home has an entry of its own. What a night says of itself when nobody watches is kept
by nightlog.py. Knows nothing of what a night does.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from plum_edge.errors import Unavailable
from plum_edge.night.scheduler.cron import Cron
from plum_edge.night.scheduler.launchd import Launchd
from plum_edge.night.scheduler.plan import Installed, OnBattery, Plan, Scheduler, moment
from plum_edge.night.scheduler.systemd import Systemd

__all__ = ["OnBattery", "Plan", "install", "moment", "remove", "schedulers", "status"]

_AGAIN = "Install it again: plum-edge schedule install"


def schedulers() -> tuple[Scheduler, ...]:
    """Return those that are known, the best first."""
    return (Launchd(), Systemd(), Cron())


def install(plan: Plan) -> dict[str, Any]:
    """Schedule a home with the first scheduler that works here, in place of what was there; return its `status`.

    Raises:
        Unavailable: none works here, with the reason of each; or the one that does refused.
        UsageError: a path that no scheduler can hold.
    """
    plan.check()
    reasons: dict[str, str] = {}
    for scheduler in schedulers():
        why = scheduler.unusable()
        if why:
            reasons[scheduler.name] = why
            continue
        for other in schedulers():
            if other.name != scheduler.name:
                other.remove(plan.home)
        scheduler.install(plan)
        return status(plan.home)
    raise Unavailable(
        "No scheduler works here.", reasons, f"Let another program run, each night: {' '.join(plan.command)}"
    )


def status(home: Path, now: dt.datetime | None = None) -> dict[str, Any]:
    """Return whether and how a home is scheduled, when the next night is, and what is wrong with it."""
    for scheduler in schedulers():
        found = scheduler.read(home)
        if found is not None:
            return {
                "installed": True,
                "scheduler": scheduler.name,
                "at": f"{found.at:%H:%M}",
                "on_battery": found.on_battery,
                "next": next_run(found.at, now).isoformat(),
                "files": [str(path) for path in found.files],
                **_fault(scheduler, found, home),
            }
    return {"installed": False, "problem": "", "remedy": ""}


def remove(home: Path) -> bool:
    """Take the schedule of a home away; return whether there was one."""
    found = [scheduler for scheduler in schedulers() if scheduler.read(home) is not None]
    for scheduler in found:
        scheduler.remove(home)
    return bool(found)


def next_run(at: dt.time, now: dt.datetime | None = None) -> dt.datetime:
    """Return when it is this time of day next, with the offset that this machine's zone then has."""
    now = (now or dt.datetime.now()).astimezone()
    today = dt.datetime.combine(now.date(), at).astimezone()
    return today if today > now else dt.datetime.combine(now.date() + dt.timedelta(days=1), at).astimezone()


def _fault(scheduler: Scheduler, found: Installed, home: Path) -> dict[str, str]:
    """Return what is wrong with a schedule, and what to do; both empty where nothing is."""
    if found.text != scheduler.text(Plan(home, found.at, found.on_battery)):
        return {"problem": "it is not what this plum-edge would install (another Python, or edited)", "remedy": _AGAIN}
    if not found.running:
        return {"problem": f"{scheduler.name} does not know of it", "remedy": _AGAIN}
    return {"problem": "", "remedy": ""}
