"""Codex' sessions: ``~/.codex/sessions/…/rollout-<time>-<id>.jsonl``, in three generations, and an older file.

A turn of the user stands twice in the newest; one kind counts. Knows nothing of what the tools did.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, ident, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.sessions import rows, spoken
from plum_edge.importers.values import parsed
from plum_edge.records import Message, Role

NAME = "codex"
TITLE = "Codex, sessions"

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
_EVENTS: dict[str, Role] = {"user_message": "user", "agent_message": "assistant"}
_NAMED = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl?$")
_MOST = 1 << 26


def sniff(head: Head) -> bool:
    """Whether its lines, or the one object, are those of a session."""
    for row in head.rows:
        if "record_type" in row or ("payload" in row and "type" in row):
            return True
        if row.get("type") == "message" and isinstance(row.get("content"), list) and "role" in row:
            return True
    return head.has("session", "items", "role", "content")


@dataclass
class _Session:
    """What is gathered of a session."""

    id: str = ""
    began: datetime | None = None
    items: list[Message] = field(default_factory=list)
    events: list[Message] = field(default_factory=list)


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the session of the file; `base.Format` has the contract."""
    session = _Session()
    if Head(source.stream.plain).rows:
        for _where, row in rows(source):
            if isinstance(row, Skip):
                yield row
            else:
                _add(session, row, source.left)
    else:
        held = source.stream.all(_MOST)
        whole = mapping(None if held is None else parsed(held, source.name))
        about = mapping(whole.get("session"))
        session.id, session.began = ident(about.get("id")), parse(about.get("timestamp"))
        for item in sequence(whole.get("items")):
            _item(session, mapping(item), None, source.left)
    named = _NAMED.search(source.file)
    messages = session.items if any(one.role == "user" for one in session.items) else session.events
    yield Draft(
        "the session", tuple(messages or session.items), session.id or (named[1] if named else ""), "", session.began
    )


def _add(session: _Session, row: dict[str, Any], left: Counter[str]) -> None:
    moment, payload = parse(row.get("timestamp")), mapping(row.get("payload"))
    session.began = session.began or moment
    kind = row.get("type")
    if kind == "session_meta":
        session.id = session.id or ident(payload.get("id"))
    elif kind == "response_item":
        _item(session, payload, moment, left)
    elif kind == "event_msg":
        role = _EVENTS.get(string(payload.get("type")))
        said = message(role, spoken(string(payload.get("message"))), moment) if role else None
        session.events += [said] if said else []
    elif "content" in row and "role" in row:
        _item(session, row, moment, left)
    elif "record_type" not in row and not kind:
        session.id = session.id or ident(row.get("id"))


def _item(session: _Session, item: dict[str, Any], moment: datetime | None, left: Counter[str]) -> None:
    role = string(item.get("role"))
    if item.get("type") not in ("message", None) or role not in _ROLES:
        left[parts.THINKING if item.get("type") == "reasoning" else parts.SYSTEM if role else parts.TOOLS] += bool(item)
        return
    pieces = [parts.part(one, left) for one in sequence(item.get("content"))]
    pieces = pieces or [string(item.get("content"))]
    if role == "user":
        told = [spoken(piece) for piece in pieces]
        left[parts.HIDDEN] += told != pieces
        pieces = told
    said = message(_ROLES[role], parts.joined(pieces), moment)
    session.items += [said] if said else []
