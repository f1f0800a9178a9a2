"""The formats, in the order in which they are tried, and what is said of files that are of none."""

from __future__ import annotations

from types import MappingProxyType

from plum_edge.errors import BadInput
from plum_edge.importers import (
    aistudio,
    chatgpt,
    claude,
    claude_code,
    codex,
    gemini,
    gemini_cli,
    grok,
    llm,
    lmstudio,
    ollama,
    openai,
    openwebui,
    plum_jsonl,
    realmem,
    sharegpt,
    whatsapp,
)  # fmt: skip
from plum_edge.importers.base import Foreign, Format, Source
from plum_edge.importers.head import Head

_ALL: tuple[Format, ...] = (
    llm, claude_code, codex, gemini_cli, chatgpt, claude, openwebui, lmstudio, aistudio, grok, gemini, realmem, ollama,
    sharegpt, openai, plum_jsonl, whatsapp,
)  # fmt: skip
FORMATS = MappingProxyType({one.NAME: one for one in _ALL})
"""By name, in the order in which they are tried: what has a mark of its own comes before what is like another."""

_TAKEOUT = (
    "it is Google's activity as HTML, which is for reading",
    "In Google Takeout choose My Activity, and there as format JSON in place of HTML; only Gemini Apps is needed.",
)
_PAGE = ("it is a web page, not an export", "Take the JSON file beside it, or the whole zip file as it came.")


def sniffed(source: Source) -> Format | None:
    """Return the format of a file by its content, or None."""
    head = Head(source.stream.head, source.file)
    return next((one for one in _ALL if one.sniff(head)), None)


def unreadable(source: Source) -> tuple[str, str]:
    """Return why a file of a known form is not read, and what to take instead; nothing for others."""
    head = Head(source.stream.head, source.file).text[: 1 << 16]
    if not head.startswith("<"):
        return "", ""
    activity = "mdl-" in head or "My Activity" in head or "MyActivity" in source.file
    return _TAKEOUT if activity and ("Gemini" in head or "Bard" in head or "MyActivity" in source.file) else _PAGE


def foreign(chosen: Format, source: Source, error: Exception) -> bool:
    """Whether a file that could not be read is another program's: no text, such as a picture, where text was wished."""
    head = Head(source.stream.head, source.file)
    return isinstance(error, Foreign) or (b"\0" in head.raw and not chosen.sniff(head))


def unknown(source: Source) -> BadInput:
    """Return the error of a file that is of no format."""
    raw = source.stream.head
    head = Head(raw).text
    if not head:
        return BadInput(source.name, "it is empty")
    what, instead = unreadable(source)
    if what:
        return BadInput(source.name, what, f"Nothing was imported. {instead}")
    if b"\0" in raw or head.count("\ufffd") > len(head) // 10:
        return BadInput(source.name, "it is not a text file (or not in UTF-8)")
    known = ", ".join(f"{one.NAME} ({one.TITLE})" for one in _ALL)
    return BadInput(source.name, "its format is not known", f"Nothing was imported. Known formats: {known}.")
