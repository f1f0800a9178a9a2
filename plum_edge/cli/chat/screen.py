"""What a chat shows: the line above it, answers as they come, and what was left out of them or cut.

Knows nothing of the log and of how answers are made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plum_edge.cli import terminal
from plum_edge.cli.chat.reader import knows_nothing
from plum_edge.cli.chat.talk import Talk
from plum_edge.errors import Interrupted, PlumError

if TYPE_CHECKING:
    from plum_edge.cli.chat.markdown import Shows
    from plum_edge.records import Evidence

_SHOWN = 300
"""Characters of an earlier message that are shown again."""
_ENDED = {
    "loop": "stopped: it went round in a loop",
    "length": "cut at {longest} tokens: generate.max_tokens in config.toml",
    "memory": "ended: what is remembered changed meanwhile; ask again",
}
"""By how an answer ended. Ctrl-C and an end by itself need no word."""


class Screen:
    """Standard output during a chat. ``silent`` shows nothing (--json); ``spaced`` leaves a blank line after a turn."""

    def __init__(self, home: str | None, *, silent: bool, spaced: bool) -> None:
        self.home, self.silent, self._spaced = home, silent, spaced

    # --- of the talk

    def greet(self, talk: Talk, status: dict[str, Any]) -> None:
        """Say who answers, with what memory; and where a continued conversation stands."""
        words = ["plum-edge", Path(status["base"]).name, self.memory(talk, status)]
        self.say(" · ".join([*words, *([] if talk.log else ["not logged"]), "/help"]), "dim")
        if talk.messages:
            self.say()
            self.carry_on(talk)
        self.say()

    def memory(self, talk: Talk, status: dict[str, Any]) -> str:
        """Return which memory answers: the adapter, of how many conversations, since when."""
        learned = status["adapter"] if talk.adapter else None
        if not learned:
            return "no memory in use"
        since = f", since {terminal.moment(learned['created_at'])}" if learned.get("created_at") else ""
        return f"memory {learned['id']} ({terminal.count(learned['segments'], 'conversation')}{since})"

    def carry_on(self, talk: Talk) -> None:
        """Show where a conversation stands."""
        self.say(f"{terminal.one_line(talk.title)}, {terminal.count(len(talk.messages), 'message')}", "dim")
        for message in talk.messages[-2:]:
            self.say(f"{message.name or message.role}: {terminal.one_line(message.content, _SHOWN)}", "dim")

    def stream(self, pieces: Iterator[str]) -> None:
        """Show an answer while it is made: appended, and never drawn again."""
        shows, held = self._shows(), ""
        for piece in pieces:
            held += piece
            if not held.endswith("\r"):  # the first half of a line end
                self._write(shows.feed(terminal.clean(held)))
                held = ""
        self._write(shows.feed(terminal.clean(held)) + shows.end())
        self.say()

    def ended(self, how: str, longest: int) -> None:
        """Say how an answer ended, where it did not end by itself."""
        if how in _ENDED:
            self.note(f"({_ENDED[how].format(longest=f'{longest:,}')})")

    def left_out(self, turns: int) -> None:
        """Say that the beginning of the conversation is out of the model's sight."""
        self.note(f"(the oldest {terminal.count(turns, 'turn')} no longer fit what the model reads at once)")

    # --- of anything

    def say(self, text: str = "", style: str = "") -> None:
        """Write a line."""
        if not self.silent:
            terminal.say(text, style)

    def note(self, text: str) -> None:
        """Say something about an answer: beside it, where answers are read by a program."""
        if self._spaced:
            self.say(text, "dim")
        elif not self.silent:
            terminal.complain(text, "", "")

    def hang(self, head: str, text: str, style: str = "") -> None:
        """Write a text after a head, what does not fit below the text."""
        if not self.silent:
            terminal.hang(head, text, style)

    def pairs(self, rows: Iterable[tuple[str, str]]) -> None:
        """Write heads with their texts, the texts below each other; on a narrow terminal below the heads."""
        rows = list(rows)
        widest = max((len(head) for head, _ in rows), default=0) + 2
        for head, text in rows:
            if sys.stdout.isatty() and widest > terminal.out().width // 2:
                self.say(head)
                self.hang("  ", text, "dim")
            else:
                self.hang(f"{head:<{widest}}", text)

    def evidence(self, found: Sequence[Evidence]) -> None:
        """Write log entries."""
        if not self.silent:
            terminal.evidence(found, self.home)

    def complain(self, error: PlumError) -> None:
        """Say what went wrong; the chat goes on."""
        sys.stdout.flush()
        terminal.complain(error.what, error.remedy, "" if isinstance(error, Interrupted) else "error: ")

    def gap(self) -> None:
        """Leave a blank line where a person reads."""
        if self._spaced:
            self.say()

    def _write(self, text: str) -> None:
        if text and not self.silent:
            sys.stdout.write(text)
            sys.stdout.flush()

    def _shows(self) -> Shows:
        from plum_edge.cli.chat.markdown import AsItIs, Markdown

        if self.silent or not sys.stdout.isatty() or knows_nothing():
            return AsItIs()
        console = terminal.out()
        return Markdown(console, lambda: console.width)
