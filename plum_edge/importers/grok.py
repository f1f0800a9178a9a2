"""Grok's export: ``{"conversations": [{"conversation", "responses": [{"response"}]}]}``, and a flatter form of it.

Of regenerated answers the way to the leaf counts, or to the last one. Knows nothing of the other files of the export.
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

NAME = "grok"
TITLE = "Grok's data export"

_ROLES: dict[str, Role] = {"human": "user", "user": "user", "assistant": "assistant"}


def sniff(head: Head) -> bool:
    """Whether there are responses of senders."""
    return head.has("responses", "sender", "message")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the conversations; `base.Format` has the contract."""
    for found in values(source.stream, "conversations"):
        where, value = f"conversation {found.number}", mapping(found.value)
        if found.long:
            yield Skip(where, too_long())
        elif not isinstance(value.get("responses"), list):
            yield Skip(where, "no messages" if value else "not an object")
        else:
            yield _conversation(value, where, found.number - 1, source.left)


def _conversation(value: dict[str, Any], where: str, position: int, left: Counter[str]) -> Draft:
    about = mapping(value.get("conversation")) or value
    said = [mapping(mapping(one).get("response")) or mapping(one) for one in value["responses"]]
    leaf = string(about.get("leaf_response_id")) or string(value.get("leaf_response_id"))
    messages = [_message(one, left) for one in _visible(said, leaf)]
    return Draft(
        where=where,
        id=ident(about.get("conversation_id")) or ident(about.get("id")),
        title=string(about.get("title")),
        created_at=parse(about.get("create_time")) or parse(about.get("modify_time")),
        messages=tuple(one for one in messages if one),
        position=position,
    )


def _key(one: dict[str, Any]) -> str:
    return string(one.get("_id")) or string(one.get("response_id")) or string(one.get("responseId"))


def _visible(said: list[dict[str, Any]], leaf: str) -> list[dict[str, Any]]:
    nodes = {_key(one): one for one in said if _key(one)}
    parents = [string(one.get("parent_response_id")) for one in said]
    if not any(above in nodes for above in parents if above):
        return said
    last = leaf if leaf in nodes else next(reversed(nodes))
    return [nodes[key] for key in trees.path(nodes, last, lambda one: one.get("parent_response_id"))]


def _message(one: dict[str, Any], left: Counter[str]) -> Message | None:
    role = _ROLES.get(string(one.get("sender")).lower())
    if role is None or one.get("is_control"):
        left[parts.HIDDEN] += bool(one)
        return None
    left[parts.THINKING] += bool(one.get("thinking_trace"))
    images = [parts.image()] * min(len(sequence(one.get("image_attachments"))), 20)
    files = [parts.file(mapping(held).get("file_name")) for held in sequence(one.get("file_attachments"))]
    talk = parts.joined([string(one.get("message")), *images, *files])
    return message(role, talk, parse(one.get("create_time")))
