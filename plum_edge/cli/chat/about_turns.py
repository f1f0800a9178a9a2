"""Commands about turns: another answer, undo, a message in the editor; and about the end of the chat.

Each is a function of the chat and what was typed after its name.
"""

from __future__ import annotations

from plum_edge.cli import terminal
from plum_edge.cli.chat.chat import Chat
from plum_edge.errors import UsageError

_SHOWN = 60


def retry(chat: Chat, _given: str) -> None:
    """Have the last answer made anew."""
    chat.show(chat.talk.again())


def back(chat: Chat, _given: str) -> None:
    """Undo the last turn."""
    text = chat.talk.back()
    chat.screen.say(f'undone, in the log too: "{terminal.one_line(text, _SHOWN)}"')


def edit(chat: Chat, given: str) -> None:
    """Write a message in the editor; it then stands at the prompt."""
    from plum_edge.cli.chat.editor import written

    if chat.keyboard is None:
        raise UsageError("/edit opens an editor, and nobody is at the keyboard.", "Pipe the message in.")
    chat.keyboard.give(written(given, chat.memory.home.root))


def stats(chat: Chat, _given: str) -> None:
    """Say how fast answers come."""
    found = chat.talk.measured
    if not found:
        chat.screen.say("Nothing was answered yet.")
        return
    last, most = found[-1], chat.memory.config.generate.context or chat.memory.base.context
    pace = f", then {last.rate:.0f} tokens/s" if last.rate else ""
    chat.screen.hang(
        "last     ",
        f"{terminal.count(last.drawn, 'token')} in {last.seconds:.2f} s: the first after {last.first:.2f} s{pace}",
    )
    if last.read:
        chat.screen.hang("read     ", f"{last.read:,} tokens before it; at most {most:,} with the answer")
    rates = sorted(one.rate for one in found if one.rate)
    pace = f", {rates[len(rates) // 2]:.0f} tokens/s in the middle" if rates else ""
    drawn = sum(one.drawn for one in found)
    chat.screen.hang("sitting  ", f"{terminal.count(len(found), 'answer')}, {terminal.count(drawn, 'token')}{pace}")


def quit_(chat: Chat, _given: str) -> None:
    """Leave."""
    chat.over = True
