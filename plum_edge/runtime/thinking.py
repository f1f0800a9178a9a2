"""What a model thinks before it answers is no part of the answer: it is neither shown, nor logged, nor learned.

A thought stands between two marks. The opening one counts at the beginning of a line only, so that an answer may speak
of ``<think>``. Knows nothing of models: who has such marks as tokens of their own says so.
"""

from __future__ import annotations

import re

MARKS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "◁think▷": "◁/think▷",
}
"""Opening and closing marks: of Qwen, DeepSeek and many others, of Seed, Mistral, Command and Kimi."""

_OPENING = re.compile("|".join(map(re.escape, MARKS)))
_CLOSING = re.compile("|".join(map(re.escape, MARKS.values())))
_LONGEST = max(map(len, (*MARKS, *MARKS.values())))
_STRAY = re.compile(rf"(?:^|\n)[ \t]*(?:{_CLOSING.pattern})|(?:{_CLOSING.pattern})[ \t]*(?=\n|$)")
"""A closing mark that ends what no mark began: the opening one stood in the prompt."""


class Visible:
    """Takes an answer piece by piece and gives back what may be shown.

    ``thinking``: a thought is under way already, as the prompt opened it.
    """

    def __init__(self, *, thinking: bool = False) -> None:
        self.thinking = thinking
        self._held = ""
        """Not shown yet: it may be the beginning of a mark."""
        self._line = ""
        """What was shown of the line under way."""
        self._trim = False
        """White space after a thought is not the answer's."""

    def feed(self, text: str) -> str:
        """Return what may be shown, now that ``text`` was said, too."""
        self._held += text
        shown = ""
        while True:
            if self.thinking:
                if not (found := _CLOSING.search(self._held)):
                    self._held = self._held[-_LONGEST:]
                    return shown
                self._held = self._held[found.end() :]
                self.thinking, self._trim = False, True
            elif found := self._opening():
                shown += self._take(found.start())
                self._held = self._held[len(found.group()) :]
                self.thinking = True
            else:
                return shown + self._take(len(self._held) - self._undecided())

    def open(self) -> None:
        """Note that a token of the model's own begins a thought."""
        self.thinking, self._held = True, ""

    def close(self) -> None:
        """Note that a token of the model's own ends it."""
        self.thinking, self._held, self._trim = False, "", True

    def end(self) -> str:
        """Return what was held back, at the end of the answer: it began no mark after all."""
        return "" if self.thinking else self._take(len(self._held))

    def _opening(self) -> re.Match[str] | None:
        """Return the first opening mark that has nothing before it on its line."""
        for found in _OPENING.finditer(self._held):
            if not (self._line + self._held[: found.start()]).rpartition("\n")[2].strip():
                return found
        return None

    def _undecided(self) -> int:
        """Return how many characters at the end may be the beginning of a mark."""
        sizes = range(min(_LONGEST, len(self._held)), 0, -1)
        return next((size for size in sizes if any(mark.startswith(self._held[-size:]) for mark in MARKS)), 0)

    def _take(self, count: int) -> str:
        """Take so many characters of what is held, to be shown."""
        text, self._held = self._held[:count], self._held[count:]
        if self._trim:
            text = text.lstrip()
            self._trim = not text
        self._line = (self._line + text).rpartition("\n")[2]
        return text


def begun(prompt: str) -> bool:
    """Return whether a prompt ends within a thought: some templates open one for the model."""
    return prompt.rstrip().endswith(tuple(MARKS))


def without_thoughts(text: str) -> str:
    """Return an assistant's text without what was thought, for the log.

    A thought that does not end goes to the end; one that does not begin, as the prompt opened it, from the beginning.
    """
    visible = Visible()
    shown = visible.feed(text) + visible.end()
    stray = [found.end() for found in _STRAY.finditer(shown)]
    return shown[stray[-1] :].lstrip() if stray else shown
