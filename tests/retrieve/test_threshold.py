"""The thresholds, over the real full-text search of a real store."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.retrieve import Retriever, content_words
from plum_edge.retrieve.threshold import CALIBRATION, PairThreshold, WordThreshold, best_cut, made_up, steepness
from plum_edge.store import Store


@pytest.fixture
def threshold(store: Store) -> WordThreshold:
    search = Retriever(store.search.search, store.log.get, lambda text: len(text.split()))
    return WordThreshold(search.best, store.log.conversations)


@pytest.mark.parametrize("topic", ["the kitchen tap", "a green bicycle", "an audition song", "the choir"])
def test_what_stood_together_reaches_the_bar(threshold: WordThreshold, topic: str) -> None:
    assert threshold.score(f"Did we talk about {topic}?") >= 1


@pytest.mark.parametrize("topic", ["the kitchen choir", "a green zeppelin", "sourdough knee", "zeppelins", "", "it"])
def test_what_did_not_stays_below(threshold: WordThreshold, topic: str) -> None:
    assert threshold.score(f"Did we talk about {topic}?") < 1


def test_the_bar_rises_with_the_number_of_words(threshold: WordThreshold) -> None:
    assert 0 < threshold.threshold(1) < threshold.threshold(2) < threshold.threshold(6)


def test_in_an_empty_log_nothing_reaches_the_bar(store: Store) -> None:
    assert WordThreshold(lambda query: 9.0, tuple).score("Did we talk about the kitchen tap?") == 0
    assert PairThreshold(lambda query: 9.0, tuple).score("Did we talk about the kitchen tap?") == 0


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_made_up_topics_are_true_to_the_log(store: Store, count: int) -> None:
    said = [content_words(m.content) for c in store.log.conversations() for m in c.messages if m.role == "user"]
    present, absent = made_up(said, count)
    together = max(min(count, 2), (count + 1) // 2)
    assert len(present) == 100
    assert all(any(set(topic[:together]) <= set(words) for words in said) for topic in present)
    assert all(len(topic) == count for topic in present)
    assert not any(topic and any(set(topic) <= set(words) for words in said) for topic in absent)
    assert made_up(said, count) == (present, absent)


scores = st.lists(st.floats(0, 100), min_size=1, max_size=20)


@settings(deadline=None)
@given(scores, scores)
def test_the_best_cut_is_no_worse_than_any_other(present: list[float], absent: list[float]) -> None:
    def quality(cut: float) -> float:
        return sum(v >= cut for v in present) / len(present) + sum(v < cut for v in absent) / len(absent)

    cut = best_cut(present, absent)
    assert cut > 0
    assert all(quality(other) <= quality(cut) + 1e-9 for other in {*present, *absent} - {0.0})


def test_there_is_no_cut_where_nothing_was_found() -> None:
    assert best_cut([], [1.0]) == best_cut([0.0], [0.0]) == math.inf
    assert best_cut([3.0, 5.0], [1.0]) == 2.0


def test_a_bar_of_pairs_parts_what_training_knows_the_answer_to() -> None:
    scores = {"the tap": 0.8, "the knee": 0.6, "sailing": 0.3, "the tap of a barrel": 0.5}
    threshold = PairThreshold(scores.__getitem__, lambda: [(q, q in ("the tap", "the knee")) for q in scores])
    assert threshold.threshold == pytest.approx(0.55)
    assert threshold.score("the knee") > 1 > threshold.score("the tap of a barrel")


def test_a_bar_of_pairs_asks_so_many_and_no_more_whatever_their_order() -> None:
    asked: list[str] = []

    def best(question: str) -> float:
        asked.append(question)
        return len(question) / 10

    questions = [(f"yes {n:04}", True) for n in range(500)] + [(f"no {n}", False) for n in range(500)]
    first = PairThreshold(best, lambda: questions).threshold
    assert len(asked) == 2 * CALIBRATION
    assert PairThreshold(best, lambda: questions[::-1]).threshold == first


def test_a_likelihood_is_one_half_at_the_bar_grows_with_the_score_and_is_never_surer_than_its_trials(
    threshold: WordThreshold,
) -> None:
    topics = ["the kitchen tap", "a green bicycle", "the kitchen choir", "zeppelins", "", "the knee"]
    for topic in topics:
        assert (threshold.likelihood(topic) >= 0.5) == (threshold.score(topic) >= 1)
        assert 1 / (CALIBRATION + 2) <= threshold.likelihood(topic) <= 1 - 1 / (CALIBRATION + 2)
    ranked = sorted(topics, key=threshold.score)
    assert [threshold.likelihood(topic) for topic in ranked] == sorted(threshold.likelihood(topic) for topic in topics)
    assert threshold.likelihood("zeppelins") < 0.1


def test_in_an_empty_log_nothing_is_likely(store: Store) -> None:
    assert WordThreshold(lambda query: 9.0, tuple).likelihood("the kitchen tap") < 0.1


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=30))
def test_the_steepness_is_the_likeliest(signed: list[float]) -> None:
    def likelihood(slope: float) -> float:
        return -sum(math.log1p(math.exp(-slope * x)) for x in signed)

    found = steepness(signed)
    assert 0 <= found <= 64
    assert all(
        likelihood(other) <= likelihood(found) + 1e-6
        for other in (0.0, found / 2, found * 1.1, 32.0, 64.0)
        if other <= 64
    )


def test_scores_that_part_all_trials_are_as_steep_as_can_be_and_useless_ones_flat() -> None:
    assert steepness([1.0, 2.0]) == pytest.approx(64)
    assert steepness([1.0, -1.0]) == pytest.approx(0, abs=1e-6)
    assert steepness([1.0, 1.0, 1.0, -1.0]) == pytest.approx(math.log(3))
