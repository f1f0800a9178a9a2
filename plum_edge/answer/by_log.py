"""An answer, held back until the log vouches for it: for its days always, for words of the user by who speaks.

A memory's quotes are to be in the log, and those of a base that reads the log where it was asked what was said. What a
base writes about anything else it may quote as it likes, and of an adapter from elsewhere nobody can tell here. Knows
nothing of how an answer came to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from plum_edge.answer.days import Days
from plum_edge.answer.own_words import OwnWords
from plum_edge.answer.vouched import vouched
from plum_edge.augment.phrases.inquiry import asks as asks_of_talk
from plum_edge.records import Message


def by_log(
    pieces: Iterable[str], messages: Sequence[Message], days: Days, *, remembers: bool, reads: bool
) -> Iterator[str]:
    """Yield the answer to the last message, as `vouched` does.

    ``remembers``: an adapter speaks. ``reads``: the log was given to read, or may have been.
    """
    of_talk = asks_of_talk(messages[-1].content)
    words = OwnWords(days.store, messages[:-1], waiting=reads, today=days.today)
    known = not days.elsewhere if remembers else reads and of_talk
    yield from vouched(pieces, days.vouch, words.days if known else None, of_talk=of_talk)
