"""Pairs in other words: the same topic and answer, never a phrasing that is kept for evaluation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.pairs import augment
from plum_edge.augment.phrases.synonyms import paraphrases
from plum_edge.augment.phrases.variants import reworded
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
