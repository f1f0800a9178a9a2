"""Which adapter is in use, which was before, and which may go. Changes what is active, never what was learned.

Knows nothing of how adapters are made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plum_edge.errors import UsageError
from plum_edge.night import erase
from plum_edge.paths import Home
from plum_edge.records import Adapter
from plum_edge.store import Store

KEPT = 3
"""Promoted adapters that `prune` leaves: the one in use and what a rollback or two may want."""


def rollback(store: Store, base_sha256: str) -> Adapter:
    """Put the adapter to use that was promoted before the one in use (or the newest, where none is); return it.

    Raises:
        UsageError: there is none before it that was made for this base, or its file is gone.
    """
    promoted = store.runs.promoted()
    active = store.runs.active()
    at = next((n for n, one in enumerate(promoted) if active and one.id == active.id), None)
    before = [one for one in promoted[: len(promoted) if at is None else at] if Path(one.gguf).is_file()]
    before = [one for one in before if store.runs.made_for(one.id, base_sha256)]
    if active is not None and at is None:  # put to use by hand, or for the time of forgetting
        before = [one for one in before if one.id != active.id and one.segments < active.segments]
    if not before:
        which = f"before {active.id}" if active else "to go back to"
        raise UsageError(f"There is no adapter {which}.", "See: plum-edge adapters list")
    store.runs.use(before[-1].id)
    return before[-1]


def prune(home: Home, store: Store, *, keep: int = KEPT, dry_run: bool = False) -> dict[str, Any]:
    """Remove refused adapters and old ones, but the newest ``keep`` that were promoted.

    The one in use stays, and so do those of other devices. Checkpoints of the fold's steps stay, every eighth and the
    newest: forgetting and learning go on from them, and any old adapter can be made of them again. Files that
    belong to nothing go. Call it under the lock.
    """
    promoted = [one.id for one in store.runs.promoted()]
    adapters = store.runs.adapters()
    received = {one.id for one in adapters if store.runs.manifest(one.id).get("received")}
    kept = {*promoted[-keep:], *received, *(one.id for one in adapters if one.active)}
    gone = [one for one in adapters if one.id not in kept]
    freed = sum(_size(Path(one.gguf).parent) for one in gone if Path(one.gguf).is_relative_to(home.adapters))
    if not dry_run:
        for one in gone:
            store.runs.remove(one.id)
        erase.adapters(home, store)
        erase.checkpoints(home, store, in_work=False)
    return {"removed": [one.id for one in gone], "kept": sorted(kept), "bytes": freed, "dry_run": dry_run}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
