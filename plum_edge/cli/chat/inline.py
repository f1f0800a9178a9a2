"""Inline styles of Markdown in a line that is still being written: `code`, **strong**, *emphasis*.

A marker is held back until what closes it is there, and stands as it is where nothing does: "2 * 3" is no emphasis.
Knows nothing of lines' beginnings, of widths and of terminals.
"""

from __future__ import annotations

import re

Span = tuple[str, str]
"""A text and the name of its style; empty where it has none."""

_MARKER = re.compile(r"[`*\\]")
_RUN = re.compile(r"`+|\*+|\\")
_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_STRONG = re.compile(r"(\*{1,3})(?![\s*])(.+?)(?<![\s*])\1(?!\*)")
_STYLES = {1: "italic", 2: "bold", 3: "bold italic"}
"""By the number of asterisks."""
_ESCAPED = "`*_#"
_HELD = 300
"""Characters that wait for a closing marker; it will not come after so many."""


class Inline:
    """One line, piece by piece."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> list[Span]:
        """Return what is decided on, now that ``text`` was written, too."""
        found, self._held = _decided(self._held + text, whole=False)
        return found

    def end(self) -> list[Span]:
        """Return what was held back, at the end of the line."""
        found, self._held = _decided(self._held, whole=True)
        return found


def _decided(text: str, *, whole: bool, style: str = "") -> tuple[list[Span], str]:
    """Return the spans of a text, and what of its end may still become part of one; nothing where it is ``whole``."""
    found: list[Span] = []
    at = 0
    while (marker := _MARKER.search(text, at)) is not None:
        found.append((text[at : marker.start()], style))
        at = marker.start()
        run = _RUN.match(text, at)
        end = run.end() if run else at + 1
        span = _span(text, at)
        if text[at] == "\\" and text[end : end + 1] in _ESCAPED and end < len(text):
            found.append((text[end], style))
            at = end + 1
        elif span and (whole or span.end() < len(text)):
            found += _styled(span, style)
            at = span.end()
        elif whole or _is_text(text, at, end):
            found.append((text[at:end], style))
            at = end
        else:
            return _filled(found), text[at:]
    found.append((text[at:], style))
    return _filled(found), ""


def _span(text: str, at: int) -> re.Match[str] | None:
    return {"`": _CODE, "*": _STRONG}[text[at]].match(text, at) if text[at] in "`*" else None


def _styled(span: re.Match[str], style: str) -> list[Span]:
    marker, inner = span.groups()
    if marker[0] == "`":
        return [(inner.strip() or inner, f"{style} code".strip())]
    found, _ = _decided(inner, whole=True, style=f"{style} {_STYLES[len(marker)]}".strip())
    return found


def _is_text(text: str, start: int, end: int) -> bool:
    """Whether a run of markers that nothing closes yet begins no span, whatever comes."""
    if len(text) - start > _HELD:
        return True
    if end == len(text):
        return False
    return text[start] == "\\" or (text[start] == "*" and (text[end].isspace() or end - start > max(_STYLES)))


def _filled(spans: list[Span]) -> list[Span]:
    return [span for span in spans if span[0]]
