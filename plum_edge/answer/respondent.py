"""Who can be asked: a base in llama.cpp, adapters that it puts on, and the log as a library to read.

Joins bases, runtime, retrieve and the store. Knows nothing of questions, of how answers are marked, or of training.
"""

from __future__ import annotations

from plum_edge.bases import Base, gguf
from plum_edge.config import Config
from plum_edge.paths import Home
from plum_edge.retrieve import Library
from plum_edge.runtime import Runtime
from plum_edge.store import Store

_RESERVED = 160
"""Tokens of the context that are left for the question, the template and the answer when something is read."""


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
        self.library = Library(
            store.search.search,
            store.log.get,
            store.log.conversations,
            lambda: store.pairs.live("train"),
            lambda: {one.id: one.created_at for one in store.log.segments() if one.dated},
            store.version,
            lambda text: len(self.runtime.encode(text)),
            room=max(1, self.runtime.context - _RESERVED),
        )

    def close(self) -> None:
        """Free the model."""
        self.runtime.close()
