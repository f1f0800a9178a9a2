"""Pairs in other words: the same topic and answer, never a phrasing that is kept for evaluation, never a false no."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.lexicon import held_out
from plum_edge.augment.phrases.pairs import augment
from plum_edge.augment.phrases.synonyms import paraphrases
from plum_edge.augment.phrases.variants import Undiscussed, reworded
from plum_edge.augment.phrases.wordings import HELD_OUT, UNSEEN
from plum_edge.records import Pair, draw
from tests.augment.conversations import segment

TALK = segment(
    "The kitchen tap drips and I bought a rubber washer. My sister Elsa Brandt wants to knit a woollen blanket. "
    "We found a flat in Leith with a broken boiler. The bicycle has squealing brakes since the heavy rain."
)
PAIRS = [pair for pair in augment(TALK, Mentions(), seed=0, topics=6) if pair.split == "train"]
POSITIVE = [pair for pair in PAIRS if pair.polarity == "positive"]
NEGATIVE = [pair for pair in PAIRS if pair.polarity == "negative"]
CHOICES = st.integers(0, 2**63)


@given(st.sampled_from(POSITIVE), CHOICES)
def test_a_positive_keeps_its_topic_and_its_answer(pair: Pair, choice: int) -> None:
    found = reworded(pair, choice)
    assert (found.answer, found.topic, found.kind, found.messages) == (
        pair.answer,
        pair.topic,
        pair.kind,
        pair.messages,
    )
    names = [name for part in pair.topic.split(" and ") for name in (part, *paraphrases(part))]
    names += list(paraphrases(pair.topic))
    assert any(name.casefold() in found.question.casefold() for name in names)
    assert found == reworded(pair, choice)


def test_a_pair_is_read_in_many_phrasings() -> None:
    for pair in PAIRS:
        assert len({reworded(pair, draw(n)).question for n in range(40)}) > (25 if pair.kind == "closed" else 5)


@given(st.sampled_from(PAIRS), CHOICES)
def test_no_phrasing_of_evaluation(pair: Pair, choice: int) -> None:
    question = reworded(pair, choice).question
    for kept in (HELD_OUT, UNSEEN):
        for frame in (*kept.closed, *kept.when, *kept.what):
            before, after = frame.split("{topic}")
            assert not (before and question.startswith(before) and question.endswith(after))


@given(st.sampled_from(NEGATIVE), CHOICES)
def test_another_topic_is_one_that_was_never_mentioned(pair: Pair, choice: int) -> None:
    prior = Mentions.of(TALK)
    found = Undiscussed(prior, [positive.topic for positive in POSITIVE]).instead(pair, choice)
    assert (found.answer, found.kind, found.polarity) == (pair.answer, pair.kind, "negative")
    assert not prior.names(found.topic)
    if found.topic != pair.topic:
        assert not held_out(found.topic)


def test_most_negatives_name_something_else_each_time() -> None:
    elsewhere = Undiscussed(Mentions.of(TALK), [pair.topic for pair in POSITIVE])
    topics = [elsewhere.instead(NEGATIVE[0], draw(n)).topic for n in range(200)]
    assert len(set(topics)) > 120
    assert 10 < topics.count(NEGATIVE[0].topic) < 80


def test_a_negative_is_not_another_name_of_what_was_said() -> None:
    """Where a sofa came up, "couch" is no safe "no"."""
    told = segment(" ".join(f"I have a {word}." for word in ("sofa", "tap", "car", "cat", "rug", "lamp", "oven")))
    mentioned = Mentions.of(told)
    elsewhere = Undiscussed(mentioned, ["sofa", "tap", "car"])
    for n in range(2000):
        topic = elsewhere.instead(NEGATIVE[0], draw(n)).topic
        assert not any(mentioned.mentions(name) for name in paraphrases(topic)[:4]) or topic == NEGATIVE[0].topic


def test_without_anything_discussed_a_negative_stays() -> None:
    assert Undiscussed(Mentions(), []).instead(NEGATIVE[0], 5) == NEGATIVE[0]
