"""Claude Code's sessions: ``~/.claude/projects/<folder>/<session>.jsonl``.

A line is a message, a part of one, or a note of the program; most "user" lines are results of tools. What was visible
is the way from the last line up its parents, whatever lines they are. Knows nothing of what the tools did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, ident, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.sessions import rows, spoken
from plum_edge.records import Message, Role

NAME = "claude-code"
TITLE = "Claude Code, sessions"

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}


def sniff(head: Head) -> bool:
    """Whether its lines are those of a session."""
    return any(
        "sessionId" in row and "type" in row and ({"uuid", "parentUuid", "isSidechain"} & row.keys())
        for row in head.rows
    )


@dataclass
class _Line:
    """What a line said, and where it hangs."""

    key: str
    parent: Any
    message: Message | None = None
    answer: str = ""
    """The id of the answer that it is a part of."""


@dataclass
class _Session:
    lines: list[_Line] = field(default_factory=list)
    where: str = ""
    """Its first line of a role; empty: it has none, and is no talk."""
    title: str = ""
    seen: set[str] = field(default_factory=set)


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the sessions of the file; `base.Format` has the contract."""
    sessions: dict[str, _Session] = {}
    for where, row in rows(source):
        if isinstance(row, Skip):
            yield row
            continue
        name = ident(row.get("sessionId"))
        if row.get("type") in ("summary", "custom-title", "ai-title"):
            titled = sessions.get(name) or next(iter(sessions.values()), None)
            if titled:
                titled.title = next(filter(None, (string(row.get(key)) for key in ("customTitle", "aiTitle"))), "")
            continue
        if string(row.get("type")) in _ROLES or string(row.get("uuid")):
            _add(sessions.setdefault(name, _Session()), where, row, source.left)
    for name, session in sessions.items():
        if session.where:
            yield Draft(session.where, _visible(session.lines), id=name, title=session.title)


def _add(session: _Session, where: str, row: dict[str, Any], left: Counter[str]) -> None:
    """Add a line. One that is no message counts, too: a prompt often hangs on a note of the program."""
    key = string(row.get("uuid")) or f"line {len(session.lines)}"
    if key in session.seen:
        return
    session.seen.add(key)
    line = _Line(key, row.get("parentUuid") or row.get("logicalParentUuid"))
    if string(row.get("type")) in _ROLES:
        session.where = session.where or where
        line.message, line.answer = _message(row, left), string(mapping(row.get("message")).get("id"))
    session.lines.append(line)


def _message(row: dict[str, Any], left: Counter[str]) -> Message | None:
    role, held = _ROLES[row["type"]], row.get("message")
    if row.get("isMeta") or row.get("isSidechain") or row.get("isCompactSummary") or row.get("isApiErrorMessage"):
        left[parts.HIDDEN] += 1
        return None
    content = held if isinstance(held, str) else mapping(held).get("content")
    blocks = [content] if isinstance(content, str) else sequence(content)
    pieces = [parts.part(block, left) for block in blocks]
    if role == "user":
        told = [spoken(piece) for piece in pieces]
        left[parts.HIDDEN] += sum(
            bool(piece.strip()) and not one.strip() for piece, one in zip(pieces, told, strict=True)
        )
        pieces = told
    return message(role, parts.joined(pieces), parse(row.get("timestamp")))


def _visible(lines: list[_Line]) -> tuple[Message, ...]:
    """Return what was said on the way up from the last line.

    Only where a parent is in no line (it was summed up, or is in another file), or the way has been there already, the
    line before takes its place. A parent may be written after its line.
    """
    at = {line.key: number for number, line in enumerate(lines)}
    way: list[_Line] = []
    been: set[int] = set()
    number = len(lines) - 1
    while number >= 0 and number not in been:
        been.add(number)
        line = lines[number]
        way.append(line)
        above = at.get(line.parent, -1) if isinstance(line.parent, str) else -1
        number = above if above >= 0 and above not in been else number - 1
    return tuple(_joined(way[::-1]))


def _joined(way: list[_Line]) -> Iterator[Message]:
    """Yield the messages; the parts of one answer are one message."""
    waiting: Message | None = None
    answer = ""
    for line in way:
        if line.message is None:
            continue
        if waiting and line.answer and line.answer == answer and line.message.role == waiting.role:
            waiting = Message(waiting.role, f"{waiting.content}\n{line.message.content}", waiting.created_at)
            continue
        if waiting:
            yield waiting
        waiting, answer = line.message, line.answer
    if waiting:
        yield waiting
