"""Who can be asked: a base in llama.cpp, adapters that it puts on, and the log as a library to read.

Joins bases, runtime, retrieve and the store. Knows nothing of questions, of how answers are marked, or of training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path

from plum_edge.answer.reading import reader
from plum_edge.answer.told import Told
from plum_edge.bases import Base, gguf
from plum_edge.bases.shipped import READER
from plum_edge.config import Config, Generate
from plum_edge.paths import Home
from plum_edge.retrieve import Library
from plum_edge.runtime import GREEDY, Runtime, Sampling
from plum_edge.store import Store

_RESERVED = 160
"""Tokens of the context that are left for the question, the template and the answer when something is read."""


def library(store: Store, count_tokens: Callable[[str], int], *, room: int) -> Library:
    """Return every way of reading a log; ``room``: tokens of what is read, as ``count_tokens`` counts them."""
    told = Told(store)
    return Library(
        told.search,
        told.get,
        told.conversations,
        lambda: store.pairs.live("train"),
        lambda: {one.id: one.created_at for one in store.log.segments() if one.dated},
        store.version,
        count_tokens,
        room=room,
        vectors=store.vectors,
        written=lambda ident, place: store.log.get(ident).messages[place].content,
    )


class Respondent:
    """Base, adapters and retrieval over one log, ready to be asked.

    Raises:
        NoModel, IntegrityError: the base cannot be deployed.
    """

    def __init__(self, home: Home, store: Store, config: Config, base: Base) -> None:
        self.home, self.store, self.config, self.base = home, store, config, base
        deployed = gguf(base, home, config.generate.dtype)
        settings = config.generate
        self.runtime = Runtime(deployed, context=settings.context, threads=settings.threads, template=config.template)
        self.room = max(1, self.runtime.context - _RESERVED)
        """Tokens of what is read beside a question."""
        self.library = library(store, lambda text: len(self.runtime.encode(text)), room=self.room)

    @cached_property
    def reader(self) -> Path | None:
        """The adapter that reads the log, where one ships with the base (answer/reading.py)."""
        return reader(self.base)

    @property
    def remembers(self) -> bool:
        """Whether an adapter that remembers is on: neither none, nor the reader."""
        return self.runtime.adapter_id not in (None, READER)

    def sampling(self, settings: Generate, *, recalled: bool) -> Sampling:
        """Return how an answer is drawn: as it was set; where nobody did, as the base's makers say.

        Of what is ``recalled`` the likeliest words: a chance drawn from a memory is a date that nobody named.
        """
        if not recalled:
            settings = settings.over(self._makers)
        drawn = {one.name: getattr(settings, one.name) for one in fields(Sampling)}
        return replace(GREEDY, **{name: value for name, value in drawn.items() if value is not None})

    @cached_property
    def _makers(self) -> Mapping[str, float]:
        return self.base.sampling

    def close(self) -> None:
        """Free the model."""
        self.runtime.close()
