"""One request answered by the memory, as the chat would: its guards, its prompt, and its log. In the worker's thread.

Knows nothing of HTTP.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from plum_edge import Memory, Message
from plum_edge.config import Generate
from plum_edge.runtime import Tally
from plum_edge.serve import logbook
from plum_edge.serve.stops import Until
from plum_edge.serve.wire import Refusal, Wish
from plum_edge.serve.worker import Ended, Job, Said
from plum_edge.templates.prompt import later_turns

_LONGEST_TOKEN = 64
"""Characters, at most, that a token stands for in a longer text: runs of spaces come near to it, prose has four."""


def speak(memory: Memory, job: Job) -> None:
    """Answer a job, telling it piece by piece; what was said is logged where that is wanted, also of one left halfway.

    Where the conversation is longer than the model reads, its oldest turns are left out, as in the chat.

    Raises:
        Refusal: what the user says last is longer than that by itself; nothing was logged.
        PlumError: whatever answering or logging raises.
    """
    wish, speaker, tally, until = job.wish, job.wish.speaker, Tally(), Until(job.wish.stops)
    active = memory.store.runs.active() if speaker.adapter else None
    job.adapter = active.id if active else None
    logged = job.log and speaker.adapter
    talk = logbook.find(memory.store, wish.messages, job.conversation) if logged or job.conversation else None
    messages = _readable(memory, wish.messages)
    room = memory.speaker.room(messages, retrieve=speaker.retrieve, adapter=speaker.adapter, conversation=talk)
    if room is not None and not room.fits:
        raise _too_long(f"{room.tokens:,} tokens", room.most)
    said = []
    pieces = memory.reply(
        messages,
        retrieve=speaker.retrieve,
        adapter=speaker.adapter,
        stopped=lambda: job.gone.is_set() or until.found,
        conversation=talk,
        settings=settings(memory.config.generate, wish),
        tally=tally,
    )
    for piece in pieces:
        said.append(until.feed(piece))
        if said[-1]:
            job.tell(Said(said[-1]))
    if rest := until.end():
        said.append(rest)
        job.tell(Said(rest))
    if logged and talk is not None:
        logbook.keep(memory.store, talk, wish.messages, "".join(said), memory.config.log.now())
    job.tell(Ended("length" if tally.full and not until.found else "stop", tally))


def _readable(memory: Memory, messages: Sequence[Message]) -> Sequence[Message]:
    """Return a conversation without the oldest turns that are plainly too much to read.

    To count the tokens of megabytes takes minutes, in which nobody else is answered.

    Raises:
        Refusal: what is said last is, by itself.
    """
    most = memory.config.generate.context or memory.base.context
    for rest in later_turns(messages):
        if sum(len(message.content) for message in rest) <= _LONGEST_TOKEN * most:
            return rest
    raise _too_long(f"{len(messages[-1].content):,} characters", most)


def _too_long(size: str, most: int) -> Refusal:
    what = f"The last message is {size} long, and the model reads {most:,} tokens at once."
    return Refusal(400, what, param="messages", code="context_length_exceeded")


def settings(own: Generate, wish: Wish) -> Generate:
    """Return how an answer is drawn: what the request names, and for the rest what the home has set.

    Without a seed each answer has one of its own: a client that has an answer made anew wants another one.
    """
    given: dict[str, Any] = {"seed": secrets.randbits(32), **wish.settings}
    return replace(own, **given)
