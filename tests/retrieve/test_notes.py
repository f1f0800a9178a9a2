"""Stored pairs as notes to read."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.records import Pair
from plum_edge.retrieve.notes import Notes

DATES = {"tap/0": dt.datetime(2026, 3, 14, tzinfo=dt.UTC), "knee/0": dt.datetime(2026, 3, 16, tzinfo=dt.UTC)}


def pair(segment: str, question: str, answer: str, topic: str) -> Pair:
    return Pair(segment, question, answer, "closed", "positive", "train", "verbatim", topic)


PAIRS = [
    pair("tap/0", "Did we talk about the kitchen tap?", "Yes, on 14 March 2026.", "kitchen tap"),
    pair("tap/0", "Did the kitchen sink come up?", "No, not so far.", "kitchen sink"),
    pair("knee/0", "Did I tell you about my knee?", "Yes, on 16 March 2026.", "knee"),
    pair("knee/0", "Have I been to the doctors?", "No, that has not come up.", "doctors"),
]


@pytest.fixture
def notes() -> Notes:
    return Notes(lambda: PAIRS, lambda: DATES, lambda text: len(text.split()), lambda: 0)


def test_the_best_notes_stand_under_their_day(notes: Notes) -> None:
    assert notes.context("Does the kitchen tap ring a bell?", 100) == (
        "Conversation of 14 March 2026\n"
        "User: Did we talk about the kitchen tap?\nAssistant: Yes, on 14 March 2026.\n"
        "User: Did the kitchen sink come up?\nAssistant: No, not so far."
    )
    both = notes.context("Was it the knee or the tap?", 100)
    assert both is not None
    days = [part.splitlines()[0].removeprefix("Conversation of ") for part in both.split("\n\n")]
    best = notes.search("knee tap", 1)[0]
    assert days == (["14 March 2026", "16 March 2026"] if best in PAIRS[:2] else ["16 March 2026", "14 March 2026"])


def test_as_many_notes_as_fit(notes: Notes) -> None:
    short = notes.context("Does the kitchen tap ring a bell?", 24)
    assert short is not None
    assert short.endswith("Assistant: Yes, on 14 March 2026.")
    assert notes.context("Does the kitchen tap ring a bell?", 10) is None


def test_nothing_found_is_nothing_to_read(notes: Notes) -> None:
    assert notes.context("Did we talk about zeppelins?", 100) is None
    assert notes.context("", 100) is None
    assert notes.search("doctor", 5) == [PAIRS[3]]  # by its stem


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    notes = Notes(lambda: PAIRS, lambda: DATES, len, lambda: 0)
    assert all(found in PAIRS for found in notes.search(text, 3))
    notes.close()


def test_new_pairs_are_seen_and_old_ones_are_gone() -> None:
    held = PAIRS[:1]
    notes = Notes(lambda: held, lambda: DATES, len, lambda: tuple(p.id for p in held))
    assert notes.search("knee", 1) == []
    assert notes.text_bytes() == len("Did we talk about the kitchen tap?Yes, on 14 March 2026.")
    held = PAIRS[2:]
    assert notes.search("knee", 1) == [PAIRS[2]]
    assert notes.search("tap", 1) == []
