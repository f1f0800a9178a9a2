"""Answers that were written side by side are those written one by one, and cost nothing when taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from plum_edge.records import Message
from plum_edge.runtime import Runtime, Sampling
from tests.runtime.test_session import ASK, folder
from tests.runtime.test_side_by_side import QUESTIONS, runtime

__all__ = ["folder", "runtime"]

TOKENS = 12
LONG = [Message("system", "bread and the tap " * 20), *ASK]
ASKED = [*QUESTIONS[:40], ASK, ASK, LONG]
"""More than are written at once, one of them twice, and one that is long."""


def alone(runtime: Runtime) -> list[tuple[str, str, float]]:
    return [(runtime.answer(one, max_tokens=TOKENS), *runtime.opening(one, TOKENS // 2)) for one in ASKED]


def test_answers_written_ahead_are_those_written_one_by_one(runtime: Runtime) -> None:
    wanted = alone(runtime)
    assert len({answer for answer, _, _ in wanted}) > 10, "the answers must differ, or the order could be any"
    runtime.read_ahead(ASKED, TOKENS)
    before = runtime._engine.evaluated
    found = alone(runtime)
    assert runtime._engine.evaluated == before
    assert [one[:2] for one in found] == [one[:2] for one in wanted]
    assert [loss for _, _, loss in found] == pytest.approx([loss for _, _, loss in wanted], abs=1e-4)


def test_what_goes_further_than_was_written_is_computed(runtime: Runtime) -> None:
    whole = [runtime.answer(one, max_tokens=2 * TOKENS) for one in ASKED[:5]]
    runtime.read_ahead(ASKED[:5], TOKENS)
    assert [runtime.answer(one, max_tokens=2 * TOKENS) for one in ASKED[:5]] == whole


def test_another_adapter_or_an_empty_cache_forgets_what_was_written(folder: Path) -> None:
    with Runtime(folder / "base.gguf", exact=True) as runtime:
        for change in (lambda: runtime.use(folder / "1.gguf"), runtime.empty):
            runtime.read_ahead(ASKED, TOKENS)
            change()
            before = runtime._engine.evaluated
            after = runtime.answer(ASK, max_tokens=TOKENS)
            assert runtime._engine.evaluated > before
            runtime.empty()
            assert runtime.answer(ASK, max_tokens=TOKENS) == after


def test_an_answer_that_is_drawn_or_decided_is_not_taken_from_there(runtime: Runtime) -> None:
    drawn, yes = Sampling(temperature=5.0, seed=3), runtime.answer(ASK, max_tokens=TOKENS, decided=True)
    by_chance = runtime.answer(ASK, max_tokens=TOKENS, sampling=drawn)
    runtime.read_ahead([ASK], TOKENS)
    assert by_chance != runtime.answer(ASK, max_tokens=TOKENS)
    assert runtime.answer(ASK, max_tokens=TOKENS, sampling=drawn) == by_chance
    assert runtime.answer(ASK, max_tokens=TOKENS, decided=True) == yes


def test_what_a_chat_has_in_the_cache_stays(runtime: Runtime) -> None:
    runtime.p_yes(LONG)
    cached = list(runtime._engine.cached)
    runtime.read_ahead(ASKED, TOKENS)
    assert runtime._engine.cached == cached


def test_a_prompt_without_room_for_an_answer_is_written_as_ever(runtime: Runtime) -> None:
    endless = [Message("user", "bread " * 5000), *ASK]
    alone = runtime.answer(endless, max_tokens=TOKENS)
    runtime.read_ahead([endless, ASK], runtime.context - 1)
    assert runtime.answer(endless, max_tokens=TOKENS) == alone
