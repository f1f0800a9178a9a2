"""Gemini CLI's sessions: an object with ``messages``, or lines of which the first is about the session.

Beside them lies ``logs.json``, with what the user typed in every session, commands too, and no answers. Who speaks is
called ``type`` here. Knows nothing of what the tools did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, ident, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.sessions import spoken
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, Role

NAME = "gemini-cli"
TITLE = "Gemini CLI, sessions"

_ROLES: dict[str, Role] = {"user": "user", "gemini": "assistant", "model": "assistant"}


def sniff(head: Head) -> bool:
    """Whether there is a session with a start, and messages of types."""
    return head.has("sessionId", "startTime", "type") or head.has("sessionId", "messageId", "message")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the sessions of the file; `base.Format` has the contract."""
    about: dict[str, Any] = {}
    turns: dict[str, list[dict[str, Any]]] = {}
    for found in values(source.stream):
        value = mapping(found.value)
        if found.long or not value:
            yield Skip(f"value {found.number}", too_long() if found.long else "not an object")
        elif isinstance(value.get("messages"), list):
            yield _session(value, [mapping(turn) for turn in value["messages"]], found.number - 1, source.left)
        elif "sessionId" in value and "type" not in value:
            about = value
        else:
            turns.setdefault(ident(value.get("sessionId") or about.get("sessionId")), []).append(value)
    source.partial = any(_typed(turn) for said in turns.values() for turn in said)
    for number, (name, said) in enumerate(turns.items()):
        held = about if ident(about.get("sessionId")) == name else {"sessionId": name}
        session = _session(held, said, number, source.left)
        if session.messages or not source.partial:  # one in which only commands were typed is no talk
            yield session


def _typed(turn: dict[str, Any]) -> bool:
    """Whether it is a row of ``logs.json``."""
    return "messageId" in turn


def _session(about: dict[str, Any], turns: list[dict[str, Any]], position: int, left: Counter[str]) -> Draft:
    seen: dict[str, Message | None] = {}
    for number, turn in enumerate(turns):  # a message that grew is written again under its id
        seen[ident(turn.get("id")) or f"turn {number}"] = _message(turn, left)
    return Draft(
        where=f"session {position + 1}",
        messages=tuple(one for one in seen.values() if one),
        id=ident(about.get("sessionId")),
        title=string(about.get("summary")),
        created_at=parse(about.get("startTime")),
        position=position,
    )


def _message(turn: dict[str, Any], left: Counter[str]) -> Message | None:
    role = _ROLES.get(string(turn.get("type")))
    left[parts.THINKING] += len(sequence(turn.get("thoughts")))
    left[parts.TOOLS] += len(sequence(turn.get("toolCalls")))
    held = turn.get("content") if "content" in turn else turn.get("message")
    if role is None or (_typed(turn) and string(held).startswith("/")):  # "/quit" was said to the program
        left[parts.HIDDEN] += bool(turn)
        return None
    talk = parts.content(held, left) or ""
    return message(role, spoken(talk) if role == "user" else talk, parse(turn.get("timestamp")))
