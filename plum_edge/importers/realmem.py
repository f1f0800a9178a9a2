"""RealMem: one user's dated sessions, ``{"dialogues": [{"session_identifier", "session_uuid", "current_time",
"dialogue_turns": [{"speaker", "content"}]}]}``.

Sessions have a day and no time: they are dated at noon of the user's own day. Consecutive turns of one speaker stay
apart. Knows nothing of the gold facts beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plum_edge.importers.base import Draft, Skip, Source, message, shown, text
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, Role

NAME = "realmem"
TITLE = "RealMem, a user's dated sessions"

_SPEAKERS: dict[object, Role] = {"user": "user", "assistant": "assistant"}


def sniff(head: Head) -> bool:
    """Whether the file begins with an object that has dialogues of sessions, as far as can be seen."""
    return head.has("dialogues")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield sessions and skips; `base.Format` has the contract."""
    number = 0
    for found in values(source.stream, "dialogues"):
        number = found.number
        if found.long:
            yield Skip(f"session {number}", too_long())
        else:
            yield from _session(found.value, number - 1)
    if not number:
        yield Skip("dialogues", "no sessions")


def _session(value: Any, position: int) -> Iterator[Draft | Skip]:
    where = f"session {position + 1}"
    if not isinstance(value, dict):
        yield Skip(where, "not an object")
        return
    identifier, uuid = (text(str(value.get(key) or "")).strip() for key in ("session_identifier", "session_uuid"))
    if identifier:
        where = f"{where} ({identifier})"
    turns = value.get("dialogue_turns")
    dated = _noon(value.get("current_time"))
    if not isinstance(turns, list):
        yield Skip(where, "no dialogue_turns")
        return
    if dated is None and value.get("current_time") is not None:
        yield Skip(where, f"its current_time is not a date: {shown(value['current_time'])}")
        return
    messages: list[Message] = []
    for number, turn in enumerate(turns, 1):
        one = _message(turn)
        if isinstance(one, Message):
            messages.append(one)
        else:
            yield Skip(f"{where}, turn {number}", one)
    if not messages:
        yield Skip(where, "no turn that can be used")
        return
    yield Draft(
        where=where,
        id=":".join(filter(None, (uuid, identifier))) if uuid else "",
        title=_title(identifier),
        created_at=dated,
        messages=tuple(messages),
        hashed=(identifier,),
        position=position,
    )


def _message(turn: Any) -> Message | str:
    """Return the message of a turn, or why it cannot be used."""
    if not isinstance(turn, dict):
        return "not an object"
    speaker, content = turn.get("speaker"), turn.get("content")
    role = _SPEAKERS.get(speaker.strip().lower()) if isinstance(speaker, str) else None
    if role is None:
        return f"unknown speaker {shown(speaker)}"
    if not isinstance(content, str):
        return "its content is not text"
    return message(role, content) or "empty"


def _noon(value: object) -> datetime | None:
    """Return noon of a day written as ``2025-12-15 (Monday)``, or None."""
    day = re.match(r"\s*(\d{4}-\d{2}-\d{2})\b", value) if isinstance(value, str) else None
    found = parse(day[1]) if day else None
    return found.replace(hour=12) if found else None


def _title(identifier: str) -> str:
    """Return ``Financial Planning 4, S1 01`` for ``Financial_Planning_4:S1_01``."""
    return identifier.replace(":", ", ").replace("_", " ") or "Session"
