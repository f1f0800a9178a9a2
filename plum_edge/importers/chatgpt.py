"""ChatGPT's export: ``conversations.json``, its shards ``conversations-000.json`` …, or one conversation alone.

A conversation is a tree, ``mapping``; what the user saw is the way from ``current_node`` up to the root. Knows nothing
of the other files of the export.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plum_edge.importers import parts, trees
from plum_edge.importers.base import Draft, Skip, Source, ident, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, Role

NAME = "chatgpt"
TITLE = "ChatGPT's data export"

_ROLES: dict[object, Role] = {"user": "user", "assistant": "assistant"}
_THINKING = {"thoughts", "reasoning_recap"}
_CONTEXT = {"user_editable_context", "model_editable_context"}
_TALK = {"text", "multimodal_text", ""}


def sniff(head: Head) -> bool:
    """Whether there is a tree of messages in the way of ChatGPT."""
    return head.has("mapping") and head.any("current_node", "parent", "message", "conversation_id", "create_time")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the conversations; `base.Format` has the contract."""
    for found in values(source.stream, "conversations"):
        where = f"conversation {found.number}"
        if found.long:
            yield Skip(where, too_long())
        elif not isinstance(found.value, dict):
            yield Skip(where, "not an object")
        elif not isinstance(found.value.get("mapping"), dict):
            yield Skip(where, "no messages: a folder or a project")
        else:
            yield _conversation(found.value, where, found.number - 1, source.left)


def _conversation(value: dict[str, Any], where: str, position: int, left: Counter[str]) -> Draft:
    nodes: dict[str, Any] = value["mapping"]
    leaf = string(value.get("current_node"))
    way = trees.path(nodes, leaf if leaf in nodes else _newest(nodes), _parent)
    messages = [_message(mapping(mapping(nodes[key]).get("message")), left) for key in way]
    return Draft(
        where=where,
        id=ident(value.get("conversation_id")) or ident(value.get("id")),
        title=string(value.get("title")),
        created_at=parse(value.get("create_time")) or parse(value.get("update_time")),
        messages=tuple(one for one in messages if one),
        trainable=value.get("is_do_not_remember") is not True,
        position=position,
    )


def _parent(node: Any) -> Any:
    return mapping(node).get("parent")


def _newest(nodes: dict[str, Any]) -> str:
    """Return the leaf that was said last; the last in the file where none has a time."""
    ends = trees.leaves(nodes, _parent)
    times = {key: _time(mapping(mapping(nodes[key]).get("message"))) for key in ends}
    dated = [key for key in ends if times[key] is not None]
    return max(dated, key=lambda key: times[key] or 0.0, default=ends[-1] if ends else "")


def _time(said: dict[str, Any]) -> float | None:
    moment = _moment(said)
    return moment.timestamp() if moment is not None and moment.tzinfo else None


def _moment(said: dict[str, Any]) -> datetime | None:
    return parse(said.get("create_time"))


def _message(said: dict[str, Any], left: Counter[str]) -> Message | None:
    """Return what a node says, or None where it is no talk, which is counted."""
    if not said:
        return None
    why = _hidden(said)
    if why:
        left[why] += 1
        return None
    body, meta = mapping(said.get("content")), mapping(said.get("metadata"))
    pieces = [_part(one, left) for one in sequence(body.get("parts"))]
    pieces = pieces or [string(body.get("text"))]
    if not any(pieces) and any("audio" in _kind(one) for one in sequence(body.get("parts"))):
        pieces = [parts.audio()]
    attached = [_attachment(one, pieces) for one in sequence(meta.get("attachments"))]
    role = _ROLES[mapping(said.get("author")).get("role")]
    return message(role, parts.joined([*pieces, *attached]), _moment(said))


def _hidden(said: dict[str, Any]) -> str:
    """Return why a message is no talk, or nothing."""
    author, meta = mapping(said.get("author")), mapping(said.get("metadata"))
    role, recipient, kind = author.get("role"), said.get("recipient"), mapping(said.get("content")).get("content_type")
    if role == "system":
        return parts.SYSTEM
    if meta.get("is_visually_hidden_from_conversation") or meta.get("is_user_system_message"):
        return parts.HIDDEN
    if kind in _CONTEXT if isinstance(kind, str) else kind is not None:
        return parts.HIDDEN
    if (isinstance(kind, str) and kind in _THINKING) or said.get("channel") == "analysis":
        return parts.THINKING
    if not isinstance(role, str) or role not in _ROLES or (role == "assistant" and recipient not in (None, "", "all")):
        return parts.TOOLS
    if kind is not None and kind not in _TALK:
        return parts.TOOLS
    weight = said.get("weight")
    return parts.HIDDEN if isinstance(weight, int | float) and weight == 0 else ""


def _part(value: Any, left: Counter[str]) -> str:
    if isinstance(value, str):
        return value
    held, kind = mapping(value), _kind(value)
    if kind == "audio_transcription":
        return string(held.get("text"))
    if "audio" in kind:  # the transcription beside it says what was said
        return ""
    return parts.part({**held, "type": kind}, left)


def _kind(value: Any) -> str:
    return string(mapping(value).get("content_type")) or string(mapping(value).get("type"))


def _attachment(value: Any, pieces: list[str]) -> str:
    """Return the note for an attachment; an image stands among the parts already."""
    held = mapping(value)
    if string(held.get("mime_type") or held.get("mimeType")).startswith("image/"):
        return "" if any(piece.startswith("[image") for piece in pieces) else parts.image(held.get("name"))
    return parts.file(held.get("name"))
