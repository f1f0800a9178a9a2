"""One request answered by the memory, as the chat would: its guards, its prompt, and its log. In the worker's thread.

Knows nothing of HTTP.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from plum_edge import Memory
from plum_edge.config import Generate
from plum_edge.recall import Tally
from plum_edge.serve import logbook
from plum_edge.serve.stops import Until
from plum_edge.serve.wire import Wish
from plum_edge.serve.worker import Ended, Job, Said


def speak(memory: Memory, job: Job) -> None:
    """Answer a job, telling it piece by piece; what was said is logged where that is wanted, also of one left halfway.

    Raises:
        PlumError: whatever answering or logging raises.
    """
    wish, speaker, tally, until = job.wish, job.wish.speaker, Tally(), Until(job.wish.stops)
    active = memory.store.runs.active() if speaker.adapter else None
    job.adapter = active.id if active else None
    logged = job.log and speaker.adapter
    talk = logbook.find(memory.store, wish.messages, job.conversation) if logged or job.conversation else None
    said = []
    pieces = memory.reply(
        wish.messages,
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
        logbook.keep(memory.store, talk, wish.messages, "".join(said))
    job.tell(Ended("length" if tally.full and not until.found else "stop", tally))


def settings(own: Generate, wish: Wish) -> Generate:
    """Return how an answer is drawn: what the request names, and for the rest what the home has set.

    Without a seed each answer has one of its own: a client that has an answer made anew wants another one.
    """
    given: dict[str, Any] = {"seed": secrets.randbits(32), **wish.settings}
    return replace(own, **given)
