"""What the user said nearest to a question: a stretch of one message, as it was said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plum_edge.records import Conversation, Message
from plum_edge.retrieve.said import LONGEST, Near, said, spans
from tests.retrieve.test_dense import Letters

LETTERS = Letters()
TEXTS = st.text(st.sampled_from("ab .!?\n"), max_size=400)


def near(texts: Sequence[str], scores: Sequence[float] | None = None) -> Near:
    moment = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)
    talk = Conversation("talk", "talk", moment, tuple(Message("user", text, moment) for text in texts))
    found = [(talk, n, scores[n] if scores else 0.5, 0.5) for n in range(len(texts))]
    return lambda question, limit: found[:limit]


@given(TEXTS)
@example('“come at 3.” Then (the big one.) It was 12" wide')
@example("milk\n" * 200)
@example("我" * 900)
def test_spans_are_all_that_was_said_in_order_and_none_is_long(text: str) -> None:
    found = spans(text)
    assert "".join("".join(text[first:last] for first, last in found).split()) == "".join(text.split())
    assert [*found] == sorted(found) and all(0 < last - first <= 120 for first, last in found)
    assert all(text[first:last] == text[first:last].strip() for first, last in found)


def test_a_sentence_is_a_piece_a_short_one_goes_with_the_one_before_and_a_long_one_is_cut() -> None:
    text = "The tap drips all night. It does. Ferdinand says that it is the washer!\nTwo euros a piece, so it is"
    assert [text[first:last] for first, last in spans(text)] == [
        "The tap drips all night. It does.",
        "Ferdinand says that it is the washer!",
        "Two euros a piece, so it is",
    ]
    long = "and then " * 25
    assert [len(long[first:last]) for first, last in spans(long)] == [116, 107]


@given(TEXTS)
@example("milk\n" * 200)
@example("我" * 900)
@example("He said “come at 3.” Then (the big one.) fell. " * 9)
def test_a_stretch_is_a_run_of_the_text_and_says_whether_it_is_all_of_it(text: str) -> None:
    found = said(near([text]), LETTERS, "abba")
    plain = " ".join(text.split())
    if not plain:
        assert found == []
        return
    [one] = found
    assert one.text in plain and len(one.text) <= LONGEST
    assert not one.begins or plain.startswith(one.text)
    assert not one.ends or plain.endswith(one.text)
    assert (one.begins and one.ends) == (one.text == plain)


def test_the_nearest_sentence_is_there_and_its_message_counts_as_well() -> None:
    zoo = f"Quiz. {'We went on and on about nothing much at all that day. ' * 8}A zebra quizzed the zoo in Zug once."
    [one] = said(near([zoo]), LETTERS, "zz zebra zoo zug")
    assert one.text.endswith("A zebra quizzed the zoo in Zug once.") and one.ends and not one.begins
    texts = ["A zebra quizzed the zoo in Zug once.", "A zebra quizzes the zoo in Zug often."]
    assert [one.message for one in said(near(texts, [0.1, 0.9]), LETTERS, texts[0], 2)] == [1, 0]
    assert [one.message for one in said(near(texts, [0.5, 0.5]), LETTERS, texts[0], 1)] == [0]


def test_of_two_alike_comes_first_what_was_said_where_the_talk_was_about_it() -> None:
    moment = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)
    said_so = (Message("user", "It was forty pounds a head.", moment),)
    found = [(Conversation(name, name, moment, said_so), 0, 0.4, best) for name, best in (("gym", 0.4), ("zoo", 0.7))]
    assert [one.conversation.id for one in said(lambda *_: found, LETTERS, "How much was the zoo?", 2)] == [
        "zoo",
        "gym",
    ]


def test_where_nothing_is_near_nothing_was_said() -> None:
    assert said(near([]), LETTERS, "zebra") == []
    assert said(near(["", "  \n"]), LETTERS, "zebra") == []


def test_no_vector_is_made_of_what_is_not_looked_at() -> None:
    read: list[str] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        read.extend(texts)
        return LETTERS(texts)

    said(near([f"Message number {n} says this." for n in range(50)]), encode, "which number")
    assert len(read) < 15


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_no_more_come_than_asked_for_best_first(limit: int) -> None:
    found = said(near(["aaa bbb ccc ddd", "bbb bbb bbb bbb", "zzz zzz zzz zzz"]), LETTERS, "zzz bbb", limit)
    assert len(found) == limit
