"""The oldest turns go first; the system message and the last turn stay."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.records import Message
from plum_edge.runtime.room import newest


def count(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)


def talk(*sizes: int) -> list[Message]:
    return [Message("assistant" if n % 2 else "user", "x" * size) for n, size in enumerate(sizes)]


def test_the_oldest_turns_go() -> None:
    kept, room = newest(talk(5, 5, 5, 5, 5), count, 15)
    assert (kept, room.tokens, room.left_out, room.fits) == (talk(5, 5, 5), 15, 1, True)


def test_the_system_message_stays() -> None:
    system = Message("system", "sss")
    kept, room = newest([system, *talk(5, 5, 5)], count, 8)
    assert (kept, room.left_out) == ([system, *talk(5)], 1)


def test_one_turn_too_long_by_itself_does_not_fit() -> None:
    kept, room = newest(talk(5, 5, 20), count, 10)
    assert (kept, room.tokens, room.fits) == (talk(20), 20, False)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.integers(1, 60))
def test_no_more_goes_than_must(sizes: list[int], most: int) -> None:
    messages = talk(*sizes)
    kept, room = newest(messages, count, most)
    assert messages[len(messages) - len(kept) :] == kept
    assert kept[0].role == "user"
    if room.left_out:
        with_one_more = messages[len(messages) - len(kept) - 2 :]
        assert count(with_one_more) > most
