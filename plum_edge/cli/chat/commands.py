"""The commands of a chat, one entry each: name, what may follow it, what it does in words, and the function.

Finds the one that was typed; a line that begins with a blank is never one. Knows nothing of what they do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from plum_edge.cli.chat import about_memory, about_talks, about_turns
from plum_edge.cli.chat.chat import Chat
from plum_edge.errors import PlumError

_TYPED = re.compile(r"/(?P<name>[A-Za-z]+)(?:\s+(?P<given>.*))?", re.DOTALL)
_ALONE = {"exit": "quit", "quit": "quit"}
"""Words that are a command when they stand alone on a line."""
_ALIASES = {"exit": "quit"}
_KEYS = (
    ("Alt-Enter", "begins a line; what is pasted keeps its lines"),
    ("Ctrl-C", "stops an answer; at the prompt it clears the line"),
    ("Ctrl-D", "leaves"),
)


def _nothing(_chat: Chat) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Command:
    """What can be typed after a slash."""

    name: str
    arguments: str
    help: str
    run: Callable[[Chat, str], None]
    completes: Callable[[Chat], Iterable[str]] = _nothing
    """What may follow it."""


def _switches(_chat: Chat) -> Iterable[str]:
    return ("on", "off")


def _help(chat: Chat, _given: str) -> None:
    chat.screen.pairs((f"/{one.name} {one.arguments}".rstrip(), one.help) for one in COMMANDS)
    chat.screen.say()
    chat.screen.pairs(_KEYS)


COMMANDS = (
    Command("help", "", "these lines", _help),
    Command("new", "", "begin another conversation", about_talks.new),
    Command("list", "[N]", "the newest conversations", about_talks.list_),
    Command("open", "ID", "carry on with a conversation", about_talks.open_, about_talks.ids),
    Command("title", "[TEXT]", "name this conversation", about_talks.title),
    Command("search", "WORDS", "find conversations", about_talks.search),
    Command("why", "", "what the last answer rests on, and what the base alone says", about_memory.why),
    Command("retrieve", "[on|off]", "let answers read the log", about_memory.retrieve, _switches),
    Command("adapter", "[on|off|ID]", "which memory answers", about_memory.adapter, about_memory.adapters),
    Command("private", "[on|off]", "log nothing from here on", about_memory.private, _switches),
    Command("forget", "[ID]", "take this conversation back, or another", about_talks.forget, about_talks.ids),
    Command("retry", "", "another answer", about_turns.retry),
    Command("back", "", "undo the last turn, in the log too", about_turns.back),
    Command("edit", "[TEXT]", "write a message in $EDITOR", about_turns.edit),
    Command("export", "FILE", "write this conversation as Markdown, or .jsonl", about_talks.export),
    Command("system", "[TEXT|off]", "what stands before the conversation", about_memory.system),
    Command("model", "", "which base answers, and how", about_memory.model),
    Command("stats", "", "how fast answers come", about_turns.stats),
    Command("quit", "", "leave; so does exit", about_turns.quit_),
)
_BY_NAME = {one.name: one for one in COMMANDS}


def obey(chat: Chat, line: str) -> bool:
    """Do what a line asks for, and return whether it is a command.

    Raises:
        PlumError: it cannot be done, and nobody is at the keyboard to be told.
    """
    typed = line.rstrip()
    found = _TYPED.fullmatch(typed)
    name = found["name"].lower() if found else _ALONE.get(typed.lower(), "")
    if not name:
        return False
    command = _BY_NAME.get(_ALIASES.get(name, name))
    try:
        if command is None:
            _unknown(chat, name)
        else:
            command.run(chat, (found["given"] or "").strip() if found else "")
    except PlumError as error:
        if chat.keyboard is None:
            raise
        chat.screen.complain(error)
    if not chat.over:
        chat.screen.gap()
    return True


def completions(chat: Chat, typed: str) -> Iterable[str]:
    """Return the lines that a beginning of a command may become."""
    name, blank, given = typed.partition(" ")
    if not typed.startswith("/"):
        return
    if not blank:
        yield from (f"/{one.name}" for one in COMMANDS if f"/{one.name}".startswith(typed))
    elif command := _BY_NAME.get(name[1:]):
        yield from (f"{name} {rest}" for rest in command.completes(chat) if rest.startswith(given.lstrip()))


def _unknown(chat: Chat, name: str) -> None:
    near = difflib.get_close_matches(name, _BY_NAME, n=1, cutoff=0.5)
    hint = f"did you mean /{near[0]}?" if near else "/help lists what there is."
    chat.screen.say(f"There is no /{name}; {hint} To say it all the same, begin with a blank.")
