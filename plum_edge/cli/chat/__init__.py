"""``plum-edge chat``: talk with the model. What is said is logged at once, unless asked not to.

talk.py answers and logs; reader.py reads what is typed or piped; screen.py shows it; this file joins them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext

import click

from plum_edge.cli.chat.reader import piped, typed
from plum_edge.cli.chat.screen import Screen
from plum_edge.cli.chat.talk import Talk, ctrl_c
from plum_edge.cli.session import Session, shared
from plum_edge.errors import UsageError

_LAST = "\0last"
"""What ``--continue`` without an id stands for; no id can be it."""


@click.command("chat", short_help="Talk with the model; what is said is logged.")
@click.option("--no-log", is_flag=True, help="Log nothing of this chat.")
@click.option("--no-adapter", is_flag=True, help="Talk with the base model, without its memory.")
@click.option("--retrieve", is_flag=True, help="Let the model read what the log has on each question.")
@click.option(
    "--continue",
    "continued",
    metavar="[ID]",
    is_flag=False,
    flag_value=_LAST,
    help="Carry on with a conversation: the last one, or ID.",
)
@shared
@click.pass_obj
def command(session: Session, no_log: bool, no_adapter: bool, retrieve: bool, continued: str | None) -> None:
    """Talk with the model. Lines that are piped in are answered one by one."""
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if session.json and sys.stdin.isatty():
        raise UsageError("With --json, chat reads its lines from standard input.", "Pipe them in, or leave --json out.")
    with session.memory(create=True) as memory:
        no_log = no_log or memory.home.unlogged.exists()  # plum-edge logs off
        talk = Talk(memory, log=not no_log, adapter=not no_adapter, retrieve=retrieve)
        if continued is not None:
            talk.resume(None if continued == _LAST else continued)
        screen = Screen(talk, session.home, silent=session.json, spaced=at_terminal)
        if at_terminal:
            screen.greet(memory.status())
        lines = typed(None if no_log else memory.home.history, lambda: not talk.log) if at_terminal else piped()
        with ctrl_c() if at_terminal else nullcontext():  # one pressed twice, as an answer ends, must not end the chat
            _converse(talk, screen, lines)
        if session.json:
            said = [{"role": message.role, "content": message.content} for message in talk.messages]
            session.emit({"conversation": talk.conversation, "messages": said})


def _converse(talk: Talk, screen: Screen, lines: Iterator[str]) -> None:
    """Answer line by line until there is no more, or /quit."""
    for line in lines:
        text = line.strip()
        if text == "/quit":
            return
        if text == "/help":
            screen.help()
        elif text == "/why":
            screen.why()
        elif text == "/private":
            talk.log = False
            screen.private()
        elif text.startswith("/") and text[1:].isalpha():
            screen.unknown(text)
        elif text:
            if talk.was_forgotten():
                screen.forgotten()
            screen.stream(talk.answer(text))
