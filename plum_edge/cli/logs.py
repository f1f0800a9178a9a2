"""``plum-edge logs``: what is logged, and what of it is never to be learned."""

from __future__ import annotations

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared
from plum_edge.records import Conversation


@click.group("logs", invoke_without_command=True, short_help="List, show and search the logged conversations.")
@shared
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, show and search the logged conversations. Without a word: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command("list")
@shared
@click.pass_obj
def list_(session: Session) -> None:
    """List the conversations, oldest first."""
    with session.memory() as memory:
        found = memory.store.log.list()
    if session.json:
        session.emit(found)
        return
    rows = [(one.id, terminal.day(one.created_at), str(one.messages), one.state, one.title) for one in found]
    terminal.table(("id", "date", "messages", "state", "title"), rows, right=(2,))


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
    terminal.say(f"{terminal.day(found.created_at)} · {found.id} · {terminal.count(len(found.messages), 'message')}")
    for message in found.messages:
        terminal.say(f"\n{message.role}", "dim")
        terminal.say(message.content.strip())


@command.command("search")
@click.argument("words", metavar="QUERY", nargs=-1, required=True)
@click.option("--limit", metavar="N", type=click.IntRange(1), default=10, show_default=True, help="At most so many.")
@shared
@click.pass_obj
def search(session: Session, words: tuple[str, ...], limit: int) -> None:
    """Find conversations by their words, the best match first."""
    with session.memory() as memory:
        found = memory.store.search.search(" ".join(words), limit=limit)
    if session.json:
        session.emit(
            [
                {"conversation": one.conversation, "message": one.message, "date": one.date, "excerpt": one.excerpt}
                for one in found
            ]
        )
    elif found:
        terminal.evidence(found, session.home)
    else:
        terminal.say("Nothing in the log has these words.")


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
    from plum_edge.cli.forget import confirm, report
    from plum_edge.cli.progress import bar, interrupts

    session: Session = ctx.obj
    with session.memory() as memory:
        plan = memory.forget(conversations, dry_run=True)
        ids = [one["id"] for one in plan["conversations"]]
        if plan["adapters"] and not yes:
            confirm(session, plan, "Keep, and never learn,", "plum-edge logs notrain")
        with interrupts() as stopped, bar("forget") as progress:
            receipt = memory.forget(ids, keep_log=True, progress=progress, stopped=stopped)
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


def _contract(found: Conversation) -> dict[str, object]:
    return {
        "id": found.id,
        "title": found.title,
        "created_at": found.created_at,
        "source": found.source,
        "messages": [{"role": m.role, "content": m.content, "created_at": m.created_at} for m in found.messages],
    }
