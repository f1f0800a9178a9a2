"""Small conversations for the tests of the store."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from plum_edge.paths import Home
from plum_edge.records import Conversation, Message, Pair, Segment, Split
from plum_edge.store import Store


def talk(ident: str, *said: str, at: str = "2026-03-12T19:42:00+01:00", position: int = 0) -> Conversation:
    """Return a conversation of alternating turns, the user's first."""
    turns = tuple(Message("assistant" if i % 2 else "user", text) for i, text in enumerate(said))
    return Conversation(ident, f"about {ident}", datetime.fromisoformat(at), turns, "jsonl", position)


def recorded(store: Store, *conversations: Conversation) -> list[Segment]:
    """Store conversations, record what they make, and return the segments."""
    store.log.add(conversations)
    planned = store.log.plan()
    for segment in planned:
        store.log.record(segment)
    return planned


def pair(segment: str, question: str, split: Split = "train") -> Pair:
    """Return a closed negative."""
    return Pair(segment, question, "No, not so far.", "closed", "negative", split, "far", question.split()[-1])


IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where properties put their many stores: every commit waits for the disk otherwise."""


@contextmanager
def empty_store() -> Iterator[Store]:
    """Give a new store (for properties, which need one an example)."""
    with (
        tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder,
        Store.open(Home(Path(folder) / "home"), create=True) as store,
    ):
        yield store
