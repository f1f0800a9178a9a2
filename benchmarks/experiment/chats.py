"""What an adapter leaves of how the base talks: the loss on chats that it has not learned, in llama.cpp.

Measured with the adapter on throughout; and which turns the product gives to the bare base.

The chats are those of a made-up user for development (samples/dev), of the other one where the log is the first one's
own. What is kept are nats and tokens of each turn of the assistant, given all that stands before it in its chat: no
text. Questions about these users are among what the primer was taught, from which adapters begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.experiment import logs
from benchmarks.experiment.clean import DEVELOPMENT
from benchmarks.experiment.exams import Room
from plum_edge.answer import in_form
from plum_edge.answer.meant import Meant
from plum_edge.answer.remember import GLANCE
from plum_edge.evaluate import ability
from plum_edge.records import Conversation, Message, Progress, draw

EXCHANGES = 40


def measure(room: Room, known: dict[str, Any] | None, progress: Progress) -> dict[str, Any]:
    """Return the loss of the bare base and with the room's adapter: ``base`` and ``adapter`` in nats a turn.

    ``user`` says whose chats they are, ``sha256`` which, ``tokens`` how long each turn is, ``meant`` whether the
    adapter has the word there in a chat (answer/meant.py). ``known`` is what another adapter of the same base was
    measured to: the base is not asked the same again.
    """
    user = other(room.log)
    identity = {"user": user, "sha256": logs.sha256(_drawn(user))}
    if known is None or not identity.items() <= known.items():
        progress("chats", 0, 2, "base")
        known = {**identity, **_loss(room, user, "base", None)}
    progress("chats", 1, 2, "adapter")
    return known | _loss(room, user, "adapter", Path(room.adapter.gguf)) | {"meant": _spoken(room, user)}


def _spoken(room: Room, user: str) -> list[bool]:
    """Return of each turn whether the adapter, which is on, has the word there in a chat."""
    meant, runtime = Meant(room.memory.store), room.evaluator.runtime
    return [
        meant.may_speak(before) and meant.speaks(before, in_form(runtime.opening(before, GLANCE)[0]))
        for before, _ in exchanges(user)
    ]


def _loss(room: Room, user: str, name: str, gguf: Path | None) -> dict[str, Any]:
    runtime = room.evaluator.runtime
    runtime.use(gguf, str(gguf) if gguf else None)
    loss = ability.answer_loss(runtime, exchanges(user))
    return {name: [round(float(nats), 4) for nats in loss.nats], "tokens": loss.tokens.tolist()}


def other(log: str) -> str:
    """Return the user whose chats a log is held against."""
    return next(user for user in DEVELOPMENT if user != log)


def exchanges(user: str) -> list[tuple[Sequence[Message], str]]:
    """Return `EXCHANGES` turns of the assistant with what stands before each, chat by chat."""
    return list(islice((turn for chat in _drawn(user) for turn in ability.turns(chat.messages)), EXCHANGES))


def _drawn(user: str) -> list[Conversation]:
    """Return as many of a user's chats, drawn by hash, as have that many turns."""
    found, count = list[Conversation](), 0
    for chat in sorted(logs.load(user), key=lambda one: draw("held-out chat", one.id)):
        if count < EXCHANGES:
            found.append(chat)
            count += sum(message.role == "assistant" for message in chat.messages)
    return found
