"""What stands in a message: text, and notes in the place of what is no text. Shared by formats with content parts.

Knows nothing of who speaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from plum_edge.importers.base import mapping, string

THINKING, TOOLS, SYSTEM, HIDDEN, UNKNOWN = (
    "thinking", "calls and results of tools", "system prompts", "hidden messages", "parts of an unknown kind",
)  # fmt: skip
"""What is no talk, as a summary counts it."""

_TEXT = {"text", "input_text", "output_text", "summary_text"}
_IMAGES = {"image", "image_url", "input_image", "image_file", "image_asset_pointer", "output_image"}
_AUDIO = {"audio", "input_audio", "output_audio", "audio_asset_pointer", "voice_note"}
_FILES = {"file", "input_file", "document", "attachment", "container_upload"}
_THINKING = {"thinking", "redacted_thinking", "reasoning", "reasoning_text", "thoughts"}
_TOOLS = {
    "tool_use", "tool_result", "tool_call", "tool_calls", "function_call", "function_call_output", "server_tool_use",
    "web_search_tool_result", "mcp_tool_use", "mcp_tool_result", "token_budget", "code_execution_tool_result",
}  # fmt: skip


def image(name: Any = "") -> str:
    """Return the note that stands for an image."""
    return _note("image", name)


def file(name: Any = "") -> str:
    """Return the note that stands for an attached file."""
    return _note("file", name)


def audio(name: Any = "") -> str:
    """Return the note that stands for a recording whose words are not known."""
    return _note("audio", name)


def video(name: Any = "") -> str:
    """Return the note that stands for a video."""
    return _note("video", name)


def joined(pieces: Iterable[str], between: str = "\n") -> str:
    """Return the pieces that hold something, one below the other."""
    return between.join(piece for piece in pieces if piece.strip())


def content(value: Any, left: Counter[str], between: str = "\n") -> str | None:
    """Return the text of a message's content, a string or a list of parts; None where it is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return None
    return joined((part(one, left) for one in value), between)


def part(value: Any, left: Counter[str]) -> str:
    """Return what one part says, or the note that stands for it; what is no talk is counted in ``left``."""
    if isinstance(value, str):
        return value
    kind, held = string(mapping(value).get("type")), mapping(value)
    if kind in _TEXT or (not kind and isinstance(held.get("text"), str)):
        inner = held.get("text")
        return string(inner) or string(mapping(inner).get("value"))
    if kind == "refusal":
        return string(held.get("refusal"))
    if kind in _IMAGES:
        return image(_name(held))
    if kind in _AUDIO:
        inner = mapping(held.get("input_audio") or held.get("audio"))
        return string(held.get("transcript") or inner.get("transcript") or held.get("text")) or audio(_name(held))
    if kind in _FILES:
        return file(_name(held))
    left[THINKING if kind in _THINKING else TOOLS if kind in _TOOLS else UNKNOWN] += 1
    return ""


def _name(held: dict[str, Any]) -> str:
    inner = mapping(held.get("file"))
    names = (held.get("filename"), held.get("file_name"), held.get("name"), held.get("title"), inner.get("filename"))
    return next(filter(None, map(string, names)), "")


def _note(kind: str, name: Any) -> str:
    named = " ".join(string(name).split())[:120]
    return f"[{kind}: {named}]" if named else f"[{kind}]"
