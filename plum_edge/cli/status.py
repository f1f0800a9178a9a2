"""``plum-edge status``: what is remembered, what was learned last, and what waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared


@click.command("status", short_help="Say what is remembered and what waits.")
@shared
@click.pass_obj
def command(session: Session) -> None:
    """Say what is remembered, what was learned last, and what waits."""
    with session.memory() as memory:
        found = memory.status()
    if session.json:
        session.emit(found)
        return
    terminal.hang("memory   ", _memory(found))
    terminal.hang("log      ", _log(found))
    if found["last"]:
        terminal.hang("last     ", _last(found["last"]))
    waits = [terminal.count(found["waiting"], "conversation")] if found["waiting"] else ["nothing"]
    waits += [f"{found['states']['aside']:,} set aside"] if found["states"]["aside"] else []
    terminal.hang("waiting  ", ", ".join(waits))
    if found["forgetting"]:
        terminal.hang(
            "forget   ", "what was asked to be forgotten is gone; what came after is still to be learned again"
        )
    terminal.hang("base     ", f"{found['base']}, backend {found['backend']}")
    terminal.hang("home     ", found["home"])
    if found["waiting"]:
        terminal.say(f"\nNext: plum-edge consolidate{terminal.home_option(session.home)}")


def _memory(found: dict[str, Any]) -> str:
    adapter = found["adapter"]
    if not adapter:
        return "no adapter is in use"
    since = f", since {_moment(adapter['created_at'])}" if adapter.get("created_at") else ""
    learned = terminal.count(adapter["segments"], "conversation")
    return f"adapter {adapter['id']}{since}: {learned}, accuracy {terminal.percent(adapter['accuracy'])}"


def _log(found: dict[str, Any]) -> str:
    held = f"{terminal.count(found['conversations'], 'conversation')}, {terminal.count(found['messages'], 'message')}"
    if not found["first_date"]:
        return held
    return f"{held}, {terminal.span(*(datetime.fromisoformat(found[key]) for key in ('first_date', 'last_date')))}"


def _last(last: dict[str, Any]) -> str:
    detail = last["detail"]
    words = [last["status"]]
    if last["status"] == "promoted":
        words = [f"learned {terminal.count(len(detail['conversations']), 'conversation')}"]
        words.append(f"accuracy {terminal.percent((detail['accuracy'] or {}).get('accuracy'))}")
    words += [str(reason) for reason in detail.get("reasons", ())]
    ended = f" – {_clock(last['ended_at'])}" if last["ended_at"] else ""
    return f"{_moment(last['started_at'])}{ended}: {'; '.join(words)}"


def _moment(text: str) -> str:
    """Return a stored moment as the day and the time here."""
    here = datetime.fromisoformat(text).astimezone()
    today = here.date() == datetime.now().astimezone().date()
    return f"{'today' if today else terminal.day(here)} {here:%H:%M}"


def _clock(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%H:%M}"
