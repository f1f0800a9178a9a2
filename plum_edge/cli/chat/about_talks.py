"""Commands about conversations: begin, list, open, name, find, write out, forget.

Each is a function of the chat and what was typed after its name.
"""

from __future__ import annotations

from collections.abc import Iterator

from plum_edge.cli import terminal
from plum_edge.cli.chat.chat import Chat
from plum_edge.errors import UsageError

_LISTED = 10
_DIGITS = 18
"""Of a number: with more it is more than any log has."""
_COMPLETED = 200


def new(chat: Chat, _given: str) -> None:
    """Begin another conversation."""
    chat.talk.new()
    chat.screen.say("A new conversation.")


def list_(chat: Chat, given: str) -> None:
    """List the newest conversations, the last one nearest to the prompt."""
    wanted = int(given[:_DIGITS]) if given.isdecimal() else 0
    if given and not wanted:
        raise UsageError(f"{given!r} is no number of conversations.", "Like this: /list 20")
    found = chat.memory.store.log.list(wanted or _LISTED)
    for one in found:
        here = " (this one)" if one.id == chat.talk.conversation else ""
        day = terminal.day(one.created_at, sure=one.dated)
        chat.screen.hang(f"{day:>12}  ", f"{one.title or '(no title)'} · {one.id}{here}")
    if not found:
        chat.screen.say("The log is empty.")


def open_(chat: Chat, given: str) -> None:
    """Carry on with a logged conversation."""
    if not given:
        raise UsageError("Which one?", "Its id, or the beginning of it: /open 77ab. See: /list, /search WORDS")
    chat.talk.resume(given)
    chat.screen.carry_on(chat.talk)


def title(chat: Chat, given: str) -> None:
    """Name this conversation, or say its name."""
    if given:
        chat.talk.retitle(terminal.one_line(given))
    chat.screen.say(terminal.one_line(chat.talk.title) or "(no title yet: the first line that is logged will be it)")


def search(chat: Chat, given: str) -> None:
    """Find conversations, as ``plum-edge logs search`` does."""
    from plum_edge.cli.log_search import told
    from plum_edge.memory.looking import find, nothing

    if not given:
        raise UsageError("What for?", "Like this: /search kitchen tap")
    found = find(chat.memory.store, chat.memory.config, given, most=_LISTED)
    chat.screen.evidence(found)
    if not found:
        for line in told(nothing(chat.memory.store, given)):
            chat.screen.say(line)


def export(chat: Chat, given: str) -> None:
    """Write this conversation into a new file."""
    from plum_edge.cli.chat.export import write

    if not given:
        raise UsageError("Into which file?", "Like this: /export tap.md, or /export tap.jsonl to be imported again")
    path = write(chat.memory, chat.talk, given)
    chat.screen.say(f"{path}: {terminal.count(len(chat.talk.messages), 'message')}")


def forget(chat: Chat, given: str) -> None:
    """Take a conversation back, out of the log and the weights: this one, or another."""
    from plum_edge.cli.forget import say_left, say_plan, told
    from plum_edge.cli.progress import bar, interrupts

    ident = given or chat.talk.conversation
    if ident is None:
        raise UsageError("Nothing of this conversation is logged.", "Another one: /forget ID. See: /list")
    plan = chat.memory.forget([ident], dry_run=True)
    if chat.keyboard is None:
        raise UsageError("/forget asks first, and nobody is at the keyboard.", f"plum-edge forget {ident} --yes")
    say_plan(plan)
    if not chat.keyboard.agrees("Forget it for good?"):
        chat.screen.say("Nothing was forgotten.")
        return
    chat.memory.release()  # learning again needs the room
    ids = [one["id"] for one in plan["conversations"]]
    with interrupts() as stopped, bar("forget") as progress:
        receipt = chat.memory.forget(ids, progress=progress, stopped=stopped)
    for line in told(receipt):
        chat.screen.say(line)
    say_left(receipt)
    if chat.talk.was_forgotten():
        chat.screen.say("A new conversation begins.")


def ids(chat: Chat) -> Iterator[str]:
    """Yield the conversations that a line can name, the newest first."""
    return (one.id for one in reversed(chat.memory.store.log.list(_COMPLETED)))
