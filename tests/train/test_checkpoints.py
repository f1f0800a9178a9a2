"""Which states stay on disk, and which are averaged for use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.records import Step
from plum_edge.train.checkpoints import checkpoints_of, ends_kept, last_ends, mean, superseded


def steps_of(asides: list[bool]) -> tuple[list[Step], set[str]]:
    """Return steps, of which some are set aside and leave the state as it was; and the names of those."""
    steps: list[Step] = []
    for seq, aside in enumerate(asides, start=1):
        before = steps[-1].state_sha256 if steps else "begun"
        state = before if aside else f"state-{seq}"
        steps.append(Step(seq, f"talk-{seq}", "replay", "torch", 1, {}, 0, "", state, 1.0, 0.5))
    return steps, {step.segment for step, aside in zip(steps, asides, strict=True) if aside}


@pytest.mark.parametrize(
    ("asides", "count", "expected"),
    [
        ("", 2, []),
        ("-", 2, []),
        ("x", 2, [1]),
        ("xxx", 1, [3]),
        ("xxx", 2, [2, 3]),
        ("xxx", 9, [1, 2, 3]),
        ("xx--", 2, [1, 4]),
        ("-x", 2, [2]),
        ("x-x-x", 3, [2, 4, 5]),
    ],
)
def test_ends_are_of_what_was_learned(asides: str, count: int, expected: list[int]) -> None:
    """x: learned; -: set aside. Of steps with the same state it is the last one."""
    steps, aside = steps_of([one == "-" for one in asides])
    assert [step.seq for step in last_ends(steps, aside, count)] == expected


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 5))
def test_the_ends_and_the_newest_two_and_every_eighth_stay(asides: list[bool], ends: int) -> None:
    """As they come in and older ones go: no more of them lie there than are reckoned."""
    kept: set[int] = set()
    steps, aside = steps_of(asides)
    for number in range(1, len(steps) + 1):
        learned = steps[:number]
        kept.add(number)
        assert len(kept) <= checkpoints_of(number, ends)
        last = last_ends(learned, aside, ends_kept(ends))
        kept -= set(superseded(learned, last))
        assert {step.seq for step in last} <= kept, "none that is needed later has gone before"
        assert {number, max(1, number - 1), *range(8, number + 1, 8)} <= kept


def test_the_mean_is_taken_in_f32() -> None:
    draw = np.random.default_rng(0)
    states = [{"a": draw.normal(size=(3, 5)).astype(np.float32), "b": np.full(2, n, np.float32)} for n in range(4)]
    found = mean(states)
    assert found["b"].tolist() == [1.5, 1.5]
    assert found["a"].dtype == np.float32
    np.testing.assert_array_equal(found["a"], np.mean([one["a"] for one in states], axis=0, dtype=np.float32))
    assert mean(states[:1]) is states[0]
    assert states[0]["b"].tolist() == [0.0, 0.0], "what is averaged stays as it is"
