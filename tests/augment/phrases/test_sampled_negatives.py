"""Questions about what was never discussed: many, true, and none that is kept for evaluation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.checks import Mentions, check
from plum_edge.augment.phrases.lexicon import held_out
from plum_edge.augment.phrases.sampled_negatives import sampled_negatives
from plum_edge.augment.phrases.wordings import HELD_OUT, NO, UNKNOWN, UNSEEN
from tests.augment.conversations import segment


@given(st.integers(0, 300), st.integers(0, 5))
def test_each_topic_once_and_as_many_as_asked_for(count: int, seed: int) -> None:
    made = sampled_negatives(Mentions(), count, seed=seed, segment="c/0")
    assert len(made) == count
    assert len({pair.topic for pair in made}) == count
    assert all(pair.polarity == "negative" and pair.split == "train" for pair in made)
    assert all(pair.answer in (NO if pair.kind == "closed" else UNKNOWN) for pair in made)
    assert made == sampled_negatives(Mentions(), count, seed=seed, segment="c/0")


def test_another_segment_has_others() -> None:
    topics = [{pair.topic for pair in sampled_negatives(Mentions(), 100, seed=0, segment=f"c/{n}")} for n in (0, 1)]
    assert len(topics[0] & topics[1]) < 30


def test_nothing_that_was_mentioned_and_nothing_held_out() -> None:
    first = sampled_negatives(Mentions(), 50, seed=0, segment="c/0")
    told = segment(". ".join(f"I told you about the {pair.topic}" for pair in first[:20]))
    prior = Mentions.of(told)
    again = sampled_negatives(prior, 50, seed=0, segment="c/0")
    assert not {pair.topic for pair in first[:20]} & {pair.topic for pair in again}
    assert not [pair for pair in again if prior.mentions(pair.topic) or held_out(pair.topic)]
    assert not check(again, told, Mentions()).rejected["already discussed"]


def test_only_phrasings_of_training() -> None:
    fixed = [frame.split("{topic}") for kept in (HELD_OUT, UNSEEN) for frame in (*kept.closed, *kept.when, *kept.what)]
    for pair in sampled_negatives(Mentions(), 200, seed=1, segment="c/0"):
        assert not any(pair.question.startswith(a) and pair.question.endswith(b) for a, b in fixed if a)
