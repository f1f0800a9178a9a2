"""Other topics for negatives: in the form of what was discussed, and never mentioned under any name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.lexicon import held_out
from plum_edge.augment.phrases.synonyms import paraphrases
from plum_edge.augment.phrases.undiscussed import Undiscussed
from plum_edge.records import Pair, draw
from tests.augment.conversations import segment
from tests.augment.phrases.test_variants import CHOICES, NEGATIVE, POSITIVE, TALK


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
