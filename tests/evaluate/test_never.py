"""Everyday topics that never came up: never those of the log, never those of training, always the same."""

from __future__ import annotations

import datetime as dt

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.lexicon import THEMES, held_out
from plum_edge.augment.phrases.lexicon_life import LIFE
from plum_edge.evaluate.never import COUNT, never_discussed
from plum_edge.records import Message, Segment

THINGS = [phrase for phrases in THEMES.values() for phrase in phrases]
EVERY = [*THINGS, *(phrase for phrases in LIFE.values() for phrase in phrases)]


def log(*said: str) -> Mentions:
    messages = tuple(Message("user", text) for text in said)
    return Mentions.of(Segment("talk/0", "talk", "", dt.datetime(2026, 3, 1, tzinfo=dt.UTC), messages))


def test_a_hundred_and_the_same_each_time() -> None:
    asked = never_discussed(Mentions(), 0)
    assert len({question.question for question in asked}) == COUNT
    assert asked == never_discussed(Mentions(), 0) != never_discussed(Mentions(), 1)
    assert {(question.answer, question.style) for question in asked} == {("no", "far")}


def test_nothing_that_the_log_mentions_and_nothing_that_training_names() -> None:
    half = EVERY[::2]
    known = log(*half)
    asked = " ".join(question.question.casefold() for question in never_discussed(known, 0, len(EVERY)))
    named = [phrase for phrase in EVERY if f" {phrase.casefold()}" in asked and phrase.count(" ")]
    assert len(named) > 50
    assert not [phrase for phrase in THINGS if not held_out(phrase) and f" {phrase.casefold()}?" in asked]
    assert not [phrase for phrase in half if " " in phrase and f" {phrase.casefold()} " in asked]


def test_where_everything_was_mentioned_nothing_is_asked() -> None:
    assert never_discussed(log(*EVERY), 0) == []
