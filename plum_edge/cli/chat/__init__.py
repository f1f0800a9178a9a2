"""``plum-edge chat``: talk with the model. What is said is logged at once, unless asked not to.

talk.py       the conversation: turns, and the log of them
chat.py       one turn, with all that has a part in it
commands.py   the table of what can be typed after a slash; about_*.py do it
reader.py     what is typed or piped; editor.py: in the user's own editor
stopping.py   what Ctrl-C ends
screen.py     what is shown; markdown.py, inline.py, wrapping.py: an answer while it is written
export.py     a conversation in a file
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import nullcontext

import click

from plum_edge.cli.chat.chat import Chat
from plum_edge.cli.chat.commands import completions, obey
from plum_edge.cli.chat.reader import Keyboard, piped
from plum_edge.cli.chat.screen import Screen
from plum_edge.cli.chat.stopping import ctrl_c
from plum_edge.cli.chat.talk import Talk
from plum_edge.cli.progress import bar
from plum_edge.cli.session import Session, shared
from plum_edge.cli.terminal import home_option
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
    """Talk with the model. Lines that are piped in are answered one by one; /help lists the commands."""
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if session.json and sys.stdin.isatty():
        raise UsageError("With --json, chat reads its lines from standard input.", "Pipe them in, or leave --json out.")
    with session.memory(create=True) as memory:
        no_log = no_log or memory.home.unlogged.exists()  # plum-edge logs off
        talk = Talk(memory, log=not no_log, adapter=not no_adapter, retrieve=retrieve)
        if continued is not None:
            talk.resume(None if continued == _LAST else continued)
        if retrieve:
            with bar("reading the log") as progress:
                memory.prepare(progress)
        chat = Chat(memory, talk, Screen(session.home, silent=session.json, spaced=at_terminal))
        lines: Iterable[str] = piped()
        if at_terminal:
            history = None if no_log else memory.home.history
            chat.keyboard = Keyboard(history, lambda: not talk.log, lambda typed: completions(chat, typed))
            chat.screen.greet(talk, memory.status())
            lines = chat.keyboard
        with ctrl_c() if at_terminal else nullcontext():  # one pressed twice, as an answer ends, must not end the chat
            _converse(chat, lines)
        if at_terminal and talk.conversation is not None:
            chat.screen.say(
                f"\nCarry on: plum-edge chat --continue {talk.conversation}{home_option(session.home)}", "dim"
            )
        if session.json:
            said = [{"role": message.role, "content": message.content} for message in talk.messages]
            session.emit({"conversation": talk.conversation, "messages": said})


def _converse(chat: Chat, lines: Iterable[str]) -> None:
    """Answer line by line until there is no more, or the user leaves."""
    for line in lines:
        if line.strip() and not obey(chat, line):
            chat.say(line.strip())
        if chat.over:
            return
