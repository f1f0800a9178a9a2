"""What a chat shows: the line above it, answers as they come, and what /help and /why say.

Knows nothing of the log and of how answers are made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plum_edge.cli import terminal
from plum_edge.cli.chat.talk import Talk

_HELP = """/why      what the log has on your last question, and what the base says without memory
/private  from here on nothing is logged
/help     these lines
/quit     leave; so does Ctrl-D
Ctrl-C    stops an answer; at the prompt it clears the line"""
_SHOWN = 300
"""Characters of an earlier message that are shown again."""


class Screen:
    """Standard output during a chat. ``silent`` shows nothing (--json); ``spaced`` leaves a blank line after a turn."""

    def __init__(self, talk: Talk, home: str | None, *, silent: bool, spaced: bool) -> None:
        self._talk, self._home, self._silent, self._spaced = talk, home, silent, spaced

    def greet(self, status: dict[str, Any]) -> None:
        """Say who answers, with what memory; and where a continued conversation stands."""
        talk = self._talk
        learned = status["adapter"] if talk.adapter else None
        memory = "no memory in use"
        if learned:
            memory = f"memory {learned['id']} ({terminal.count(learned['segments'], 'conversation')})"
        words = ["plum-edge", Path(status["base"]).name, memory, *([] if talk.log else ["not logged"]), "/help"]
        self._say(" · ".join(words), "dim")
        if talk.messages:
            self._say(f"\n{terminal.one_line(talk.title)}, {terminal.count(len(talk.messages), 'message')}", "dim")
            for message in talk.messages[-2:]:
                self._say(f"{message.role}: {terminal.one_line(message.content, _SHOWN)}", "dim")
        self._say()

    def stream(self, pieces: Iterator[str]) -> None:
        """Show an answer while it is made."""
        for piece in pieces:
            if not self._silent:
                sys.stdout.write(terminal.clean(piece))
                sys.stdout.flush()
        self._end()

    def help(self) -> None:
        """Say what can be typed."""
        self._say(_HELP)
        self._gap()

    def private(self) -> None:
        """Say that nothing is logged from here on."""
        self._say("Nothing of what follows is logged, nor learned.")
        self._gap()

    def forgotten(self) -> None:
        """Say that what was said so far was forgotten meanwhile."""
        self._say("This conversation was forgotten meanwhile; a new one begins.", "dim")

    def unknown(self, command: str) -> None:
        """Say that there is no such command."""
        self._say(f"There is no {command}; /help lists what there is.")
        self._gap()

    def why(self) -> None:
        """Say what the last answer rests on, and what would be said without memory."""
        talk = self._talk
        if self._silent:
            return
        if talk.question is None:
            self._say("Nothing was asked yet.")
            self._gap()
            return
        found = talk.evidence()
        source = ("weights" if talk.remembers else "the base") + (
            ", and what it read in the log" if talk.retrieve else ""
        )
        self._say(f"from {source}; {'the log has on it:' if found else 'the log has nothing on it'}")
        terminal.evidence(found, self._home)
        self._say(f'without memory the base says: "{terminal.one_line(talk.without_memory())}"')
        self._gap()

    def _say(self, text: str = "", style: str = "") -> None:
        if not self._silent:
            terminal.say(text, style)

    def _end(self) -> None:
        self._say()
        self._gap()

    def _gap(self) -> None:
        if self._spaced:
            self._say()
