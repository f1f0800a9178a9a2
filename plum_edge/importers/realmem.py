"""RealMem: one user's dated sessions, ``{"dialogues": [{"session_identifier", "session_uuid", "current_time",
"dialogue_turns": [{"speaker", "content"}]}]}``.

Read as a stream. Sessions have a day and no time: they are dated at noon, +00:00. Consecutive turns of one speaker stay
apart. Knows nothing of the gold facts beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from plum_edge.errors import BadInput
from plum_edge.importers.base import Skip, parse_date, parse_json, shown, text
from plum_edge.records import Conversation, Message, Role, content_hash

NAME = "realmem"
TITLE = "RealMem, a user's dated sessions"

_DEEPEST = 64
_SPEAKERS: dict[object, Role] = {"user": "user", "assistant": "assistant"}


def sniff(head: str) -> bool:
    """Whether the file begins with an object that has dialogues of sessions, as far as can be seen."""
    return head.startswith("{") and '"dialogues"' in head


def read(file: IO[bytes], name: str, undated: datetime) -> Iterator[Conversation | Skip]:
    """Yield sessions and skips; `base.Importer` has the contract."""
    import ijson

    start = file.tell()
    position = -1
    try:
        for position, session in enumerate(_sessions(file, name)):
            yield from _session(session, position, undated)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        file.seek(start)
        parse_json(file.read(), name, 1)  # names line and column, which the stream does not know
        raise BadInput(name, f"not valid JSON after session {position + 1} ({error})") from error
    if position < 0:
        yield Skip("dialogues", "no sessions")


def _sessions(file: IO[bytes], name: str) -> Iterator[Any]:
    """Yield the items of ``dialogues`` one by one.

    What `ijson.items` does, but with a limit to the depth: its path of names takes quadratic memory, so that a few
    kilobytes of brackets would fill the machine.
    """
    import ijson

    depth, key, listed, builder = 0, "", False, None
    for event, value in ijson.basic_parse(file, use_float=True):
        depth -= event in ("end_map", "end_array")
        if depth == 1:
            key = value if event == "map_key" else key
            listed = event == "start_array" and key == "dialogues"
        elif listed:
            builder = builder or ijson.ObjectBuilder()
            builder.event(event, value)
            if depth == 2 and not event.startswith("start"):
                yield builder.value
                builder = None
        depth += event in ("start_map", "start_array")
        if depth > _DEEPEST:
            raise BadInput(name, "JSON nested too deeply")


def _session(value: Any, position: int, undated: datetime) -> Iterator[Conversation | Skip]:
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
        message = _message(turn)
        if isinstance(message, Message):
            messages.append(message)
        else:
            yield Skip(f"{where}, turn {number}", message)
    if not messages:
        yield Skip(where, "no turn that can be used")
        return
    said = [part for message in messages for part in (message.role, message.content)]
    yield Conversation(
        id=":".join(filter(None, (uuid, identifier))) if uuid else content_hash(identifier, *said),
        title=_title(identifier),
        created_at=dated or undated,
        messages=tuple(messages),
        source=NAME,
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
    if not content.strip():
        return "empty"
    return Message(role, text(content))


def _noon(value: object) -> datetime | None:
    """Return noon of a day written as ``2025-12-15 (Monday)``, or None."""
    day = re.match(r"\s*(\d{4}-\d{2}-\d{2})\b", value) if isinstance(value, str) else None
    return parse_date(f"{day[1]}T12:00:00+00:00") if day else None


def _title(identifier: str) -> str:
    """Return ``Financial Planning 4, S1 01`` for ``Financial_Planning_4:S1_01``."""
    return identifier.replace(":", ", ").replace("_", " ") or "Session"
