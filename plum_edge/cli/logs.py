"""``plum-edge logs``: what is logged, what of it is never to be learned, and copies for the day when it is lost."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from plum_edge.cli import log_more, log_search, terminal
from plum_edge.cli.import_ import moment
from plum_edge.cli.session import Session, group, shared
from plum_edge.errors import UsageError
from plum_edge.records import Conversation, Message

_SHOWN = 50
"""Conversations that are listed in words where it is not said which."""

command = group("logs", "list", "List, show and search the logged conversations.")


@command.command("list")
@click.option("-n", "--limit", metavar="N", type=click.IntRange(1), help="The newest N (in words, without dates: 50).")
@click.option("--since", metavar="D", callback=moment, help="Those begun on this date or later.")
@click.option("--until", metavar="D", callback=moment, help="Those begun before this date.")
@shared
@click.pass_obj
def list_(session: Session, limit: int | None, since: datetime | None, until: datetime | None) -> None:
    """List the conversations, oldest first."""
    with session.memory() as memory:
        since, until = (date and memory.config.log.local(date) for date in (since, until))
        whole = limit is None and since is None and until is None and not session.json
        found = memory.store.log.list(_SHOWN if whole else limit, since=since, until=until)
        held = memory.store.log.counts().conversations
    if session.json:
        session.emit([_listed(one) for one in found])
        return
    rows = [(one.id, _day(one), str(one.messages), one.state, one.title) for one in found]
    terminal.table(("id", "date", "messages", "state", "title"), rows, right=(2,))
    if whole and len(found) < held:
        terminal.complain(f"The newest {len(found)} of {held:,}; all: plum-edge logs list -n {held}", "", head="")


@command.command("show")
@click.argument("conversation", metavar="CONVERSATION")
@shared
@click.pass_obj
def show(session: Session, conversation: str) -> None:
    """Show a conversation; the beginning of its id will do."""
    with session.memory() as memory:
        found = memory.store.log.get(conversation)
    if session.json:
        session.emit(_contract(found))
        return
    terminal.say(terminal.one_line(found.title) or "(no title)", "bold")
    terminal.say(f"{_day(found)} · {found.id} · {terminal.count(len(found.messages), 'message')}")
    for message in found.messages:
        terminal.say(f"\n{message.name or message.role}", "dim")
        terminal.say(message.content.strip())


command.add_command(log_search.command)
for _one in log_more.commands:
    command.add_command(_one)


@command.command("path")
@shared
@click.pass_obj
def path(session: Session) -> None:
    """Say where the log is, whether it exists yet or not."""
    log = session.folder().log
    if session.json:
        session.emit({"path": log})
    else:
        terminal.say(str(log))


@command.command("notrain")
@click.argument("conversations", metavar="CONVERSATION…", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared
@click.pass_context
def notrain(ctx: click.Context, conversations: tuple[str, ...], yes: bool) -> None:
    """Keep conversations in the log and never learn them; what was learned of them is taken back."""
    from plum_edge.cli.forget import confirm, nothing, report
    from plum_edge.cli.progress import bar, interrupts

    session: Session = ctx.obj
    with session.memory() as memory:
        plan = memory.forget(conversations, dry_run=True)
        ids = [one["id"] for one in plan["conversations"]]
        if not ids and not plan["unfinished"]:
            nothing(session, conversations, {})
            return
        if plan["adapters"] and not yes:
            confirm(session, plan, "Keep, and never learn,", "plum-edge logs notrain")
        with interrupts() as stopped, bar("forget") as progress:
            receipt = memory.forget([*ids, *conversations], keep_log=True, progress=progress, stopped=stopped)
    report(ctx, session, receipt)


@command.command("train")
@click.argument("conversations", metavar="CONVERSATION…", nargs=-1, required=True)
@shared
@click.pass_obj
def train(session: Session, conversations: tuple[str, ...]) -> None:
    """Let conversations be learned after all, with the next consolidation."""
    with session.memory() as memory:
        ids = [memory.store.log.get(one).id for one in conversations]
        for ident in ids:
            memory.store.log.set_trainable(ident, True)
    if session.json:
        session.emit({"conversations": ids})
    else:
        terminal.say(f"{terminal.count(len(ids), 'conversation')} will be learned with the next consolidation")


@command.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@shared
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """Copy the log into a new file, also while it is in use. Whoever reads the copy reads your conversations."""
    from plum_edge.memory import backup

    with session.memory() as memory:
        done = backup.write(memory.store, file)
    if session.json:
        session.emit(done)
        return
    held = terminal.count(done["conversations"], "conversation")
    terminal.say(f"{done['file']}: {held}, {terminal.size(done['bytes'])}, sha256 {done['sha256'][:16]}")
    terminal.say(f"\nTo put it back: plum-edge logs restore {done['file']}{terminal.home_option(session.home)}")


@command.command("restore")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared
@click.pass_obj
def restore(session: Session, file: Path, yes: bool) -> None:
    """Put a copy of the log back in its place. What was forgotten since it was made stays forgotten."""
    from plum_edge.memory import backup

    with backup.restoring(session.folder(), file) as ready:
        if not yes and ready.current is not None:
            _ask(session, ready.plan)
        done = ready.put()
    if session.json:
        session.emit(done)
        return
    for line in _restored(done):
        terminal.say(line)
    terminal.say(f"\nNext: plum-edge status{terminal.home_option(session.home)}")


def _day(one: Any) -> str:
    return terminal.day(one.created_at, sure=one.dated)


def _listed(one: Any) -> dict[str, object]:
    """Return a line of the list; ``dated`` stands there where the date is a guess."""
    line: dict[str, object] = {"id": one.id, "title": one.title, "created_at": one.created_at}
    return line | {"messages": one.messages, "state": one.state} | ({} if one.dated else {"dated": False})


def _ask(session: Session, plan: dict[str, Any]) -> None:
    if session.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("A restore asks before it replaces the log, and there is no terminal.", "Add --yes.")
    for line in _restored(plan):
        terminal.say(line)
    click.confirm("\nReplace the log by this copy?", abort=True, err=True)


def _restored(done: dict[str, Any]) -> list[str]:
    """Return what a restore did or would do, a line for each thing that matters."""
    lines = [f"{done['file']}: {terminal.count(done['conversations'], 'conversation')}"]
    if done["dropped"]:
        named = ", ".join(done["dropped"][:5]) + (", …" if len(done["dropped"]) > 5 else "")
        lines.append(f"{terminal.count(len(done['dropped']), 'conversation')} of now not in the copy: {named}")
    if done["still_forgotten"]:
        forgotten = terminal.count(done["still_forgotten"], "conversation")
        lines.append(f"{forgotten} of the copy forgotten since: left out; what came after is learned again")
    if done["still_excluded"]:
        excluded = terminal.count(done["still_excluded"], "conversation")
        lines.append(f"{excluded} of the copy never to be learned since: that stays so")
    if done["adapters_lost"]:
        lines.append(f"adapters whose files are not there any more: {', '.join(done['adapters_lost'])}")
    lines.append(f"adapter in use: {done['adapter'] or 'none'}")
    if done.get("aside"):
        lines.append(f"the damaged log is kept as {done['aside']}")
    return lines


def _contract(found: Conversation) -> dict[str, object]:
    return {
        "id": found.id,
        "title": found.title,
        "created_at": found.created_at,
        "source": found.source,
        "messages": [_message(one) for one in found.messages],
    } | ({} if found.dated else {"dated": False})


def _message(one: Message) -> dict[str, object]:
    said: dict[str, object] = {"role": one.role, "content": one.content, "created_at": one.created_at}
    return said | ({"name": one.name} if one.name else {})
