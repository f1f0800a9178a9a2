"""A question's topic, and the question in phrasings of training."""

from __future__ import annotations

import pytest
from hypothesis import given

from plum_edge.answer import rewrite
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.determiners import determined
from tests.strategies import texts

TOPICS = ["kitchen tap", "sourdough starter", "bicycle chain", "boiler pressure", "oboe", "allotment shed"]
FRAMES = [*wordings.TRAIN.closed, *wordings.HELD_OUT.closed]
OPEN = [frame for phrasings in (wordings.TRAIN, wordings.HELD_OUT) for frame in (*phrasings.when, *phrasings.what)]


def test_the_phrasings_are_such_as_adapters_are_trained_on() -> None:
    assert set(rewrite.CLOSED) < set(wordings.TRAIN.closed)
    assert set(rewrite.WHEN) < set(wordings.TRAIN.when)
    assert set(rewrite.WHAT) < set(wordings.TRAIN.what)


@pytest.mark.parametrize("frame", [*FRAMES, *OPEN])
def test_the_topic_of_every_phrasing_is_found(frame: str) -> None:
    found = 0
    for choice, topic in enumerate(TOPICS):
        question = frame.format(topic=(named := determined(topic, choice)))
        about = rewrite.topic(question[0].upper() + question[1:]) or ""
        found += (
            about.lower().startswith(named) and len(about.split()) <= len(named.split()) + 1
        )  # "the oboe ring a bell"
    assert found >= len(TOPICS) - 1  # "Did I describe oboe to you?" may be read otherwise


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Remind me, have I been going on about my old museum shop lately?", "my old museum shop"),
        ("Would I find the tap and the washer anywhere in our history?", "the tap and the washer"),
        ("Have you heard of violin lessons in March?", "violin lessons"),
        (
            "Did I tell you about Gunnar’s old chain and the 3/8 inch bolts?",
            "Gunnar's old chain and the 3/8 inch bolts",
        ),
        ("Would you know about the autumn leaves?", "the autumn leaves"),
        ("Did it come up?", None),
        ("Was that in our old conversations?", None),
        ("?", None),
        ("", None),
        ("Haben wir über den Wasserhahn gesprochen?", None),
        ("水龙头的事我们谈过吗", None),
    ],
)
def test_what_a_question_is_about(question: str, topic: str | None) -> None:
    assert rewrite.topic(question) == topic


@given(texts)
def test_texts_is_left_or_put_otherwise(question: str) -> None:
    for phrasings in (rewrite.closed, rewrite.open_ended):
        made = phrasings(question)
        assert question not in made
        assert all((rewrite.topic(question) or "\0") in one for one in made)
    rewrite.asks_for_words(question)


def test_pages_are_no_question() -> None:
    assert rewrite.topic("Did the tap come up?" + " It drips." * 20) is not None
    assert rewrite.topic("Did the tap come up?" + " It drips." * 20_000) is None


def test_what_is_asked_already_is_not_asked_again() -> None:
    assert rewrite.closed("Did the tap come up?") == ("Was there a conversation about the tap?",)
    assert rewrite.open_ended("When did we talk about the tap?") == ()
    assert rewrite.open_ended("On what day was it the tap?") == ("When did we talk about the tap?",)
    assert rewrite.open_ended("Repeat to me all about the tap.") == ("What did I say about the tap?",)


def test_which_questions_want_words() -> None:
    assert not [frame for frame in FRAMES if rewrite.asks_for_words(frame)]
    assert all(rewrite.asks_for_words(frame) for frame in OPEN)


@pytest.mark.parametrize("form", [*wordings.YES, *wordings.NO, *wordings.WHEN, *wordings.WHAT, *wordings.UNKNOWN])
def test_every_answer_of_training_is_in_form_and_so_is_each_beginning(form: str) -> None:
    answer = form.format(date="14 March 2026", quote="the tap drips")
    assert all(rewrite.in_form(answer[:end]) for end in range(1, len(answer) + 1))


@pytest.mark.parametrize(
    "answer", ["", " ", "Yes, Paris is in France.", "No, you can not.", "On Tuesdays", "You can", "Hello"]
)
def test_other_answers_are_not_in_form(answer: str) -> None:
    assert not rewrite.in_form(answer)
