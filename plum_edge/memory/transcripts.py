"""A conversation as text for elsewhere: our own JSON lines, Markdown to read, or mlx-lm's chat lines to train on.

Knows nothing of files and of the store.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

from plum_edge.records import Conversation, Message, heading, spoken_date, spoken_day

Format = Literal["jsonl", "markdown", "mlx"]
FORMATS: tuple[Format, ...] = ("jsonl", "markdown", "mlx")


def jsonl(talk: Conversation) -> str:
    """Return a conversation as a line of plum-edge's own import format; imported again, it is the same one."""
    made: dict[str, object] = {"id": talk.id, "title": talk.title, "created_at": talk.created_at.isoformat()}
    made |= {"messages": [_message(one) for one in talk.messages]} | ({} if talk.trainable else {"trainable": False})
    return json.dumps(made | ({} if talk.dated else {"dated": False}), ensure_ascii=False) + "\n"


def markdown(talk: Conversation) -> str:
    """Return a conversation to read: a heading, its day, and each turn under who spoke, as it was said."""
    title = " ".join(talk.title.split()) or "(no title)"
    lines = [f"# {title}", "", f"{heading(spoken_day(talk.day))} · {talk.id}", ""]
    day = ""
    for one in talk.messages:
        said_on = spoken_date(one.created_at) if one.created_at else day
        when, day = (f" · {said_on}" if day and said_on != day else ""), said_on
        lines += [f"**{one.name or one.role}**{when}", "", one.content.strip(), ""]
    return "\n".join([*lines, ""])


def mlx(talk: Conversation) -> str:
    """Return a conversation as a line that mlx-lm trains on; nothing where it may not be trained on, or has no answer.

    Turns of one speaker that follow each other are joined, for chat templates refuse them. What was said after the last
    answer is left out.
    """
    turns: list[dict[str, str]] = []
    for one in talk.messages:
        if turns and turns[-1]["role"] == one.role:
            turns[-1]["content"] += f"\n\n{one.content}"
        else:
            turns.append({"role": one.role, "content": one.content})
    while turns and turns[-1]["role"] != "assistant":
        turns.pop()
    if not talk.trainable or not any(turn["role"] == "user" for turn in turns):
        return ""
    return json.dumps({"messages": turns}, ensure_ascii=False) + "\n"


WRITERS: dict[Format, Callable[[Conversation], str]] = {"jsonl": jsonl, "markdown": markdown, "mlx": mlx}


def _message(one: Message) -> dict[str, object]:
    said: dict[str, object] = {"role": one.role, "content": one.content}
    said |= {"created_at": one.created_at.isoformat()} if one.created_at else {}
    return said | ({"name": one.name} if one.name else {})
