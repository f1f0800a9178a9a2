"""When an answer loops: on made-up tokens, on a model made to loop, and on a real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.records import Message
from plum_edge.runtime import Runtime
from plum_edge.runtime.loops import Loops
from tests.runtime.test_session import ASK, chain, folder, spoken
from tests.smollm import smollm

__all__ = ["folder"]


def ended(tokens: list[int]) -> int | None:
    """Return after how many tokens they are called a loop."""
    loops = Loops()
    return next((n for n, token in enumerate(tokens, 1) if loops.add(token)), None)


@pytest.mark.parametrize(("period", "after"), [(1, 32), (2, 32), (8, 32), (11, 33), (20, 60), (64, 192)])
def test_a_phrase_said_again_and_again_is_a_loop(period: int, after: int) -> None:
    before = [1000, 1001, 1002]
    assert ended([*before, *list(range(period)) * (200 // period + 3)]) == len(before) + after


@pytest.mark.parametrize(
    "tokens",
    [
        [7] * 31,
        [*range(30), *range(30)],
        [token for n in range(60) for token in (1, 2, 3, 1000 + n)],
        list(range(65)) * 4,
        [],
    ],
    ids=["a ruler", "said twice", "a list", "longer than is looked for", "nothing"],
)
def test_what_people_write_is_none(tokens: list[int]) -> None:
    assert ended(tokens) is None


@given(st.lists(st.integers(0, 3), max_size=150))
def test_the_running_count_is_the_plain_definition(tokens: list[int]) -> None:
    def loops(said: list[int]) -> bool:
        for period in range(1, 65):
            again = 0
            while again + period < len(said) and said[-1 - again] == said[-1 - again - period]:
                again += 1
            if again >= 2 * period and again + period >= 32:
                return True
        return False

    plain = next((n for n in range(1, len(tokens) + 1) if loops(tokens[:n])), None)
    assert ended(tokens) == plain


def test_an_answer_that_goes_round_in_circles_is_stopped_with_what_was_said(tmp_path: Path, folder: Path) -> None:
    words = spoken(folder, "yes we talked")
    with chain(tmp_path, [*words, words[0]]) as runtime:
        said = runtime.answer(ASK, max_tokens=200)
    assert said.startswith("yes we talked yes we talked") and len(said.split()) == 32


def test_a_real_model_loops_and_is_stopped() -> None:
    with Runtime(smollm(), context=512, threads=1) as runtime:
        said = runtime.answer([Message("user", "What is the capital of France?")], max_tokens=256)
        tokens = runtime.encode(said)
    assert 0 < len(tokens) < 250
    assert ended([*tokens, *tokens[-32:]]) is not None
