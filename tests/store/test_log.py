"""Conversations and segments: what goes in comes out, once, in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.errors import StoreError, UnknownId
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message, Segment, Step
from plum_edge.store import Store
from plum_edge.store.log import Log
from tests.store.samples import empty_store, pair, recorded, talk
from tests.strategies import logs, messages, segment_of

STEP = Step(seq=1, segment="a/0", recipe="replay", backend="mlx", threads=1)


@settings(max_examples=25, deadline=None)
@given(logs)
def test_conversations_come_back_as_they_were(log: list[Conversation]) -> None:
    with empty_store() as store:
        result = store.log.add(log)
        assert result.added == tuple(conversation.id for conversation in log)
        assert result.messages == sum(len(conversation.messages) for conversation in log)
        for conversation in log:
            stored = store.log.get(conversation.id)
            assert stored == conversation
            assert stored.created_at.isoformat() == conversation.created_at.isoformat()  # the offset too
        in_order = sorted(log, key=lambda c: (c.created_at, c.position, c.id))
        assert list(store.log.conversations()) == in_order
        assert [summary.id for summary in store.log.list()] == [conversation.id for conversation in in_order]
        assert store.log.add(log).unchanged == result.added


@settings(max_examples=25, deadline=None)
@given(logs, st.lists(messages, min_size=1, max_size=3))
def test_importing_again_stores_only_what_is_new(log: list[Conversation], more: list[Message]) -> None:
    with empty_store() as store:
        store.log.add(log)
        longer = [replace(conversation, messages=(*conversation.messages, *more)) for conversation in log]
        result = store.log.add(longer)
        assert result.extended == tuple(conversation.id for conversation in log)
        assert result.messages == len(more) * len(log)
        assert store.log.add(log).unchanged == result.extended  # the shorter one changes nothing
        for conversation in longer:
            assert store.log.get(conversation.id).messages == conversation.messages


@settings(max_examples=25, deadline=None)
@given(logs, st.lists(messages, max_size=4))
def test_every_trainable_message_is_learned_once_and_in_order(log: list[Conversation], more: list[Message]) -> None:
    with empty_store() as store:
        first = recorded(store, *log)
        longer = [replace(conversation, messages=(*conversation.messages, *more)) for conversation in log]
        second = recorded(store, *longer)
        assert store.log.plan() == []
        assert store.log.segments() == first + second
        assert [store.log.record(segment) for segment in first] == [store.log.seq(segment.id) for segment in first]
        for night in (first, second):
            keys = [(s.created_at, store.log.get(s.conversation).position, s.id) for s in night]
            assert keys == sorted(keys)
        for conversation in longer:
            learned = [s for s in first + second if s.conversation == conversation.id]
            joined = [message for s in learned for message in s.messages]
            assert joined == list(conversation.messages)[: len(joined)]
            left = conversation.messages[len(joined) :]
            assert not conversation.trainable or all(message.role != "user" for message in left)
            assert conversation.trainable or not learned


def test_first_segment_is_the_conversation(store: Store) -> None:
    conversation = talk("a", "hello", "hi")
    store.log.start(conversation)
    assert store.log.plan() == [segment_of(conversation)]
    assert store.log.planned() == 1


def test_what_is_added_later_is_a_segment_of_its_own(store: Store) -> None:
    recorded(store, talk("a", "hello", "hi"))
    store.log.append("a", Message("assistant", "Still there?"))
    assert store.log.plan() == []
    later = datetime.fromisoformat("2026-05-01T08:00:00+02:00")
    assert store.log.append("a", Message("user", "Back again.", later)) == 3
    (segment,) = store.log.plan()
    assert (segment.id, segment.first, segment.created_at) == ("a/2", 2, later)
    assert [message.content for message in segment.messages] == ["Still there?", "Back again."]
    assert store.log.record(segment) == 2
    assert store.log.record(segment) == 2


def test_order_of_a_night(store: Store) -> None:
    early = talk("z", "x", at="2026-03-12T19:42:00+01:00", position=5)
    same_instant = talk("b", "x", at="2026-03-12T18:42:00+00:00", position=1)
    same_place = talk("a", "x", at="2026-03-12T18:42:00+00:00", position=5)
    later_by_clock_earlier_by_instant = talk("y", "x", at="2026-03-12T20:00:00+05:00", position=9)
    store.log.add([early, same_instant, same_place, later_by_clock_earlier_by_instant])
    assert [segment.conversation for segment in store.log.plan()] == ["y", "b", "a", "z"]
    assert store.log.planned() == 4


def test_conflicts_leave_the_log_alone(store: Store) -> None:
    store.log.add([talk("a", "hello", "hi")])
    result = store.log.add([talk("b", "new"), talk("a", "hello", "good day", "more")])
    assert (result.added, result.conflicts, result.messages) == (("b",), ("a",), 1)
    assert store.log.get("a").messages == talk("a", "hello", "hi").messages
    with pytest.raises(StoreError, match="'a'"):
        store.log.start(talk("a", "something else"))


def test_an_error_in_the_middle_stores_nothing(store: Store) -> None:
    naive = replace(talk("b", "x"), created_at=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="offset"):
        store.log.add([talk("a", "x"), naive])
    assert store.log.counts().conversations == 0


def test_ids_are_found_by_their_beginning(store: Store) -> None:
    store.log.add([talk("77ab", "x"), talk("77ac", "x"), talk("7", "x"), talk("%_", "x")])
    assert store.log.get("77ab").id == "77ab"
    assert store.log.get("7").id == "7"  # the whole of one id beats the beginning of others
    assert store.log.get("%").id == "%_"
    with pytest.raises(UnknownId, match="77ab, 77ac"):
        store.log.get("77a")
    for unknown in ("8", "", "77ab ", "_"):
        with pytest.raises(UnknownId):
            store.log.get(unknown)
    with pytest.raises(UnknownId):
        store.log.append("8", Message("user", "x"))


def test_lone_surrogates_do_not_stop_a_chat(store: Store) -> None:
    store.log.start(talk("a", "broken \ud83d emoji"))
    store.log.append("a", Message("assistant", "\udcff"))
    assert [message.content for message in store.log.get("a").messages] == ["broken ? emoji", "?"]
    assert store.log.add([talk("a", "broken \ud83d emoji", "\udcff")]).unchanged == ("a",)
    assert store.log.record(store.log.plan()[0]) == 1


def test_a_segment_must_follow_what_is_recorded(store: Store) -> None:
    store.log.start(talk("a", "one", "two", "three"))
    (whole,) = store.log.plan()
    for wrong in (
        replace(whole, first=1, messages=whole.messages[1:]),
        replace(whole, messages=(*whole.messages, Message("user", "never said"))),
        replace(whole, messages=(Message("user", "other"),)),
        replace(whole, messages=()),
    ):
        with pytest.raises(StoreError, match="does not follow"):
            store.log.record(wrong)
    with pytest.raises(UnknownId):
        store.log.record(replace(whole, conversation="b"))
    assert store.log.record(whole) == 1


def test_a_chat_that_goes_on_while_it_is_planned(store: Store) -> None:
    store.log.start(talk("a", "one"))
    (planned,) = store.log.plan()
    store.log.append("a", Message("user", "two"))
    store.log.record(planned)
    assert [segment.messages for segment in store.log.plan()] == [(Message("user", "two"),)]


def test_state_follows_the_night(store: Store) -> None:
    def state() -> str:
        (summary,) = store.log.list()
        assert store.log.counts().states[summary.state] == 1
        return summary.state

    (segment,) = recorded(store, talk("a", "hello", "hi"))
    assert state() == "logged"
    store.pairs.replace("a/0", [pair("a/0", "Was there tea?")])
    assert state() == "augmented"
    store.runs.add_step(STEP)
    assert state() == "trained"
    store.runs.add_adapter(_adapter("0001"), {})
    store.runs.promote("0001", [segment.id])
    assert state() == "promoted"
    store.log.append("a", Message("user", "one more thing"))
    assert state() == "logged"


def _adapter(ident: str):
    from tests.store.test_runs import adapter

    return adapter(ident)


def test_counts(store: Store) -> None:
    recorded(store, talk("a", "hello", "hi"))
    store.log.add([talk("b", "hello")])
    counts = store.log.counts()
    assert (counts.conversations, counts.messages, counts.segments) == (2, 3, 1)
    assert counts.states == {"logged": 2, "augmented": 0, "trained": 0, "promoted": 0, "aside": 0, "excluded": 0}


def test_segments_are_the_type_that_stages_know(store: Store) -> None:
    assert all(isinstance(segment, Segment) for segment in recorded(store, talk("a", "x")))


def test_another_title_is_shown_and_what_is_learned_rests_on_the_first(store: Store) -> None:
    store.log.add([talk("a", "The tap drips."), talk("b", "A loaf.")])
    before = store.log.plan()
    store.log.set_title("a", "Plumbing")
    assert [one.title for one in store.log.list()] == ["Plumbing", "about b"]
    assert store.log.get("a").title == "Plumbing"
    assert [one.conversation for one in store.finding.find("plumbing")] == ["a"]
    assert store.finding.find("about")[0].conversation == "b"
    assert store.log.plan() == before
    assert store.log.add([talk("a", "The tap drips.")]).unchanged == ("a",), "a later export does not take it back"


def test_another_conversation_of_the_same_id_replaces_none(store: Store) -> None:
    january = talk("1", "My cat is called Minka.", "A good name.")
    store.log.add([january])
    february = dated(talk("1", "I moved to Leeds.", "Far away."), "2026-02-03T10:00:00+01:00")
    assert store.log.add([february]).conflicts == ("1",)
    assert store.log.get("1") == january


def dated(conversation: Conversation, day: str) -> Conversation:
    moment = datetime.fromisoformat(day)
    return replace(conversation, messages=tuple(replace(one, created_at=moment) for one in conversation.messages))


@pytest.mark.parametrize("more", [(), ("And the boiler hums.",)])
def test_what_is_not_to_be_trained_on_any_more_is_not(store: Store, more: tuple[str, ...]) -> None:
    store.log.add([talk("a", "The tap drips.", "Turn it off.")])
    assert store.log.plan()
    store.log.add([replace(talk("a", "The tap drips.", "Turn it off.", *more), trainable=False)])
    assert not store.log.get("a").trainable
    assert not store.log.plan()
    store.log.add([talk("a", "The tap drips.", "Turn it off.", *more)])  # the user may have said so here: it stays
    assert not store.log.get("a").trainable


def gone(home: Home, ident: str) -> None:
    """Take a conversation back, as another process does."""
    with Store.open(home, create=False) as other:
        other.forgetting.delete(other.forgetting.begin([ident], None, {}, keep_log=False))


def test_what_is_forgotten_while_the_log_is_read_is_passed_over(home: Home, store: Store) -> None:
    store.log.add([talk("a", "The tap drips."), talk("b", "The boiler hums."), talk("c", "The roof leaks.")])
    reading = store.log.conversations()
    assert next(reading).id == "a"
    gone(home, "b")
    assert [one.id for one in reading] == ["c"]


def test_segments_are_those_of_one_moment(home: Home, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(store, talk("a", "The tap drips."), talk("b", "The boiler hums."))
    read = type(store.log)._segment

    def forgotten_meanwhile(log: Log, key: int, first: int, length: int | None) -> Segment:
        monkeypatch.undo()
        gone(home, "b")
        return read(log, key, first, length)

    monkeypatch.setattr(type(store.log), "_segment", forgotten_meanwhile)
    assert [one.conversation for one in store.log.segments()] == ["a", "b"]
    assert [one.conversation for one in store.log.segments()] == ["a"]
