"""Reliability of p(yes): a case by hand, and what holds for any answers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.evaluate.calibration import BINS, reliability
from plum_edge.evaluate.scoring import Scored, wilson
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
