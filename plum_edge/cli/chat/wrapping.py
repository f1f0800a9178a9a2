"""Lines broken between words, written once and never again: a word waits until it is whole, and then stands for good.

Chinese and Japanese are broken between any two characters; a word that is longer than the line is left to the terminal,
so that an address can be clicked and copied. Knows nothing of Markdown.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from rich.cells import cell_len

Paint = Callable[[str, str], str]
"""``paint(text, style)``: the text as a terminal shows it in that style."""
_LEAST = 8
"""Columns that are left beside what hangs."""


class Wrapping:
    """The columns of a terminal of ``width()``."""

    def __init__(self, paint: Paint, width: Callable[[], int]) -> None:
        self._paint, self._width = paint, width
        self._column = self._hang = 0
        self._space = ""
        self._word: list[tuple[str, str]] = []
        """The word under way, a character each with its style."""

    def hang(self, columns: int) -> None:
        """Let what does not fit on this line begin at a column on the next ones."""
        self._hang = max(0, min(columns, self._width() - _LEAST))

    def add(self, text: str, style: str = "") -> str:
        """Take text without line ends, and return what can be written of it."""
        written = []
        for character in text:
            if character.isspace():
                written.append(self.flush())
                self._space += " "
                continue
            if _parts(self._word, character):
                written.append(self.flush())
            self._word.append((character, style))
        return "".join(written)

    def flush(self) -> str:
        """Return the word under way, on a line that has room for it."""
        if not self._word:
            return ""
        size, room = cell_len("".join(character for character, _ in self._word)), max(self._width(), _LEAST)
        if self._column + len(self._space) + size > room and self._column > self._hang:
            before, self._column = "\n" + " " * self._hang, self._hang
        else:
            before, self._column = self._space, self._column + len(self._space)
        self._column += size
        if self._column > room:
            self._column %= room
        word, self._word, self._space = self._word, [], ""
        return before + "".join(
            self._paint("".join(character for character, _ in run), style)
            for style, run in groupby(word, key=lambda one: one[1])
        )

    def newline(self) -> str:
        """End the line; nothing hangs on the next one."""
        written = self.flush()
        self._column = self._hang = 0
        self._space = ""
        return written + "\n"


def _parts(word: list[tuple[str, str]], character: str) -> bool:
    """Whether a line may be broken between a word and what comes after it: beside a wide character, as in Chinese."""
    if not word or not cell_len(character) or word[-1][0] == "\u200d":  # what combines with it, or is joined to it
        return False
    return cell_len(character) > 1 or cell_len(word[0][0]) > 1
