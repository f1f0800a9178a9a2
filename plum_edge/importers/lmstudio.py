"""LM Studio: a chat a file, ``<milliseconds>.conversation.json``, under ``~/.lmstudio/conversations``.

Each turn has versions, of which the selected one counts. The file's name is its id. Messages have no times of their
own, but the last ones do. Knows nothing of models and their settings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import values
from plum_edge.records import Message, Role, content_hash

NAME = "lmstudio"
TITLE = "LM Studio, a chat a file"

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
_NAMED = re.compile(r"(\d{9,})(?:\.conversation)?(?:\.json)?")


def sniff(head: Head) -> bool:
    """Whether turns have versions of which one is selected."""
    return head.has("versions", "currentlySelected")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the chat of the file; `base.Format` has the contract."""
    for found in values(source.stream):
        value = mapping(found.value)
        where = f"chat {found.number}"
        if not isinstance(value.get("messages"), list):
            yield Skip(where, "no messages" if value else "not an object")
            continue
        said = [_message(mapping(turn), source.left) for turn in value["messages"]]
        created = parse(value.get("createdAt"))
        named = _NAMED.fullmatch(source.file)
        yield Draft(
            where=where,
            id=named[1] if named else content_hash(NAME, str(value["createdAt"])) if created else "",
            title=string(value.get("name")),
            created_at=created or (parse(int(named[1])) if named else None),
            messages=_timed([one for one in said if one], value),
        )


def _message(turn: dict[str, Any], left: Counter[str]) -> Message | None:
    versions, at = sequence(turn.get("versions")), turn.get("currentlySelected")
    chosen = at if isinstance(at, int) and 0 <= at < len(versions) else len(versions) - 1
    version = mapping(versions[chosen]) if versions else turn
    role = _ROLES.get(string(version.get("role")))
    if role is None:
        left[parts.SYSTEM if version.get("role") == "system" else parts.UNKNOWN] += bool(version)
        return None
    pieces = [parts.content(version.get("content"), left) or ""]
    pieces += [_step(mapping(step), left) for step in sequence(version.get("steps"))]
    return message(role, parts.joined(pieces))


def _step(step: dict[str, Any], left: Counter[str]) -> str:
    if mapping(step.get("style")).get("type") == "thinking":
        left[parts.THINKING] += 1
        return ""
    if step.get("type") != "contentBlock":
        left[parts.TOOLS] += step.get("type") not in (None, "debugInfoBlock")
        return ""
    return parts.content(step.get("content"), left) or ""


def _timed(messages: list[Message], value: dict[str, Any]) -> tuple[Message, ...]:
    """Return the messages, the last of each side with the time that the file has for it."""
    for role in ("user", "assistant"):
        moment = parse(value.get(f"{role}LastMessagedAt"))
        last = next((n for n in reversed(range(len(messages))) if messages[n].role == role), None)
        if moment is not None and last is not None:
            messages[last] = replace(messages[last], created_at=moment)
    return tuple(messages)
