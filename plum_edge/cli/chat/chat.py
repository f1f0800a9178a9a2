"""What a chat is made of, and one turn of it: the memory, the talk, the screen, and the keyboard where there is one.

Knows nothing of the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plum_edge.cli.chat.screen import Screen
from plum_edge.cli.chat.talk import Talk
from plum_edge.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from plum_edge import Memory
    from plum_edge.cli.chat.reader import Keyboard


@dataclass
class Chat:
    """A sitting: several conversations may be had in one."""

    memory: Memory
    talk: Talk
    screen: Screen
    keyboard: Keyboard | None = None
    """None where lines are piped in: nobody can be asked."""
    over: bool = False
    _generation: int = field(init=False, default=0)
    """Of the store's choice of an adapter."""

    def __post_init__(self) -> None:
        self._generation = self.memory.store.runs.generation()

    def say(self, text: str) -> None:
        """Answer what the user said.

        Raises:
            UsageError: it is too long, and nobody is at the keyboard to be told.
            Interrupted: as `show` says.
        """
        self._look_around()
        left_out = self.talk.left_out
        try:
            self.talk.fit(text)
        except UsageError as error:
            if self.keyboard is None:
                raise
            self.memory.untype(text)
            self.screen.complain(error)
            self.screen.gap()
            return
        if self.talk.left_out > left_out:
            self.screen.left_out(self.talk.left_out)
        self.show(self.talk.answer(text))

    def show(self, answer: Iterator[str]) -> None:
        """Show an answer while it is made, and how it ended.

        Raises:
            Interrupted: Ctrl-C ended it, and nobody is at the keyboard to go on.
        """
        before = len(self.talk.measured)
        with self.keyboard.resting() if self.keyboard else nullcontext():
            self.screen.stream(answer)
        if len(self.talk.measured) > before:
            self.screen.ended(self.talk.measured[-1].ended, self.memory.config.generate.max_tokens)
        if self.talk.stopped and self.keyboard is None:
            raise Interrupted("Stopped.", "")
        self.screen.gap()

    def memory_line(self) -> str:
        """Return which memory answers."""
        return self.screen.memory(self.talk, self.memory.status())

    def _look_around(self) -> None:
        """Say what changed since the last turn: the conversation was forgotten, or another adapter came into use."""
        if self.talk.was_forgotten():
            self.screen.note("This conversation was forgotten meanwhile; a new one begins.")
        generation = self.memory.store.runs.generation()
        if generation != self._generation:
            self._generation = generation
            self.screen.note(f"({self.memory_line()})")
