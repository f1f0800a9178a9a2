"""Commands about turns: another answer, undo, a message in the editor; and about the end of the chat.

Each is a function of the chat and what was typed after its name.
"""

from __future__ import annotations

from statistics import median

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
    if last.drawn:
        took = f"{terminal.count(last.drawn, 'token')} in {last.seconds:.2f} s"
        pace = f", then {_pace(last.rate)}" if last.rate else ""
        chat.screen.hang("last     ", f"{took}: the first after {last.first:.2f} s{pace}")
        chat.screen.hang("read     ", f"{last.read:,} tokens before it; at most {most:,} with the answer")
    else:
        chat.screen.hang("last     ", "no model was asked")
    drawn = terminal.count(sum(one.drawn for one in found), "token")
    rates = [one.rate for one in found if one.rate]
    pace = f", median {_pace(median(rates))}" if rates else ""
    chat.screen.hang("sitting  ", f"{terminal.count(len(found), 'answer')}, {drawn}{pace}")


def _pace(rate: float) -> str:
    return f"{rate:.0f} tokens/s" if rate >= 9.95 else f"{rate:.1f} tokens/s"


def quit_(chat: Chat, _given: str) -> None:
    """Leave."""
    chat.over = True
