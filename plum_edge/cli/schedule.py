"""``plum-edge schedule``: let the system run the night each night. Without a word: what is scheduled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, group, shared
from plum_edge.errors import UsageError

command = group("schedule", "status", "Let the system run the night each night.")


@command.command("install")
@click.option("--at", metavar="HH:MM", default="03:00", show_default=True, help="When, in this machine's time zone.")
@click.option(
    "--on-battery",
    type=click.Choice(["allow", "refuse"]),
    default="allow",
    show_default=True,
    help="Whether it may run without mains power.",
)
@shared
@click.pass_obj
def install(session: Session, at: str, on_battery: Any) -> None:
    """Run consolidate each night, with launchd, systemd or cron. Given again, it changes what is there."""
    from plum_edge.night import scheduler

    home = session.folder()
    if not home.log.exists():
        raise UsageError(f"There is no memory in {home.root}.", "Begin with: plum-edge import FILE, or plum-edge chat.")
    found = scheduler.install(scheduler.Plan(home.root, scheduler.moment(at), on_battery))
    _say(session, found)


@command.command("status")
@shared
@click.pass_obj
def status(session: Session) -> None:
    """Say whether this memory is scheduled, and when the next night is."""
    from plum_edge.night import scheduler

    _say(session, scheduler.status(session.folder().root))


@command.command("remove")
@shared
@click.pass_obj
def remove(session: Session) -> None:
    """Take the schedule of this memory away. The memory itself stays."""
    from plum_edge.night import scheduler

    gone = scheduler.remove(session.folder().root)
    if session.json:
        session.emit({"removed": gone})
    else:
        terminal.say("removed: no night runs by itself any more" if gone else "there was no schedule")


def told(found: dict[str, Any]) -> str:
    """Return the next night in a line."""
    if not found["installed"]:
        return "not scheduled"
    power = ", not on battery" if found["on_battery"] == "refuse" else ""
    line = f"{_next(datetime.fromisoformat(found['next']))} ({found['scheduler']}{power})"
    return f"{line}; but {found['problem']}" if found["problem"] else line


def _say(session: Session, found: dict[str, Any]) -> None:
    if session.json:
        session.emit(found)
        return
    if not found["installed"]:
        terminal.say("not scheduled")
        terminal.say(f"\nNext: plum-edge schedule install{terminal.home_option(session.home)}")
        return
    terminal.hang("next     ", told(found))
    for file in found["files"]:
        terminal.hang("file     ", file)
    if found["remedy"]:
        terminal.say(f"\n{found['remedy']}{terminal.home_option(session.home)}")


def _next(moment: datetime) -> str:
    """Return a moment that is less than a day away as people say it."""
    today = moment.date() == datetime.now().astimezone().date()
    if today:
        return f"{'tonight' if moment.hour >= 18 else 'today'} {moment:%H:%M}"
    return f"{'tonight' if moment.hour < 6 else 'tomorrow'} {moment:%H:%M}"
