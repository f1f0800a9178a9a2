"""OpenAI's messages: fine-tuning files and logs of the API, as lines, an array, or one object.

Chat completions (``messages``), Responses (``input`` and ``output``), preference data, and a bare array of messages.
Knows no dates but those that a log wrote beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, ident, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import Found, too_long, values
from plum_edge.records import Message, Role

NAME = "openai"
TITLE = "OpenAI messages: fine-tuning files, logs of the API"

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "human": "user", "model": "assistant"}
_SYSTEM = {"system", "developer"}
_DATES = ("created_at", "created", "createdAt", "create_time", "timestamp", "date", "datetime", "time")
_OWN = {
    "tool_calls", "tool_call_id", "function_call", "weight", "parallel_tool_calls", "tools", "functions", "model",
    "preferred_output", "output_text", "input_text", "temperature", "max_tokens", "choices",
}  # fmt: skip


def sniff(head: Head) -> bool:
    """Whether there are messages of roles, in a form that our own lines do not have."""
    if head.any("input", "output") and (head.has("role", "content") or head.any("input_text", "output_text")):
        return True
    if not head.has("role", "content"):
        return False
    return head.text.startswith("[") or (head.has("messages") and head.any(*_OWN))


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the conversations; `base.Format` has the contract."""
    bare: list[Any] = []
    for found in values(source.stream, "data"):
        if _is_message(found.value):
            bare.append(found.value)
        else:
            yield from _conversation(found, source.left)
    if bare:
        yield _draft({}, bare, "the messages of the file", 0, source.left)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str) and "content" in value


def _conversation(found: Found, left: Counter[str]) -> Iterator[Draft | Skip]:
    where = f"line {found.line}" if found.line > 1 else f"conversation {found.number}"
    value, turns = mapping(found.value), _turns(found.value)
    if found.long:
        yield Skip(where, too_long())
    elif turns is None:
        yield Skip(where, "no messages" if value else "not an object")
    else:
        yield _draft(value, turns, where, found.number - 1, left)


def _turns(value: Any) -> list[Any] | None:
    """Return the turns of whatever holds a conversation, or None."""
    if isinstance(value, list):
        return value
    held = mapping(value)
    for outer in ("request", "body"):
        if isinstance(held.get(outer), dict) and not isinstance(held.get("messages"), list):
            held = {**mapping(held[outer]), **{k: v for k, v in held.items() if k != outer}}
    given = held.get("messages")
    if given is None:
        given = held.get("input")
    if isinstance(given, dict):  # preference data
        given = given.get("messages")
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if not isinstance(given, list):
        return None
    answer = mapping(held.get("response")) or held
    chosen = [mapping(choice).get("message") for choice in sequence(answer.get("choices"))[:1]]
    output = sequence(answer.get("output")) or sequence(held.get("preferred_output"))
    return [*given, *output, *chosen]


def _draft(value: dict[str, Any], turns: list[Any], where: str, position: int, left: Counter[str]) -> Draft:
    said = [_message(mapping(turn), left) for turn in turns]
    return Draft(
        where=where,
        id=ident(value.get("conversation_id")) or ident(value.get("id")),
        title=string(value.get("title")),
        created_at=next(filter(None, (parse(value.get(key)) for key in _DATES)), None),
        messages=tuple(one for one in said if one),
        position=position,
    )


def _message(turn: dict[str, Any], left: Counter[str]) -> Message | None:
    role = string(turn.get("role"))
    if role not in _ROLES:
        left[
            parts.SYSTEM if role in _SYSTEM else parts.THINKING if turn.get("type") == "reasoning" else parts.TOOLS
        ] += 1
        return None
    talk = parts.content(turn.get("content"), left) or string(turn.get("refusal"))
    if not talk.strip() and (turn.get("tool_calls") or turn.get("function_call")):
        left[parts.TOOLS] += 1
    moment = next(filter(None, (parse(turn.get(key)) for key in _DATES)), None)
    return message(_ROLES[role], talk, moment)
