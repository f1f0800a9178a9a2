"""Bringing conversations into the log: everything is read once before anything is stored, then stored one at a time.

So an import that is refused, and one that only tries, makes nothing, not even the home; and one that is stopped has
stored whole conversations. Joins the importers and the store. Knows nothing of terminals.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from plum_edge.config import Config
from plum_edge.errors import UsageError
from plum_edge.importers import Reading, Skip, Wishes, check
from plum_edge.paths import Home
from plum_edge.records import Conversation, Progress
from plum_edge.store import Store

_OTHER = "its messages differ from those in the log; the log was left as it is"
_FORGOTTEN = "it was forgotten here, and stays forgotten"
_MEGA = 1 << 20


@dataclass
class _Told:
    """What is told of an import."""

    skipped: list[dict[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    messages: int = 0
    unchanged: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    dates: Counter[str] = field(default_factory=Counter)
    others: int = 0

    def skip(self, where: str, why: str) -> None:
        self.skipped.append({"where": where, "why": why})

    def counts(self, reading: Reading) -> None:
        """Add what a reading counted."""
        self.formats += reading.formats
        self.left += reading.left
        self.dates += reading.dates
        self.others += sum(reading.strangers.values())

    def result(self) -> dict[str, Any]:
        ids = list(dict.fromkeys(self.ids))
        return {
            "conversations": len(ids),
            "messages": self.messages,
            "skipped": self.skipped,
            "ids": ids,
            "unchanged": self.unchanged,
            "formats": dict(self.formats),
            "left_out": {why: count for why, count in self.left.items() if count},
            "dates": dict(self.dates),
            "other_files": self.others,
        }


def bring(
    home: Home,
    paths: Sequence[Path],
    wishes: Wishes,
    opened: Callable[[], Store],
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read files of conversations into the log; return what came of it.

    Args:
        home: whose log it is.
        paths: files, archives and folders; all are read before anything of the first is stored.
        wishes: what is wanted of them.
        opened: gives the open store; called once something is to be stored.
        dry_run: say what would be stored, and store nothing.
        progress: told how much was read, and then how much was stored.

    Returns:
        The contract's ``import``: conversations and messages that are new, what was skipped, and ids; and beside them
        how many conversations were there already (``unchanged``), files by format, what is no talk (``left_out``),
        dates that are not believed, by why, and files of other kinds.

    Raises:
        BadInput: something cannot be read, or a path holds nothing that can be used; nothing was stored.
        UsageError: a path is the log itself, or there is no such format.
    """
    check(wishes)
    for path in paths:
        if home.is_log(path):
            raise UsageError(f"{path} is the log itself.", "Its conversations are there already: plum-edge logs list")
    progress = progress or _silent
    if not dry_run:
        found = _survey(paths, wishes, progress)
        return _store(paths, wishes, opened(), found, progress)
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(home, create=False)) if home.log.exists() else None
        return _try(paths, wishes, store)


def brought(
    home: Home, paths: Sequence[Path], wishes: Wishes, *, dry_run: bool = False, progress: Progress | None = None
) -> dict[str, Any]:
    """As `bring`, for a home that need not exist: it is made once there is something to store."""
    with ExitStack() as stack:
        return bring(
            home,
            paths,
            wishes,
            lambda: stack.enter_context(Store.open(home, create=True)),
            dry_run=dry_run,
            progress=progress,
        )


def wishes(
    config: Config,
    form: str | None,
    since: datetime | None,
    me: str,
    order: Literal["dmy", "mdy", "ymd"] | None,
    salvage: bool,
) -> Wishes:
    """Return what is wanted of an import, under the settings of a home."""
    return Wishes(format=form, since=since, me=me, order=order, salvage=salvage, log=config.log)


def _silent(_stage: str, _done: int, _total: int, _note: str) -> None:
    """Nobody watches."""


def _survey(paths: Sequence[Path], wishes: Wishes, progress: Progress) -> int:
    """Read everything to its end; return the number of conversations."""
    readings = [Reading(path, wishes) for path in paths]
    total, before, found = sum(one.sources.size() for one in readings), 0, 0
    note = json.dumps({"unit": "MB"})
    for reading in readings:
        progress("read", before // _MEGA, max(1, total // _MEGA), note)
        for number, _ in enumerate(reading):
            if number % 20 == 0:
                progress("read", (before + reading.sources.done) // _MEGA, max(1, total // _MEGA), note)
        before += reading.sources.done
        found += reading.found
    return found


def _store(paths: Sequence[Path], wishes: Wishes, store: Store, total: int, progress: Progress) -> dict[str, Any]:
    """Store what the files hold, each conversation in a transaction of its own."""
    told, done = _Told(), 0
    for path in paths:
        reading = Reading(path, wishes)
        for item in reading:
            if isinstance(item, Skip):
                told.skip(item.where, item.why)
                continue
            added = store.log.add([item])
            told.ids += [*added.added, *added.extended]
            told.messages += added.messages
            told.unchanged += len(added.unchanged)
            for ident in added.conflicts:
                told.skip(ident, _OTHER)
            for ident in added.forgotten:
                told.skip(ident, _FORGOTTEN)
            done += 1
            if done % 10 == 0 or done == total:
                progress("import", done, total, "")
        told.counts(reading)
    return told.result()


def _try(paths: Sequence[Path], wishes: Wishes, store: Store | None) -> dict[str, Any]:
    """Say what `_store` would do."""
    told = _Told()
    for path in paths:
        reading = Reading(path, wishes)
        for item in reading:
            if isinstance(item, Skip):
                told.skip(item.where, item.why)
            else:
                _weigh(told, item, store)
        told.counts(reading)
    return told.result()


def _weigh(told: _Told, item: Conversation, store: Store | None) -> None:
    item = store.log.placed(item) if store else item
    outcome, first = store.log.outcome(item) if store else ("added", 0)
    if outcome in ("added", "extended"):
        told.ids.append(item.id)
        told.messages += len(item.messages) - first
    elif outcome == "unchanged":
        told.unchanged += 1
    else:
        told.skip(item.id, _OTHER if outcome == "conflicts" else _FORGOTTEN)
