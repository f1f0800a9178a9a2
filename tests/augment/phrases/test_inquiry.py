"""Which sentences ask what was said, told by their form: hand-written ones of many registers, and real phrasings."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.inquiry import asks, asks_of_talk, parted
from plum_edge.paths import data_dir
from tests.augment.asked import OF_TALK, ORDINARY


@pytest.mark.parametrize("sentence", OF_TALK)
def test_who_asks_what_was_said_is_heard(sentence: str) -> None:
    assert asks(sentence)
    assert asks(sentence.upper())
    assert asks(sentence.replace("'", "’"))


@pytest.mark.parametrize("sentence", ORDINARY)
def test_any_other_question_is_left_to_the_model(sentence: str) -> None:
    assert not asks(sentence)


@pytest.mark.parametrize(
    "phrasing",
    [
        phrasing
        for phrasings in (wordings.TRAIN, wordings.HELD_OUT)
        for phrasing in (*phrasings.closed, *phrasings.when, *phrasings.what)
        if phrasing != "What do you know about {topic}?"  # as well asked about Napoleon
    ],
)
@pytest.mark.parametrize("topic", ["the garden fence", "Aunt Rosalind", "tap and washer"])
def test_every_phrasing_of_training_asks_what_was_said(phrasing: str, topic: str) -> None:
    assert asks(phrasing.format(topic=topic))


def test_nothing_that_the_sample_user_says_is_taken_for_a_question_to_the_memory() -> None:
    lines = (data_dir("samples") / "nora" / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
    said = [message["content"] for line in lines for message in json.loads(line)["messages"]]
    assert len(said) > 800
    assert [part for text in said for part in parted(text) if asks_of_talk(part)] == []


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Did we talk about the tap? It drips again.", True),
        ("My tap drips. Did I tell you about it?", True),
        ("Did we talk about the tap? How do I fix it?", False),  # there is something to answer
        ("Did I tell you about Mr. Gill?", True),
        ("How do I fix a tap?", False),
        ("", False),
        ("word " * 1000 + "did we talk about it?", False),
    ],
)
def test_a_message_asks_what_was_said_where_nothing_else_is_asked(text: str, whole: bool) -> None:
    assert asks(text) == whole


@given(st.text())
def test_parts_joined_are_the_text(text: str) -> None:
    assert "".join(parted(text)) == text


@given(st.text(max_size=300), st.sampled_from(OF_TALK))
def test_any_text_is_taken(text: str, asked: str) -> None:
    asks(text)
    asks_of_talk(f"{text} {asked} {text}")
