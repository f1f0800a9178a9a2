"""Which dates the log vouches for: the days of its conversations, and what is dated in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from plum_edge.augment.phrases.dates import Named, spellings
from plum_edge.store import Store


@dataclass
class Days:
    """The days of one log, read when they are first asked for."""

    store: Store
    today: date
    elsewhere: bool = False
    """The adapter was learned from another device's log: its days are not known here, but none lies in the future."""

    def vouch(self, named: Named, of_speech: bool) -> bool:
        """Return whether a date may be claimed: the day of a talk must be one, any other may have been spoken of."""
        if named.among(self._days):
            return True
        if self.elsewhere and not named.after(self.today):
            return True
        return not of_speech and any(self.store.search.search(words, 1, every=True) for words in spellings(named))

    @cached_property
    def _days(self) -> Collection[date]:
        return self.store.log.days()
