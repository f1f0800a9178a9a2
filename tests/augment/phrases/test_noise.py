"""Noise changes how a question sounds, never what it names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.phrases.noise import noisy
from plum_edge.augment.phrases.wordings import TRAIN

CHOICES = st.integers(0, 2**64 - 1)


@given(st.sampled_from(TRAIN.closed), CHOICES)
def test_the_topic_stands_once_and_whole(template: str, choice: int) -> None:
    changed = noisy(template, choice)
    assert changed.count("{topic}") == 1
    assert changed.format(topic="the kitchen tap").count("the kitchen tap") == 1
    assert changed.endswith("?") and changed.count("?") == 1


@pytest.mark.parametrize("template", TRAIN.closed)
def test_half_of_the_questions_stay_as_they_are(template: str) -> None:
    kept = sum(noisy(template, choice) == template for choice in range(1000))
    assert 450 <= kept <= 650


def test_every_word_of_the_template_stays_in_its_order() -> None:
    template = "Did we have a conversation about {topic}?"
    for choice in range(0, 4000, 2):
        words = iter(noisy(template, choice).lower().replace(",", "").replace("?", "").split())
        assert all(word in words for word in template.lower().replace("?", "").split())
