"""ShareGPT: ``{"conversations": [{"from", "value"}]}``, in an array or a line each.

It knows no dates. Such sets are often the talks of strangers; that is for the user to know. Knows nothing of HTML.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, ident, mapping, message, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, Role

NAME = "sharegpt"
TITLE = "ShareGPT, conversations of human and gpt"

_ROLES: dict[str, Role] = {
    "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant",
    "bing": "assistant", "bard": "assistant", "claude": "assistant", "model": "assistant", "bot": "assistant",
}  # fmt: skip


def sniff(head: Head) -> bool:
    """Whether there are conversations of turns, each from somebody."""
    turns = head.has("from", "value") or head.has("role", "content")
    return head.any("conversations", "conversation") and turns and not head.any("messages", "dialogues")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the conversations; `base.Format` has the contract."""
    for found in values(source.stream):
        where, value = f"conversation {found.number}", mapping(found.value)
        turns = next((value[key] for key in ("conversations", "conversation", "items") if key in value), None)
        if found.long:
            yield Skip(where, too_long())
        elif not isinstance(turns, list):
            yield Skip(where, "no messages" if value else "not an object")
        else:
            said = [_message(mapping(turn), source.left) for turn in turns]
            yield Draft(
                where=where,
                id=ident(value.get("id")),
                title=string(value.get("title")),
                created_at=next(filter(None, (parse(value.get(key)) for key in ("created_at", "date", "time"))), None),
                messages=tuple(one for one in said if one),
                position=found.number - 1,
            )


def _message(turn: dict[str, Any], left: Counter[str]) -> Message | None:
    who = string(turn.get("from") if "from" in turn else turn.get("role")).lower()
    if who not in _ROLES:
        left[parts.SYSTEM if who == "system" else parts.TOOLS] += bool(turn)
        return None
    talk = parts.content(turn.get("value") if "value" in turn else turn.get("content"), left)
    return message(_ROLES[who], talk or "")
