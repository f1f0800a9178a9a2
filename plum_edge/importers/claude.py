"""Claude.ai's export: ``conversations.json``, an array of conversations with ``chat_messages``.

Of regenerated answers and edited questions the way to the last message counts, or to the leaf that the file names.
Knows nothing of projects and users, which are files of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from plum_edge.importers import parts, trees
from plum_edge.importers.base import Draft, Skip, Source, ident, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, Role

NAME = "claude"
TITLE = "Claude.ai's data export"

_ROLES: dict[str, Role] = {"human": "user", "user": "user", "assistant": "assistant"}
_PASTED = {"", "paste.txt", "pasted.txt", "pasted-text.txt", "pasted_text.txt"}
_LONGEST_PASTE = 20_000
"""Characters of a pasted text that is taken as the user's words. A longer one is noted like any file."""


def sniff(head: Head) -> bool:
    """Whether there are messages in the way of Claude.ai."""
    return head.has("chat_messages")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the conversations; `base.Format` has the contract."""
    for found in values(source.stream, "conversations"):
        where = f"conversation {found.number}"
        if found.long:
            yield Skip(where, too_long())
        elif not isinstance(found.value, dict) or not isinstance(found.value.get("chat_messages"), list):
            yield Skip(where, "no messages" if isinstance(found.value, dict) else "not an object")
        else:
            yield _conversation(found.value, where, found.number - 1, source.left)


def _conversation(value: dict[str, Any], where: str, position: int, left: Counter[str]) -> Draft:
    said = [mapping(one) for one in value["chat_messages"]]
    messages = [_message(one, left) for one in _visible(said, value.get("current_leaf_message_uuid"))]
    return Draft(
        where=where,
        id=ident(value.get("uuid")),
        title=string(value.get("name")),
        created_at=parse(value.get("created_at")) or parse(value.get("updated_at")),
        messages=tuple(one for one in messages if one),
        position=position,
    )


def _visible(said: list[dict[str, Any]], leaf: Any) -> list[dict[str, Any]]:
    """Return the messages on the way to the leaf, or all where the file knows no parents."""
    nodes = {string(one.get("uuid")): one for one in said if string(one.get("uuid"))}
    if not any(one.get("parent_message_uuid") in nodes for one in said if _hashable(one)):
        return said
    last = leaf if isinstance(leaf, str) and leaf in nodes else next(reversed(nodes))
    return [nodes[key] for key in trees.path(nodes, last, lambda node: node.get("parent_message_uuid"))]


def _hashable(one: dict[str, Any]) -> bool:
    return isinstance(one.get("parent_message_uuid"), str)


def _message(one: dict[str, Any], left: Counter[str]) -> Message | None:
    role = _ROLES.get(string(one.get("sender")))
    if role is None:
        left[parts.UNKNOWN] += bool(one)
        return None
    blocks = [parts.part(block, left) for block in sequence(one.get("content"))]
    talk = parts.joined(blocks, "\n\n")
    if not talk and (not blocks or any(mapping(b).get("type") == "text" for b in sequence(one.get("content")))):
        talk = string(one.get("text"))
    attached = [_attachment(held) for held in sequence(one.get("attachments"))]
    files = [_file(held) for held in sequence(one.get("files")) or sequence(one.get("files_v2"))]
    return message(role, parts.joined([talk, *attached, *files]), parse(one.get("created_at")))


def _attachment(value: Any) -> str:
    """Return a text that was pasted, which the service keeps as a file without a name; a note for any other file."""
    held = mapping(value)
    name, words = string(held.get("file_name")), string(held.get("extracted_content"))
    if name.lower() in _PASTED and words.strip() and len(words) <= _LONGEST_PASTE:
        return words
    return parts.file(name)


def _file(value: Any) -> str:
    held = mapping(value)
    name = string(held.get("file_name"))
    shown = held.get("file_kind") == "image" or name.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".webp"))
    return parts.image(name) if shown else parts.file(name)
