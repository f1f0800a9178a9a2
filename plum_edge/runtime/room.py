"""How much of a conversation fits what a model can read: where it is too long, the oldest turns go first.

Knows nothing of tokens: it is handed what counts them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plum_edge.records import Message
from plum_edge.templates.prompt import later_turns


@dataclass(frozen=True, slots=True)
class Room:
    """What a conversation takes of what can be read, in tokens."""

    tokens: int
    """Of the system message and the turns that are left."""
    most: int
    """So many can be read before an answer."""
    left_out: int
    """Turns at the beginning that do not fit."""

    @property
    def fits(self) -> bool:
        """Whether what is left can be read; else the last message is too long by itself."""
        return self.tokens <= self.most


def newest(
    messages: Sequence[Message], count: Callable[[Sequence[Message]], int], most: int
) -> tuple[list[Message], Room]:
    """Return the messages without as many of the oldest turns as do not fit, and the room that they take.

    A system message and the last turn are always there.
    """
    tokens = count(messages)
    if tokens <= most:
        return list(messages), Room(tokens, most, 0)
    tails = later_turns(messages)
    first = bisect_left(range(len(tails) - 1), True, key=lambda n: count(tails[n]) <= most)
    return tails[first], Room(count(tails[first]), most, first)
