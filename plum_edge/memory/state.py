"""How a memory stands: what it holds, what waits, what came of the last nights. Joins the store and the schedule."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from plum_edge.config import Config
from plum_edge.night import crashlog, scheduler, waiting
from plum_edge.paths import Home
from plum_edge.store import Store

_NIGHTS = 5
"""Nights that are told of."""


def status(home: Home, store: Store, config: Config) -> dict[str, Any]:
    """Return what `plum-edge status` shows."""
    counts = store.log.counts()
    active, last = store.runs.active(), store.runs.last()
    refused = last is not None and last.status == "refused"
    dates = store.log.span()
    return {
        "home": str(home.root),
        "base": config.model.base,
        "conversations": counts.conversations,
        "messages": counts.messages,
        "waiting": waiting.count(home, store),
        "unused": not refused and store.head_is_new(),
        "states": dict(counts.states),
        "forgetting": len(store.forgetting.pending()),
        "adapter": _plain(active) if active else None,
        "last": _plain(last) if last else None,
        "nights": [_plain(night) for night in store.runs.nights(_NIGHTS)],
        "aside": store.log.aside(),
        "doubted": store.attempts.open(),
        "schedule": scheduler.status(home.root),
        "crash": str(crash) if (crash := crashlog.found(home)) else None,
        "first_date": dates[0].isoformat() if dates else None,
        "last_date": dates[1].isoformat() if dates else None,
        "backend": config.train.backend,
    }


def _plain(record: Any) -> dict[str, Any]:
    """Return a record as JSON's own types."""
    return {
        key: value.isoformat() if isinstance(value, dt.datetime) else value
        for key, value in dataclasses.asdict(record).items()
    }
