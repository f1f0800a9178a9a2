"""An answer in Markdown, shown while it is written: each piece is appended, and nothing is ever drawn again.

What a line is must be known before any of it is shown, so a line's beginning waits until it is; a heading, a fence and
a row of a table wait for their end. Text is broken between words; code, tables and addresses are left as they are, to
be copied. Knows nothing of chats; a terminal is a width and a way to paint.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from plum_edge.cli.chat.inline import Inline, Span
from plum_edge.cli.chat.wrapping import Wrapping

_STYLES = {"code": "cyan", "quote": "dim", "marker": "dim"}
"""Of our own names; rich knows the others."""
_FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})\s*(?P<language>[\w+#.-]*)[^`]*$")
_HEADING = re.compile(r" {0,3}#{1,6}(?=\s|$)")
_VERBATIM = re.compile(r"\s*\||\s*(?:([-*_])\s*)(?:\1\s*){2,}$")
"""A row of a table, or a rule."""
_MARKER = re.compile(r"(?P<indent>\s*)(?P<mark>[-*+]|\d{1,9}[.)]|>+)(?P<space>\s+)(?=\S)|(?P<quote>\s*>+)(?=[^\s>])")
_OPEN = re.compile(r"\s*(?:[-*+_> ]*|\d{1,9}[.)]?\s*|#{1,6}|`{1,2}|~{1,2})")
"""A beginning that may become one thing or another."""
_WHOLE = re.compile(r"\s*(?:`{3}|~{3}|\|)| {0,3}#{1,6}\s")
"""A beginning of what is shown as a whole line."""
_COLOURED = 20_000
"""Characters of a block of code that are coloured; it is read anew at each line."""


class Shows(Protocol):
    """Takes an answer piece by piece and gives back what is to be written."""

    def feed(self, text: str) -> str:
        """Return what can be shown, now that ``text`` was said, too."""

    def end(self) -> str:
        """Return what was held back, at the end of the answer."""


class AsItIs:
    """Where there is no terminal, or one that knows no styles: what is said is shown, and no character is lost."""

    def feed(self, text: str) -> str:
        """Return the text."""
        return text

    def end(self) -> str:
        """Return nothing: nothing was held back."""
        return ""


class Markdown:
    """An answer on a console."""

    def __init__(self, console: Console, width: Callable[[], int]) -> None:
        self._console = console
        self._wrapping = Wrapping(self._paint, width)
        self._inline = Inline()
        self._held = ""
        """Of the line under way what is not decided on."""
        self._begun = False
        """Whether it is known what the line under way is: text, of which some was shown."""
        self._code: _Code | None = None

    def feed(self, text: str) -> str:
        """Return what can be shown, now that ``text`` was said, too."""
        self._held += text
        shown = []
        while "\n" in self._held:
            line, _, self._held = self._held.partition("\n")
            shown += [self._line(line), self._wrapping.newline()]
        if self._begun or not (self._code or _OPEN.fullmatch(self._held) or _WHOLE.match(self._held)):
            shown.append(self._text(self._held))
            self._held = ""
        return "".join(shown)

    def end(self) -> str:
        """Return what was held back, at the end of the answer."""
        rest, self._held = self._held, ""
        return self._line(rest) + self._wrapping.flush()

    def _line(self, rest: str) -> str:
        """Return the rest of a line, which may be all of it."""
        if self._begun:
            shown = self._text(rest) + self._spans(self._inline.end())
        elif self._code:
            shown = self._paint(rest, "marker") if self._code.ends(rest) else self._drawn(self._code.line(rest))
            self._code = None if self._code.ends(rest) else self._code
        elif fence := _FENCE.match(rest):
            self._code = _Code(fence["fence"], fence["language"])
            shown = self._paint(rest, "marker")
        elif _VERBATIM.match(rest):
            shown = rest
        elif heading := _HEADING.match(rest):
            shown = self._spans([(rest[heading.end() :].strip().rstrip("#").rstrip(), "bold")])
        else:
            shown = self._text(rest) + self._spans(self._inline.end())
        self._begun = False
        return shown

    def _text(self, text: str) -> str:
        """Return what can be shown of a line of text."""
        shown = ""
        if not self._begun and text:
            self._begun = True
            shown, text = self._beginning(text)
        return shown + self._spans(self._inline.feed(text))

    def _beginning(self, text: str) -> tuple[str, str]:
        """Return what marks a line as one of a list or a quote, to be shown, and the text after it."""
        found = _MARKER.match(text)
        if found is None:
            self._wrapping.hang(len(text) - len(text.lstrip()))
            return "", text
        mark = found["mark"] or found["quote"].strip()
        mark = "-" if mark in "*+" else mark
        indent = found["indent"] if found["mark"] else ""
        head = f"{indent}{mark} "
        shown = self._wrapping.add(head, "marker")
        self._wrapping.hang(len(head))
        return shown, text[found.end() :]

    def _spans(self, spans: list[Span]) -> str:
        return "".join(self._wrapping.add(text, style) for text, style in spans)

    def _paint(self, text: str, style: str) -> str:
        known = " ".join(_STYLES.get(part, part) for part in style.split())
        return self._drawn(Text(text, known)) if known else text

    def _drawn(self, text: Text) -> str:
        with self._console.capture() as capture:
            self._console.print(text, end="", soft_wrap=True)
        return capture.get()


class _Code:
    """A block of code under way, coloured line by line: a line's colours depend on those before it alone."""

    def __init__(self, fence: str, language: str) -> None:
        self._fence, self._source = fence, ""
        self._syntax = Syntax("", language or "text", theme="ansi_dark", background_color="default")

    def ends(self, line: str) -> bool:
        """Whether a line closes the block."""
        text = line.strip()
        return len(text) >= len(self._fence) and not text.strip(self._fence[0])

    def line(self, line: str) -> Text:
        """Take the next line, and return it in its colours."""
        self._source += line + "\n"
        if len(self._source) > _COLOURED:
            return Text(line)
        lines = self._syntax.highlight(self._source).split("\n")
        at = self._source.count("\n") - 1
        return lines[at] if at < len(lines) and lines[at].plain == line else Text(line)
