"""Ollama: requests to ``/api/chat`` as they were sent, and the lines that it answers with.

Each request holds all that was said before, so that of those that begin alike the longest counts. Knows nothing of
``/api/generate``, which is no chat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, Role

NAME = "ollama"
TITLE = "Ollama, requests and answers of its chat"

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
_OWN = ("options", "keep_alive", "think", "images", "thinking", "done_reason", "eval_count")


def sniff(head: Head) -> bool:
    """Whether there are requests or answers in the way of Ollama."""
    return head.has("message", "done", "role") or (head.has("model", "messages", "role") and head.any(*_OWN))


@dataclass
class _Talk:
    """A conversation that may still go on."""

    where: str
    position: int
    messages: list[Message] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)
    moment: datetime | None = None

    def close(self, moment: datetime | None) -> None:
        """Make one message of an answer that came in pieces."""
        said = message("assistant", "".join(self.answer), moment)
        self.messages += [said] if said else []
        self.answer.clear()
        self.moment = self.moment or moment


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the conversations; `base.Format` has the contract."""
    talk: _Talk | None = None
    for found in values(source.stream):
        where, value = f"line {found.line}", mapping(found.value)
        if found.long:
            yield Skip(where, too_long())
        elif isinstance(value.get("messages"), list):
            said = [_message(mapping(one), source.left) for one in value["messages"]]
            messages = [one for one in said if one]
            moment = parse(value.get("created_at"))
            if talk and not _begins(talk.messages, messages):
                yield _draft(talk)
                talk = None
            first = talk or _Talk(where, found.number - 1)
            dated = [old.created_at for old in first.messages] + [None] * len(messages)
            messages = [replace(one, created_at=at) for one, at in zip(messages, dated, strict=False)]
            talk = _Talk(first.where, first.position, messages, [], first.moment or moment)
            if isinstance(value.get("message"), dict):
                _answer(talk, value, source.left)
        elif isinstance(value.get("message"), dict):
            talk = talk or _Talk(where, found.number - 1)
            _answer(talk, value, source.left)
        else:
            yield Skip(where, "neither messages nor an answer" if value else "not an object")
    if talk:
        yield _draft(talk)


def _answer(talk: _Talk, value: dict[str, Any], left: Counter[str]) -> None:
    said = mapping(value["message"])
    talk.answer.append(string(said.get("content")))
    left[parts.THINKING] += bool(said.get("thinking"))
    if value.get("done") is not False:
        talk.close(parse(value.get("created_at")))


def _begins(old: Sequence[Message], new: Sequence[Message]) -> bool:
    """Whether a request says again what there is and goes on."""
    pairs = zip(old, new, strict=False)
    return len(old) <= len(new) and all((one.role, one.content) == (two.role, two.content) for one, two in pairs)


def _draft(talk: _Talk) -> Draft:
    talk.close(None)
    return Draft(talk.where, tuple(talk.messages), created_at=talk.moment, position=talk.position)


def _message(one: dict[str, Any], left: Counter[str]) -> Message | None:
    role = _ROLES.get(string(one.get("role")))
    if role is None:
        left[parts.SYSTEM if one.get("role") == "system" else parts.TOOLS] += bool(one)
        return None
    left[parts.THINKING] += bool(one.get("thinking"))
    images = [parts.image()] * min(len(sequence(one.get("images"))), 20)
    return message(role, parts.joined([parts.content(one.get("content"), left) or "", *images]))
