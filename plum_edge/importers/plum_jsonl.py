"""Our own JSONL: a conversation a line, with OpenAI-style messages.

    {"id"?, "title"?, "created_at"?, "messages": [{"role", "content", "created_at"?, "name"?}], "trainable"?, "dated"?}

What cannot be used (a message with an unknown role, a conversation without messages) is skipped and said; what is no
JSON refuses the file. A conversation may also stand over several lines. Knows nothing of other formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, ident, message, shown, string
from plum_edge.importers.dates import aware, parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, Role

NAME = "jsonl"
TITLE = "JSON lines, a conversation a line with its messages"

_ROLES: dict[object, Role] = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}
_DATES = ("created_at", "createdAt", "create_time", "created", "timestamp", "datetime", "date", "time")


def sniff(head: Head) -> bool:
    """Whether the file begins with an object that has messages, as far as can be seen."""
    return head.text.startswith("{") and head.has("messages")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield conversations and skips; `base.Format` has the contract."""
    for found in values(source.stream):
        where = f"line {found.line}"
        if found.long:
            yield Skip(where, too_long())
        else:
            yield from _conversation(found.value, where, found.number - 1, source.left)


def _conversation(value: Any, where: str, position: int, left: Counter[str]) -> Iterator[Draft | Skip]:
    if not isinstance(value, dict):
        yield Skip(where, "not an object")
        return
    problem = _problem(value)
    if problem:
        yield Skip(where, problem)
        return
    messages: list[Message] = []
    for number, item in enumerate(value["messages"], 1):
        one = _message(item, left)
        if isinstance(one, Message):
            messages.append(one)
        else:
            yield Skip(f"{where}, message {number}", one)
    if not messages:
        yield Skip(where, "no message that can be used")
        return
    yield Draft(
        where=where,
        id=ident(value.get("id")),
        title=string(value.get("title")),
        created_at=_date(value),
        messages=tuple(messages),
        trainable=value.get("trainable") is not False,
        dated=value.get("dated") is not False,
        hashed=(_named(value),),
        position=position,
    )


def _date(value: dict[str, Any]) -> datetime | None:
    return next(filter(None, (parse(value.get(key)) for key in _DATES)), None)


def _named(value: dict[str, Any]) -> str:
    """Return the date as a hash names it: as it was written, whatever the user's zone."""
    dated = aware(value.get("created_at"))
    if dated is None:
        dates = (aware(item.get("created_at")) for item in value["messages"] if isinstance(item, dict))
        dated = next(filter(None, dates), None)
    return dated.isoformat() if dated else ""


def _problem(value: dict[str, Any]) -> str | None:
    """Return why a conversation cannot be used at all, or None."""
    named, title = value.get("id"), value.get("title")
    if "messages" not in value:
        return "no messages"
    if not isinstance(value["messages"], list):
        return "its messages are not a list"
    if named is not None and not ident(named):
        return "its id is neither text nor a number"
    if title is not None and not isinstance(title, str):
        return "its title is not text"
    return None


def _message(item: Any, left: Counter[str]) -> Message | str:
    """Return the message, or why it cannot be used."""
    if not isinstance(item, dict):
        return "not an object"
    role = item.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        return f"unknown role {shown(role)}"
    held = item.get("content")
    talk = parts.content(held, left) if isinstance(held, str | list) else None
    if talk is None:
        return "its content is not text"
    other = string(item.get("name")) if role == "assistant" else ""
    return message(_ROLES[role], talk, _date(item), other) or "empty"
