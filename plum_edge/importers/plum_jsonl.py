"""Our own JSONL: a conversation a line, with OpenAI-style messages (design.md §6).

    {"id"?, "title"?, "created_at"? (ISO 8601), "messages": [{"role", "content", "created_at"?}]}

Read line by line. What cannot be used (a message with an unknown role, a conversation without messages) is skipped and
said; a line that is no JSON refuses the file. Knows nothing of other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from plum_edge.importers.base import Skip, parse_date, parse_json, shown, text
from plum_edge.records import Conversation, Message, Role, content_hash

NAME = "jsonl"
TITLE = "JSON lines, a conversation a line with its messages"

LONGEST_LINE = 64 * 2**20
"""Bytes of a line that are read; a longer one is skipped, so that no file can fill the memory."""

_ROLES: dict[object, Role] = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}
_TITLE_LENGTH = 60


def sniff(head: str) -> bool:
    """Whether the file begins with an object that has messages, as far as can be seen."""
    return head.startswith("{") and '"messages"' in head


def read(file: IO[bytes], name: str, undated: datetime) -> Iterator[Conversation | Skip]:
    """Yield conversations and skips, line by line; `base.Importer` has the contract."""
    for number, line in _lines(file):
        where = f"line {number}"
        if line is None:
            yield Skip(where, f"longer than {LONGEST_LINE // 2**20} MB")
        elif line.strip():
            yield from _conversation(parse_json(line, name, number), where, number - 1, undated)


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number from 1, line), None for a line that is too long to be read."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if line.endswith(b"\n") or len(line) < LONGEST_LINE:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(2**20)
        yield number, None


def _conversation(value: Any, where: str, position: int, undated: datetime) -> Iterator[Conversation | Skip]:
    if not isinstance(value, dict):
        yield Skip(where, "not an object")
        return
    problem = _problem(value)
    if problem:
        yield Skip(where, problem)
        return
    messages: list[Message] = []
    for number, item in enumerate(value["messages"], 1):
        message = _message(item)
        if isinstance(message, Message):
            messages.append(message)
        else:
            yield Skip(f"{where}, message {number}", message)
    if not messages:
        yield Skip(where, "no message that can be used")
        return
    title = text(value.get("title") or "").strip()
    ident = value.get("id")
    dated = parse_date(value.get("created_at")) or next((m.created_at for m in messages if m.created_at), None)
    said = [part for message in messages for part in (message.role, message.content)]
    yield Conversation(
        id=text(str(ident)) if ident is not None else content_hash(dated.isoformat() if dated else "", *said),
        title=title or _first_words(messages),
        created_at=dated or undated,
        messages=tuple(messages),
        source=NAME,
        position=position,
    )


def _problem(value: dict[str, Any]) -> str | None:
    """Return why a conversation cannot be used at all, or None. A wrong date would become a wrong memory."""
    ident, title, created_at = value.get("id"), value.get("title"), value.get("created_at")
    if "messages" not in value:
        return "no messages"
    if not isinstance(value["messages"], list):
        return "its messages are not a list"
    if ident is not None and (isinstance(ident, bool) or not isinstance(ident, str | int) or not str(ident).strip()):
        return "its id is neither text nor a number"
    if title is not None and not isinstance(title, str):
        return "its title is not text"
    if created_at is not None and parse_date(created_at) is None:
        return f"its created_at is not an ISO 8601 date: {shown(created_at)}"
    return None


def _message(item: Any) -> Message | str:
    """Return the message, or why it cannot be used."""
    if not isinstance(item, dict):
        return "not an object"
    role, content, created_at = item.get("role"), _content(item.get("content")), item.get("created_at")
    if not isinstance(role, str) or role not in _ROLES:
        return f"unknown role {shown(role)}"
    if content is None:
        return "its content is not text"
    if not content.strip():
        return "empty"
    if created_at is not None and parse_date(created_at) is None:
        return f"its created_at is not an ISO 8601 date: {shown(created_at)}"
    return Message(_ROLES[role], content, parse_date(created_at))


def _content(value: Any) -> str | None:
    """Return the text of a message: a string, or OpenAI's list of parts, of which the text parts count."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        parts = [part.get("text") for part in value if isinstance(part, dict) and part.get("type") == "text"]
        return text("\n".join(part for part in parts if isinstance(part, str)))
    return None


def _first_words(messages: list[Message]) -> str:
    """Return a title from what the user said first."""
    said = next((message.content for message in messages if message.role == "user"), messages[0].content)
    line = " ".join(said[: 10 * _TITLE_LENGTH].split())
    return line if len(line) <= _TITLE_LENGTH else line[:_TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
