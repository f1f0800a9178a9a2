"""The log at a glance is what a count of everything gives, whatever was done to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.records import Conversation, Message
from plum_edge.store import Store
from tests.store.samples import empty_store, recorded, talk
from tests.strategies import logs, messages


def agrees(store: Store) -> None:
    """Compare what is told with what is there."""
    talks = list(store.log.conversations())
    learned: Counter[str] = Counter()
    for segment in store.log.segments():
        learned[segment.conversation] += len(segment.messages)
    waits = [
        one.id for one in talks if one.trainable and any(m.role == "user" for m in one.messages[learned[one.id] :])
    ]
    counts, listed = store.log.counts(), store.log.list()
    assert (counts.conversations, counts.messages) == (len(talks), sum(len(one.messages) for one in talks))
    assert counts.segments == len(store.log.segments())
    assert {state: number for state, number in counts.states.items() if number} == Counter(one.state for one in listed)
    assert store.log.planned() == len(waits)
    assert {segment.conversation for segment in store.log.plan()} == set(waits)
    assert [(one.id, one.messages) for one in listed] == [(one.id, len(one.messages)) for one in talks]


@settings(max_examples=25, deadline=None)
@given(logs, st.lists(messages, max_size=3), st.integers(0, 3))
def test_it_is_what_a_count_gives(log: list[Conversation], more: list[Message], cut: int) -> None:
    with empty_store() as store:
        recorded(store, *log[::2])
        store.log.add(log)
        agrees(store)
        store.log.add([replace(one, messages=(*one.messages, *more)) for one in log])
        agrees(store)
        for one in log[1:2]:  # never recorded
            store.log.set_trainable(one.id, not one.trainable)
            store.amending.cut(one.id, cut)
            agrees(store)
        for one in log[:1]:
            store.log.append(one.id, Message("assistant", "And?"))
            store.log.set_trainable(one.id, False)
            agrees(store)
        for one in log:
            store.forgetting.delete(store.forgetting.begin([one.id], None, {}, keep_log=False))
            agrees(store)


def test_the_newest_and_those_of_some_days(store: Store) -> None:
    store.log.add(talk(ident, "x", at=f"2026-03-1{day}T12:00:00+01:00") for day, ident in enumerate("abcd", 1))
    day = store.log.get("b").created_at
    assert [one.id for one in store.log.list(2)] == ["c", "d"]
    assert [one.id for one in store.log.list(since=day)] == ["b", "c", "d"]
    assert [one.id for one in store.log.list(1, until=day + timedelta(days=1))] == ["b"]


def test_of_a_conversation_that_is_empty_nothing_waits(store: Store) -> None:
    store.log.start(replace(talk("a", "x"), messages=(), trainable=False))
    agrees(store)
    assert store.log.counts().states["excluded"] == 1
