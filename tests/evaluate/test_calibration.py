"""Reliability of p(yes): a case by hand, and what holds for any answers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.evaluate.calibration import BINS, MOST_FALSE, at_border, border, reliability
from plum_edge.evaluate.scoring import Scored, balanced, wilson
from plum_edge.records import Question


def answered(p_yes: float | None, gold: str = "yes") -> Scored:
    """Return a question answered with this p(yes); None for an open one."""
    right = p_yes is not None and (p_yes >= 0.5) == (gold == "yes")
    return Scored(Question("Did we?", gold, "verbatim"), p_yes, None, right)


def test_a_case_by_hand() -> None:
    scored = [answered(0.92), answered(0.98), answered(1.0, "no"), answered(0.1, "no"), answered(None, "a cat")]
    found = reliability(scored)
    low, high = found["calibration"]
    assert low == {"low": 0.1, "high": 0.2, "n": 1, "p_yes": 0.1, "yes_share": 0.0, "ci95": wilson(0, 1)}
    assert (high["low"], high["high"], high["n"], high["ci95"]) == (0.9, 1.0, 3, wilson(2, 3))
    assert (high["p_yes"], high["yes_share"]) == (pytest.approx(2.9 / 3), pytest.approx(2 / 3))
    assert found["ece"] == pytest.approx((0.1 + 3 * (2.9 / 3 - 2 / 3)) / 4)


def test_nothing_closed_was_asked() -> None:
    assert reliability([answered(None, "a cat")]) == {"calibration": [], "ece": None}


def test_who_is_sure_and_right_is_calibrated_and_who_is_sure_and_wrong_is_not() -> None:
    assert reliability([answered(1.0), answered(0.0, "no")])["ece"] == 0
    assert reliability([answered(1.0, "no"), answered(0.0)])["ece"] == 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["yes", "no"])), min_size=1, max_size=60))
def test_every_answer_is_in_one_bin(answers: list[tuple[float, str]]) -> None:
    found = reliability([answered(p, gold) for p, gold in answers])
    rows = found["calibration"]
    assert sum(row["n"] for row in rows) == len(answers)
    assert 1 <= len(rows) <= BINS
    assert [row["low"] for row in rows] == sorted({row["low"] for row in rows})
    assert 0 <= found["ece"] <= 1
    for row in rows:
        assert row["low"] - 1e-12 <= row["p_yes"] <= row["high"] + 1e-12
        assert row["ci95"][0] <= row["yes_share"] <= row["ci95"][1]


# From which odds on a yes is claimed ----------------------------------------------------------------------------------


def odds_of(p: float) -> float:
    return p / (1 - p)


def test_the_border_lies_between_what_was_and_what_was_not_discussed() -> None:
    asked = [answered(0.75), answered(0.8), answered(0.6, "no"), answered(0.62, "no")]
    assert balanced(asked) == 0.5
    found = border(asked)
    assert found is not None and odds_of(0.62) < found < odds_of(0.75)
    assert balanced(at_border(asked, 1.0, found)) == 1.0


def test_a_border_never_lies_below_even_odds() -> None:
    assert border([answered(0.3), answered(0.1, "no")]) == pytest.approx(2.0)  # none is better: the middle of 1 and 4


def test_a_border_is_not_bought_with_false_claims() -> None:
    """All would be right by a border below 0.6, and two of twenty false: more than are allowed."""
    low = [answered(0.6) for _ in range(8)] + [answered(0.9) for _ in range(12)]
    asked = low + [answered(0.7, "no") for _ in range(2)] + [answered(0.01, "no") for _ in range(18)]
    found = border(asked)
    assert found is not None and found > odds_of(0.7)


def test_a_border_is_not_bought_with_inventions() -> None:
    """Even odds tell all that was discussed from what was near it, and affirm a tenth of what nobody spoke of."""
    asked = [answered(0.55), answered(0.9), answered(0.1, "no"), answered(0.2, "no")]
    idle = [answered(0.01, "no")] * 90 + [answered(0.7, "no")] * 10
    without, found = border(asked), border(asked, never=idle)
    assert without is not None and without < odds_of(0.55)
    assert found is not None and odds_of(0.7) < found < odds_of(0.9)
    assert (
        border(asked, never=[answered(0.7, "no"), *[answered(0.01, "no")] * 99]) == without
    )  # one in a hundred may be


def test_no_border_without_both_sorts() -> None:
    assert border([answered(0.3), answered(None, "a cat")]) is None
    assert border([answered(0.3, "no")]) is None


OFF_THE_ENDS = st.floats(0.001, 0.999).filter(lambda p: min(abs(p - 0.5), abs(p - 0.8)) > 1e-6)
"""p(yes) that lies on neither end of where a border may be: rounding would decide on which side."""
CLOSED = st.lists(st.tuples(OFF_THE_ENDS, st.sampled_from(["yes", "no"])), min_size=2, max_size=60)


@settings(deadline=None)
@given(CLOSED, st.floats(0.1, 10))
def test_no_answer_hangs_on_what_p_yes_was_divided_by_before(answers: list[tuple[float, str]], before: float) -> None:
    asked = [answered(p, gold) for p, gold in answers]
    found, again = border(asked), border(at_border(asked, 1.0, before), before)
    assert (found is None) == (again is None)
    if found is not None and again is not None:
        assert again == pytest.approx(found, rel=1e-6)


@settings(deadline=None)
@given(CLOSED)
def test_a_border_claims_little_that_was_not_discussed_where_any_can(answers: list[tuple[float, str]]) -> None:
    asked = [answered(p, gold) for p, gold in answers]
    found = border(asked)
    if found is None:
        return
    assert 1.0 <= found <= 4.0 + 1e-9
    said = at_border(asked, 1.0, found)
    false = [s for s in said if s.question.answer == "no" and not s.correct]
    no = [s for s in said if s.question.answer == "no"]
    strictest = at_border(asked, 1.0, 4.0)
    if sum(not s.correct for s in strictest if s.question.answer == "no") <= MOST_FALSE * len(no):
        assert len(false) <= MOST_FALSE * len(no)
