"""``plum-edge logs search``: everything in the log that holds what is asked for, as `forget --search` takes it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.import_ import moment
from plum_edge.cli.session import Session, shared

if TYPE_CHECKING:
    from plum_edge.memory.looking import Nothing

_EXAMPLES = """\b
  plum-edge logs search kitchen tap          both words in one message
  plum-edge logs search '"kitchen tap"'      the phrase
  plum-edge logs search 'sourd*'             the beginning of a word
  plum-edge logs search 'tap OR washer'      either
"""


@click.command("search", epilog=_EXAMPLES)
@click.argument("words", metavar="QUERY", nargs=-1, required=True)
@click.option("-n", "--limit", metavar="N", type=click.IntRange(1), default=10, show_default=True, help="At most N.")
@click.option("--since", metavar="D", callback=moment, help="Conversations begun on this date or later.")
@click.option("--until", metavar="D", callback=moment, help="Conversations begun before this date.")
@click.option("--role", type=click.Choice(["user", "assistant", "system"]), help="Only what these said.")
@shared
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], limit: int, **chosen: Any) -> None:
    """Find conversations by what was said in them, or by their titles, the best match first."""
    from plum_edge.memory.looking import find, nothing

    query = " ".join(words)
    with session.memory() as memory:
        found = find(memory.store, memory.config, query, most=limit, **chosen)
        if session.json:
            session.emit(
                [
                    {"conversation": one.conversation, "message": one.message, "date": one.date, "excerpt": one.excerpt}
                    for one in found
                ]
            )
        elif found:
            terminal.evidence(found, session.home)
            if len(found) == limit:
                terminal.say(f"\nThe first {limit:,}; for more: -n {10 * limit}", "dim")
        else:
            for line in told(nothing(memory.store, query)):
                terminal.say(line)


def told(found: Nothing) -> list[str]:
    """Say that nothing was found, where that is true; else where something is, or why nothing can be."""
    if not found.sought:
        return ["There is nothing in it to look for: a word, a character or an emoji is needed."]
    if found.elsewhere:
        held = terminal.count(found.elsewhere, "conversation has", "conversations have")
        return [f"Nothing there. {held} it at another time, or said by another."]
    if found.some:
        held = terminal.count(found.some, "conversation has", "conversations have")
        again = f"{held} some of them: plum-edge logs search {shlex.quote(found.either)}"
        return ["Nothing in the log has all of these words in one message.", again]
    return ["Nothing in the log has these words."]
