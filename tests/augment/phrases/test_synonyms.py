"""Other names: they are other, they are always the same, and no name is in two parts."""

from __future__ import annotations

from itertools import combinations
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.augment.phrases.synonyms import Part, kin_of, may_mean, nouns, paraphrase, paraphrases
from plum_edge.augment.phrases.words import FUNCTION, stem, stems, words

PARTS: tuple[Part, ...] = get_args(Part)
KNOWN = nouns()
topics = st.lists(
    st.sampled_from((*KNOWN, "red", "cheap", "repairing", "planting", "Malmö", "the")), min_size=1, max_size=3
)


def every(topic: str) -> set[str]:
    return {name for part in PARTS for name in paraphrases(topic, part)}


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("tap", "faucet"),
        ("kitchen tap", "kitchen faucet"),
        ("kitchen taps", "kitchen faucets"),
        ("sofa", "couch"),
        ("cheap sofa", "cheap couch"),
        ("repairing the fridge", "repairing the refrigerator"),
        ("sourdough bread", "sourdough loaf"),
        ("bread", "food with flour"),
    ],
)
def test_a_topic_is_named_as_people_name_it(topic: str, name: str) -> None:
    assert name in every(topic)


@pytest.mark.parametrize("topic", ["cream cheese", "ground floor", "cheap sofa", "kitchen tap", "boat trip"])
def test_what_stands_before_the_last_word_stays(topic: str) -> None:
    """It has its meaning from the whole: cream cheese is no "ointment cheese"."""
    first = topic.split()[0]
    assert all(name.startswith(f"{first} ") for name in every(topic))


@settings(deadline=None)
@given(topics.map(" ".join))
def test_another_name_is_neither_the_topic_nor_a_part_or_an_extension_of_it(topic: str) -> None:
    own = set(stems(topic))
    for name in every(topic):
        mine = set(stems(name))
        assert not mine <= own
        assert not own <= mine


@settings(deadline=None)
@given(topics.map(" ".join))
def test_no_name_is_in_two_parts(topic: str) -> None:
    for one, other in combinations(PARTS, 2):
        assert not set(paraphrases(topic, one)) & set(paraphrases(topic, other))


def test_a_pair_of_words_that_is_kept_is_in_no_name_for_training() -> None:
    kept = [(noun, name) for noun in KNOWN for name in paraphrases(noun, "new") if " " not in name][:300]
    assert len(kept) >= 200
    for noun, name in kept:
        assert f"green {name}" not in paraphrases(f"green {noun}", "train")
        assert f"green {name}" not in paraphrases(f"green {noun}", "held_out")


def test_most_names_may_be_trained_on_and_enough_are_kept() -> None:
    sizes = {part: sum(len(paraphrases(noun, part)) for noun in KNOWN) for part in PARTS}
    assert sizes["train"] > 0.6 * sum(sizes.values())
    assert sizes["held_out"] > 0.1 * sum(sizes.values())
    assert sizes["new"] > 0.05 * sum(sizes.values())


@settings(deadline=None)
@given(topics.map(" ".join))
def test_a_name_may_mean_its_topic(topic: str) -> None:
    assert may_mean(topic, topic) or not [word for word in words(topic) if word not in FUNCTION and word != "thing"]
    for name in every(topic):
        assert may_mean(name, topic), name


def test_a_safe_negative_means_nothing_that_was_discussed() -> None:
    assert may_mean("couch", "old sofa")
    assert may_mean("sofa", "couch")
    assert not may_mean("kitchen stove", "kitchen tap")
    assert not may_mean("bicycle", "violin")


def test_names_and_unknown_words_have_no_other_name() -> None:
    for topic in ("Malmö", "Jocelyn", "qwzx", "", "the", "12"):
        assert every(topic) == set()
        assert paraphrase(topic, 3) is None


@settings(deadline=None)
@given(st.sampled_from(KNOWN), st.integers(0, 1 << 40))
def test_a_drawn_number_picks_one_of_them(noun: str, choice: int) -> None:
    known = paraphrases(noun)
    assert paraphrase(noun, choice) == (known[choice % len(known)] if known else None)


@settings(deadline=None)
@given(st.sampled_from(KNOWN))
def test_a_word_is_its_own_kin(noun: str) -> None:
    assert stem(noun) in kin_of(noun)


def test_the_table_is_small() -> None:
    assert 2000 <= len(KNOWN) <= 6001
