"""``plum-edge logs export|edit-title|on|off``: the log for elsewhere, other titles, and whether chats are logged.

Nothing is deleted here: whoever looks for that is told of `forget`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared
from plum_edge.errors import UsageError

_FORMATS = ("jsonl", "markdown", "mlx")


@click.command("export")
@click.argument("file", metavar="FILE")
@click.argument("conversations", metavar="[CONVERSATION]…", nargs=-1)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="jsonl", show_default=True, help="See above.")
@shared
@click.pass_obj
def export(session: Session, file: str, conversations: tuple[str, ...], form: Any) -> None:
    """Write conversations into a new file: all, or those that are named. FILE - is stdout.

    jsonl: to be imported elsewhere, with all that is known of them. markdown: to read. mlx: chat lines that mlx-lm
    trains on, without what is never to be learned.
    """
    from plum_edge.memory import backup

    if file == "-" and session.json:
        raise UsageError("With --json there is one value on stdout.", "Name a file, or leave --json out.")
    with session.memory() as memory:
        done, texts = backup.export(memory.store, None if file == "-" else Path(file), conversations, form)
        for text in texts:
            sys.stdout.write(text)
    if session.json:
        session.emit(done)
    elif file != "-":
        why = "never to be learned, or without an answer"
        left = f"; {done['left_out']:,} left out ({why})" if done["left_out"] else ""
        terminal.say(f"{file}: {terminal.count(done['conversations'], 'conversation')}{left}")


@click.command("edit-title")
@click.argument("conversation", metavar="CONVERSATION")
@click.argument("title", metavar="TITLE", nargs=-1, required=True)
@shared
@click.pass_obj
def edit_title(session: Session, conversation: str, title: tuple[str, ...]) -> None:
    """Call a conversation something else; the beginning of its id will do."""
    given = " ".join(" ".join(title).split())
    if not given:
        raise UsageError(
            "A title needs a letter at least.", "Write it after the id: plum-edge logs edit-title ID TITLE"
        )
    with session.memory() as memory:
        found = memory.store.log.get(conversation)
        memory.store.log.set_title(found.id, given)
    if session.json:
        session.emit({"id": found.id, "title": given, "previous": found.title})
    else:
        terminal.say(f"{found.id}: {terminal.one_line(given)} (was: {terminal.one_line(found.title) or 'no title'})")


@click.command("on")
@shared
@click.pass_obj
def on(session: Session) -> None:
    """Log what is said in chats. It is so unless it was switched off."""
    session.folder().unlogged.unlink(missing_ok=True)
    _say(session, on=True)


@click.command("off")
@shared
@click.pass_obj
def off(session: Session) -> None:
    """Log no chat any more, until `plum-edge logs on`. What is logged already stays."""
    from plum_edge.paths import atomic_write

    with atomic_write(session.folder().create().unlogged):
        pass
    _say(session, on=False)


def _gone(name: str) -> click.Command:
    """Return a command that deletes nothing and says what does; no list shows it."""

    @click.command(name, hidden=True, short_help="See: plum-edge forget")
    @click.argument("conversations", metavar="[CONVERSATION]…", nargs=-1)
    @shared
    def command(conversations: tuple[str, ...]) -> None:
        """Delete nothing, and say what does."""
        what = "To delete is to forget: out of the log, every file and the weights."
        raise UsageError(what, f"plum-edge forget {' '.join(conversations) or 'CONVERSATION'}")

    return command


commands: tuple[click.Command, ...] = (
    export, edit_title, on, off, *(_gone(name) for name in ("delete", "remove", "rm")),
)  # fmt: skip


def _say(session: Session, *, on: bool) -> None:
    if session.json:
        session.emit({"logging": on})
    else:
        terminal.say("chats are logged" if on else "chats are not logged; on again: plum-edge logs on")
