"""Scores, figures and statistics: known values, and properties that hold whatever was answered."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.augment.phrases import wordings
from plum_edge.errors import IntegrityError
from plum_edge.evaluate.questions import STYLES
from plum_edge.evaluate.scoring import (
    Flips,
    Scored,
    balanced,
    bootstrap,
    consistency,
    mcnemar,
    over_time,
    over_time_ci95,
    paired_loss,
    score,
    summarise,
    wilson,
)
from plum_edge.records import Question, Style


def closed(gold: str, correct: bool, *, about: str | None = "c", style: Style = "verbatim", name: str = "") -> Scored:
    """Return a closed question that was answered right or wrong."""
    p_yes = 0.9 if (gold == "yes") == correct else 0.1
    return Scored(Question(f"Did we talk about {name}?", gold, style, about), p_yes, None, correct)


def answers(yes: str, no: str) -> list[Scored]:
    """Return closed questions from marks such as ``+-+``, each in a conversation of its own."""
    marks = [("yes", mark) for mark in yes] + [("no", mark) for mark in no]
    return [closed(gold, mark == "+", about=f"c{n}", name=str(n)) for n, (gold, mark) in enumerate(marks)]


@dataclass
class Fixed:
    """Says the same to everything."""

    p: float = 1.0
    text: str = ""

    def p_yes(self, question: str) -> float:
        return self.p

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        return [self.p_yes(question) for question in questions]

    def answer(self, question: str) -> str:
        return self.text

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        return [self.answer(question) for question in questions]


scored_lists = st.lists(
    st.builds(
        closed,
        st.sampled_from(["yes", "no"]),
        st.booleans(),
        about=st.sampled_from(["a", "b", "c", "d", None]),
        style=st.sampled_from(STYLES),
        name=st.text(max_size=4),
    ),
    max_size=25,
)


# Scoring --------------------------------------------------------------------------------------------------------------


def test_scoring_asks_closed_questions_for_a_number_and_open_ones_for_words() -> None:
    questions = [
        Question("Tap?", "yes", "verbatim"),
        Question("Sail?", "no", "far"),
        Question("What size?", "3/8 inch", "verbatim"),
        Question("When did we sail?", wordings.UNKNOWN[0], "far"),
    ]
    seen: list[tuple[str, int, int]] = []
    asked = Fixed(0.5, "It was 3/8 inch.")
    scored = score(questions, asked, lambda stage, done, total, note: seen.append((stage, done, total)))
    assert [s.correct for s in scored] == [True, False, True, False]
    assert [s.p_yes for s in scored] == [0.5, 0.5, None, None]
    assert [s.answer for s in scored] == [None, None, "It was 3/8 inch.", "It was 3/8 inch."]
    assert [s.f1 for s in scored] == [None, None, pytest.approx(0.75), None]
    assert seen == [("evaluate", n, 4) for n in (2, 4)]
    honest = score(questions, Fixed(0.499, "I do not know."))
    assert [s.correct for s in honest] == [False, True, False, True]


def test_a_model_that_gives_no_number_is_an_error_and_not_a_no() -> None:
    with pytest.raises(IntegrityError):
        score([Question("Sail?", "no", "far")], Fixed(math.nan))


# Figures --------------------------------------------------------------------------------------------------------------


def test_the_summary_of_a_small_case() -> None:
    scored = [
        *answers("+++-", "+-"),
        closed("no", True, about=None, style="far"),
        Scored(Question("What?", "a cat", "verbatim", "c0"), None, "a cat", True, 1.0),
        Scored(Question("Who?", "Tom", "verbatim", "c1"), None, "Ann", False, 0.0),
        Scored(Question("When?", wordings.UNKNOWN[0], "far", "c1"), None, "On 1 May 2026.", False),
    ]
    figures = summarise(scored, seed=0)
    assert figures["questions"] == 10
    assert figures["asked"] == {"yes": 4, "no": 3, "open": 3}
    assert figures["positives"] == 0.75
    assert figures["negatives"] == pytest.approx(2 / 3)
    assert figures["accuracy"] == pytest.approx((0.75 + 2 / 3) / 2)
    assert figures["positives_ci95"] == wilson(3, 4)
    assert figures["by_kind"]["far"] == {"n": 1, "accuracy": 1.0, "ci95": wilson(1, 1)}
    assert figures["by_kind"]["indirect"] == {"n": 0, "accuracy": None, "ci95": None}
    assert (figures["open_f1"], figures["open_contains"], figures["false_answers"]) == (0.5, 0.5, 1.0)
    assert sum(group["conversations"] for group in figures["by_age"]) == 6
    json.dumps(figures, allow_nan=False)


def test_nothing_asked_gives_no_figures_and_no_error() -> None:
    figures = summarise([], seed=0)
    assert figures["questions"] == 0
    assert all(figures[key] is None for key in ("accuracy", "accuracy_ci95", "positives", "open_f1", "false_answers"))
    assert figures["by_age"] == []


def test_one_polarity_is_no_balanced_accuracy() -> None:
    figures = summarise(answers("+++", ""), seed=0)
    assert (figures["accuracy"], figures["accuracy_ci95"], figures["positives"]) == (None, None, 1.0)


def test_ages_follow_the_order_given() -> None:
    scored = [closed(gold, n >= 8, about=f"c{n}", name=gold) for n in range(10) for gold in ("yes", "no")]
    newest_last = summarise(scored, seed=0)["by_age"]
    assert [group["accuracy"] for group in newest_last] == [0, 0, 0, 0, 1]
    assert [group["conversations"] for group in newest_last] == [2] * 5
    turned = summarise(scored, seed=0, order=[f"c{n}" for n in reversed(range(10))])["by_age"]
    assert [group["accuracy"] for group in turned] == [1, 0, 0, 0, 0]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["yes", "no"]), min_size=2, max_size=20).filter(lambda golds: len(set(golds)) == 2))
def test_saying_the_same_to_everything_gets_one_half(golds: list[str]) -> None:
    questions = [Question(str(n), gold, "verbatim", str(n % 3)) for n, gold in enumerate(golds)]
    for p in (0.0, 1.0):
        assert balanced(score(questions, Fixed(p))) == 0.5


@settings(deadline=None, max_examples=50)
@given(scored_lists)
def test_figures_do_not_change_when_yes_and_no_change_places(scored: list[Scored]) -> None:
    def turned(s: Scored) -> Scored:
        gold = "no" if s.question.answer == "yes" else "yes"
        return replace(s, question=replace(s.question, answer=gold), p_yes=1 - (s.p_yes or 0))

    figures, swapped = (summarise(x, seed=0) for x in (scored, [turned(s) for s in scored]))
    assert figures["accuracy"] == swapped["accuracy"]
    assert figures["accuracy_ci95"] == pytest.approx(swapped["accuracy_ci95"]) if figures["accuracy_ci95"] else True
    assert (figures["positives"], figures["negatives"]) == (swapped["negatives"], swapped["positives"])
    assert figures["by_kind"] == swapped["by_kind"]


@settings(deadline=None, max_examples=50)
@given(scored_lists, st.integers(0, 9))
def test_every_interval_holds_its_estimate(scored: list[Scored], seed: int) -> None:
    figures = summarise(scored, seed=seed)
    kinds = [(kind["accuracy"], kind["ci95"]) for kind in figures["by_kind"].values()]
    for estimate, interval in [
        (figures[k], figures[f"{k}_ci95"]) for k in ("accuracy", "positives", "negatives")
    ] + kinds:
        assert (estimate is None) == (interval is None)
        if interval is not None:
            assert 0 <= interval[0] <= estimate <= interval[1] <= 1
            assert interval[0] < interval[1]


@dataclass
class Answered:
    """A cell as the store keeps it."""

    step: int
    conversation: str | None
    correct: bool
    p_yes: float | None


def test_cells_become_accuracy_over_time_and_the_consistency_plot() -> None:
    cells = [
        Answered(2, "a", True, 0.9),  # a yes
        Answered(2, "a", False, 0.8),  # a no
        Answered(2, "b", True, 0.1),  # a no
        Answered(1, "a", True, 0.9),
        Answered(1, "a", True, 0.2),
        Answered(2, "b", False, None),
        Answered(2, None, True, 0.0),
    ]
    assert over_time(cells) == [(1, 1.0), (2, (1 + 2 / 3) / 2)]
    assert consistency(cells) == [[1.0, None], [0.5, 1.0]]
    assert consistency(cells, ["b", "z", "a"]) == [[None, None, 1.0], [1.0, None, 0.5]]
    assert (over_time([]), consistency([])) == ([], [])


def test_each_point_in_time_has_the_interval_of_its_answers() -> None:
    cells = [Answered(step, f"c{n}", n % 3 > 0, 0.9) for step in (1, 2) for n in range(20 * step)]
    cells += [Answered(step, f"c{n}", n % 4 > 0, 0.1) for step in (1, 2) for n in range(20 * step)]
    cells += [Answered(3, "c0", True, 0.9), Answered(2, "c0", False, None)]
    (first, later, alone) = over_time_ci95(cells, seed=0)
    accuracy = dict(over_time(cells))
    assert first is not None
    assert later is not None
    assert first[0] < (accuracy[1] or 0) < first[1]
    assert later[1] - later[0] < first[1] - first[0], "more questions, a narrower interval"
    assert (accuracy[3], alone) == (None, None)
    assert over_time_ci95([], seed=0) == []


# Statistics -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (8, 10, 0.4901625, 0.9433178),
        (0, 10, 0.0, 0.2775328),
        (10, 10, 0.7224672, 1.0),
        (50, 100, 0.4038315, 0.5961685),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson_against_known_values(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=1e-6)


@settings(deadline=None)
@given(st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_mirrors(case: tuple[int, int]) -> None:
    k, n = case
    low, high = wilson(k, n)
    assert wilson(n - k, n) == pytest.approx((1 - high, 1 - low))


def test_the_bootstrap_agrees_with_the_binomial_where_questions_are_independent() -> None:
    scored = answers("+" * 160 + "-" * 40, "+" * 140 + "-" * 60)
    low, high = bootstrap(scored, seed=0) or (0, 0)
    half = 1.96 * math.sqrt(0.8 * 0.2 / 200 + 0.7 * 0.3 / 200) / 2
    assert (low + high) / 2 == pytest.approx(0.75, abs=0.01)
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)


def test_the_bootstrap_is_wider_where_whole_conversations_are_forgotten() -> None:
    kept = [
        closed(gold, n < 15, about=f"c{n}", name=str(k)) for n in range(20) for k in range(5) for gold in ("yes", "no")
    ]
    alone = [replace(s, question=replace(s.question, conversation=str(n))) for n, s in enumerate(kept)]
    (low, high), (narrow_low, narrow_high) = (bootstrap(x, seed=0) or (0, 0) for x in (kept, alone))
    assert high - low > 2 * (narrow_high - narrow_low)


def test_the_bootstrap_follows_the_seed_and_admits_when_it_knows_nothing() -> None:
    scored = answers("++++-+", "+-+++-")
    assert bootstrap(scored, seed=1) == bootstrap(scored, seed=1)
    perfect = bootstrap(answers("++++", "++++"), seed=0)
    assert perfect == wilson(4, 4)


def flipped(lost: int, gained: int, same: int = 5) -> tuple[list[Scored], list[Scored]]:
    """Return the same questions before and after."""
    before = [closed("yes", n >= gained, name=str(n)) for n in range(lost + gained + same)]
    after = [replace(s, correct=n < gained or n >= lost + gained) for n, s in enumerate(before)]
    return before, after


@pytest.mark.parametrize(
    ("lost", "gained", "two_sided", "one_sided"),
    [
        (0, 0, 1.0, 1.0),
        (10, 2, 0.03857421875, 0.019287109375),
        (2, 10, 0.03857421875, 0.996826171875),
        (5, 5, 1.0, 0.623046875),
        (5, 0, 0.0625, 0.03125),
    ],
)
def test_paired_tests_against_known_values(lost: int, gained: int, two_sided: float, one_sided: float) -> None:
    before, after = flipped(lost, gained)
    assert mcnemar(before, after) == Flips(lost, gained, pytest.approx(two_sided))
    assert paired_loss(before, after) == Flips(lost, gained, pytest.approx(one_sided))


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_does_not_care_which_system_comes_first(lost: int, gained: int) -> None:
    before, after = flipped(lost, gained)
    assert mcnemar(before, after).p == mcnemar(after, before).p
    assert 0 < paired_loss(before, after).p <= 1


def test_a_paired_test_wants_the_same_questions() -> None:
    with pytest.raises(ValueError, match="same questions"):
        paired_loss(answers("++", ""), answers("+", "+"))
