"""``plum-edge status``: what is remembered, what was learned last, and what waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.schedule import told as schedule
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
    for number, night in enumerate(found["nights"]):
        terminal.hang("before   " if number else "last     ", _last(night))
    waits = [terminal.count(found["waiting"], "conversation")] if found["waiting"] else ["nothing"]
    waits = [f"{len(found['doubted']):,} to be tried again"] if found["doubted"] and not found["waiting"] else waits
    if found["unused"] and not found["waiting"]:
        waits = ["what was learned is to be put to use"]
    waits += [f"{found['states']['aside']:,} set aside"] if found["states"]["aside"] else []
    terminal.hang("waiting  ", ", ".join(waits))
    for segment, why in found["aside"].items():
        terminal.hang("aside    ", f"{segment.rsplit('/', 1)[0]}: {why}")
    if found["forgetting"]:
        terminal.hang(
            "forget   ", "what was asked to be forgotten is gone; what came after is still to be learned again"
        )
    if found["crash"]:
        terminal.hang("crash    ", f"a night broke off: {found['crash']} says where (no word of yours is in it)")
    if found["schedule"]["installed"]:
        terminal.hang("next     ", schedule(found["schedule"]))
    terminal.hang("base     ", f"{found['base']}, backend {found['backend']}")
    terminal.hang("home     ", found["home"])
    if found["waiting"] or found["doubted"] or found["unused"]:
        terminal.say(f"\nNext: plum-edge consolidate{terminal.home_option(session.home)}")


def _memory(found: dict[str, Any]) -> str:
    adapter = found["adapter"]
    if not adapter:
        return "no adapter is in use"
    since = f", since {terminal.moment(adapter['created_at'])}" if adapter.get("created_at") else ""
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
        then = (detail.get("previous") or {}).get("accuracy")
        change = f"{terminal.percent(then)} → " if then is not None else ""
        words.append(f"accuracy {change}{terminal.percent((detail['accuracy'] or {}).get('accuracy'))}")
    if last["status"] == "running":
        words = ["still running, or cut short: the next run carries on"]
    words += [str(detail["why"])] if detail.get("why") else []
    words += [str(reason) for reason in detail.get("reasons", ())]
    then = f". {detail['then']}" if detail.get("then") else ""
    ended = f" – {_clock(last['ended_at'])}" if last["ended_at"] else ""
    return f"{terminal.moment(last['started_at'])}{ended}: {'; '.join(words)}{then}"


def _clock(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%H:%M}"
