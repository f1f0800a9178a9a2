"""Looking something up in the log as a person asks for it, and what to say where nothing is found. Joins the store.

Knows nothing of terminals.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from plum_edge.config import Config
from plum_edge.records import Evidence, Role
from plum_edge.store import Limits, Store
from plum_edge.store.query import parse


def find(
    store: Store,
    config: Config,
    query: str,
    *,
    most: int | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    role: Role | None = None,
) -> list[Evidence]:
    """Return what `Finding.find` does; a date without an offset is the user's own time."""
    since, until = (moment and config.log.local(moment) for moment in (since, until))
    return store.finding.find(query, most, Limits(since, until, role))


@dataclass(frozen=True, slots=True)
class Nothing:
    """What there is, where nothing was found."""

    sought: bool
    """Whether there was anything in the query to look for."""
    elsewhere: int = 0
    """Conversations that hold it, beyond the dates or the role that were asked for."""
    either: str = ""
    """A query for some of the terms, where no message holds all of them, and ``some`` conversations hold some."""
    some: int = 0


def nothing(store: Store, query: str) -> Nothing:
    """Return what is true of a query that found nothing within its limits."""
    alternatives = parse(query)
    if not alternatives:
        return Nothing(sought=False)
    if elsewhere := store.finding.find(query):
        return Nothing(sought=True, elsewhere=len(elsewhere))
    terms = list(dict.fromkeys(term.typed for one in alternatives for term in one.terms))
    either = " OR ".join(terms) if len(terms) > len(alternatives) else ""
    return Nothing(sought=True, either=either, some=len(store.finding.find(either)))
