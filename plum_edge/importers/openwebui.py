"""Open WebUI: "Export chats", an array of rows with a ``chat`` each, or one chat alone.

``history`` is a tree; what the user saw is the way from ``currentId`` up. Knows nothing of the database.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from plum_edge.importers import parts, trees
from plum_edge.importers.base import Draft, Skip, Source, ident, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, Role

NAME = "openwebui"
TITLE = "Open WebUI, exported chats"

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
_DETAILS = re.compile(r'\s*<details\s+type="(reasoning|code_interpreter|tool_calls)"[^>]*>.*?</details>\s*', re.DOTALL)


def sniff(head: Head) -> bool:
    """Whether there is a history with a current message."""
    return head.has("history", "currentId") or head.has("parentId", "childrenIds")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the chats; `base.Format` has the contract."""
    for found in values(source.stream):
        where = f"chat {found.number}"
        row = mapping(found.value)
        chat = row["chat"] if isinstance(row.get("chat"), dict) else row
        if found.long:
            yield Skip(where, too_long())
        elif not isinstance(chat.get("history"), dict) and not isinstance(chat.get("messages"), list):
            yield Skip(where, "no messages" if row else "not an object")
        else:
            yield _chat(row, chat, where, found.number - 1, source.left)


def _chat(row: dict[str, Any], chat: dict[str, Any], where: str, position: int, left: Counter[str]) -> Draft:
    messages = [_message(mapping(one), left) for one in _visible(chat)]
    moments = (parse(row.get("created_at")), parse(chat.get("timestamp")), parse(row.get("updated_at")))
    return Draft(
        where=where,
        id=ident(row.get("id")) or ident(chat.get("id")),
        title=string(row.get("title")) or string(chat.get("title")),
        created_at=next(filter(None, moments), None),
        messages=tuple(one for one in messages if one),
        position=position,
    )


def _visible(chat: dict[str, Any]) -> list[Any]:
    history = mapping(chat.get("history"))
    nodes = mapping(history.get("messages"))
    if not nodes:
        return sequence(chat.get("messages"))
    leaf = string(history.get("currentId"))
    if leaf not in nodes:
        leaf = max(trees.leaves(nodes, _parent), key=lambda key: _time(nodes[key]))
    return [nodes[key] for key in trees.path(nodes, leaf, _parent)]


def _parent(node: Any) -> Any:
    return mapping(node).get("parentId")


def _time(node: Any) -> float:
    moment = parse(mapping(node).get("timestamp"))
    return moment.timestamp() if moment is not None and moment.tzinfo else 0.0


def _message(one: dict[str, Any], left: Counter[str]) -> Message | None:
    role = _ROLES.get(string(one.get("role")))
    if role is None:
        left[parts.SYSTEM if one.get("role") == "system" else parts.TOOLS] += bool(one)
        return None
    talk = parts.content(one.get("content"), left) or ""
    if role == "assistant":
        for block in _DETAILS.finditer(talk):
            left[parts.THINKING if block[1] == "reasoning" else parts.TOOLS] += 1
        talk = _DETAILS.sub("\n\n", talk).strip() if _DETAILS.search(talk) else talk
    files = [_file(mapping(held)) for held in sequence(one.get("files"))]
    return message(role, parts.joined([talk, *files]), parse(one.get("timestamp")))


def _file(held: dict[str, Any]) -> str:
    name = string(held.get("name")) or string(mapping(held.get("file")).get("filename"))
    return parts.image(name) if held.get("type") == "image" else parts.file(name)
