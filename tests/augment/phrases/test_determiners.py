"""Determiners before a topic: English, and all of those that people use."""

from __future__ import annotations

import pytest

from plum_edge.augment.phrases.determiners import determined, indefinite
from plum_edge.augment.phrases.lexicon import THEMES


def ways(topic: str, *, proper: bool = False) -> set[str]:
    return {determined(topic, choice, proper=proper) for choice in range(20)}


@pytest.mark.parametrize(
    ("topic", "some", "none"),
    [
        ("loose shelf", {"the loose shelf", "my loose shelf", "a loose shelf"}, {"loose shelf"}),
        ("egg timer", {"an egg timer", "that egg timer"}, {"a egg timer", "egg timer"}),
        ("chicken stew", {"a chicken stew"}, set()),
        ("onion gravy", {"onion gravy", "the onion gravy"}, {"an onion gravy"}),
        ("wild swimming", {"wild swimming"}, {"a wild swimming"}),
        ("oil painting", {"an oil painting"}, {"oil painting"}),
        ("curtains", {"curtains", "the curtains", "my curtains"}, {"a curtains", "that curtains"}),
        ("cousin's flat", {"my cousin's flat"}, {"a cousin's flat", "cousin's flat"}),
        ("1.5 kilo bag", {"the 1.5 kilo bag"}, {"a 1.5 kilo bag", "my 1.5 kilo bag"}),
    ],
)
def test_a_topic_is_named_as_people_do(topic: str, some: set[str], none: set[str]) -> None:
    assert some <= ways(topic) and not none & ways(topic)


def test_a_name_stands_bare() -> None:
    assert ways("Biscuit", proper=True) == {"Biscuit"}
    assert ways("Tomas's tools") == {"Tomas's tools"}


@pytest.mark.parametrize(
    ("word", "article"),
    [
        ("hour", "an "),
        ("unit", "a "),
        ("European", "a "),
        ("uncle", "an "),
        ("used", "a "),
        ("house", "a "),
        ("one", "a "),
    ],
)
def test_the_article_goes_by_the_sound(word: str, article: str) -> None:
    assert indefinite(word) == article


def test_every_phrase_of_the_lexicon_can_be_named() -> None:
    for phrases in THEMES.values():
        for phrase in phrases:
            assert all(named.endswith(phrase) for named in ways(phrase, proper=phrase[0].isupper()))
