"""``plum-edge pairs``: the questions and answers that were made of what was said, and what of them is wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared
from plum_edge.errors import UsageError

_ID = 10
"""Characters of an id that are shown: enough to name a pair by."""


@click.group("pairs", invoke_without_command=True, short_help="List, mend and drop what was made to learn from.")
@shared
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, mend and drop the questions and answers that were made to learn from. Without a word: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command("list")
@click.argument("conversations", metavar="[CONVERSATION]…", nargs=-1)
@shared
@click.pass_obj
def list_(session: Session, conversations: tuple[str, ...] = ()) -> None:
    """List the pairs of conversations; without a name how many there are of each."""
    with session.memory() as memory:
        found = memory.pairs(conversations)
        talks = memory.store.log.list()
    if session.json:
        session.emit(found)
    elif conversations:
        _say_pairs(found)
    else:
        rows = [row for one in talks if (row := _counted(one.id, one.title, found))]
        terminal.table(("id", "learned", "asked", "edited", "title"), rows, right=(1, 2, 3))


@command.command("edit")
@click.argument("pair", metavar="PAIR")
@click.option("--question", metavar="TEXT", help="What is asked.")
@click.option("--answer", metavar="TEXT", help="What is answered; to a yes/no question it begins with Yes or No.")
@shared
@click.pass_obj
def edit(session: Session, pair: str, question: str | None, answer: str | None) -> None:
    """Put other words in a pair. They are learned as they stand, with the next night."""
    if question is None and answer is None:
        raise UsageError("Nothing is given that the pair is to say.", "Add --question TEXT, --answer TEXT or both.")
    with session.memory() as memory:
        done = memory.edit_pair(pair, question=question, answer=answer)
    _report(session, done)


@command.command("drop")
@click.argument("pairs", metavar="PAIR…", nargs=-1, required=True)
@shared
@click.pass_obj
def drop(session: Session, pairs: tuple[str, ...]) -> None:
    """Have pairs never asked about nor learned from again."""
    with session.memory() as memory:
        done = memory.drop_pairs(pairs)
    _report(session, done)


def _report(session: Session, done: dict[str, Any]) -> None:
    if session.json:
        session.emit(done)
        return
    names = ", ".join(ident[:_ID] for ident in done["pairs"])
    terminal.say(f"{terminal.count(len(done['pairs']), 'pair')} {done['status']}: {names}")
    if done["again"]:
        time = f", in about {terminal.duration(60 * done['minutes'])}" if done["minutes"] else ""
        terminal.say(f"{terminal.count(done['again'], 'conversation')} will be learned again by the next night{time}")
        terminal.say(f"now:  plum-edge consolidate{terminal.home_option(session.home)}", "dim")


def _say_pairs(found: list[dict[str, Any]]) -> None:
    if not found:
        terminal.say("no pairs were made of it yet: that is part of the night")
    for one in found:
        use = "learned" if one["split"] == "train" else "asked"
        note = "" if one["live"] else ", no longer true"
        edited = ", edited" if one["origin"] == "edit" else ""
        terminal.hang(f"{one['id'][:_ID]}  {use:<8}", f"{one['question']}")
        terminal.hang(" " * (_ID + 10), f"{one['answer']}{edited}{note}")


def _counted(ident: str, title: str, found: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return a conversation's line in the list, or nothing where nothing was made of it."""
    mine = [one for one in found if one["conversation"] == ident]
    splits, edited = Counter(one["split"] for one in mine), sum(one["origin"] == "edit" for one in mine)
    return (ident, str(splits["train"]), str(splits["held_out"]), str(edited), title) if mine else ()
