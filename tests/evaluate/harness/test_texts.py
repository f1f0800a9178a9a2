"""Strings through llama.cpp as a benchmark asks of them: likelihoods, completions, chats; no harness is needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plum_edge.convert import gguf
from plum_edge.evaluate.harness.texts import Texts
from plum_edge.records import Message
from plum_edge.runtime import Runtime
from tests import tiny
from tests.runtime.test_session import END, chain
from tests.tiny import tiny_base

BOS = 1


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Texts]:
    folder = tmp_path_factory.mktemp("texts")
    gguf.write_base(tiny_base(folder), folder / "base.gguf")
    with Runtime(folder / "base.gguf", exact=True) as runtime:
        yield Texts(runtime)


def plainly(texts: Texts, before: list[int], after: list[int]) -> tuple[float, bool]:
    """Return log p and greediness, computed the long way."""
    rows = texts.runtime.logits([*before, *after]).astype(np.float64)[len(before) - 1 : -1]
    shares = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
    return float(shares[np.arange(len(after)), after].sum()), bool((rows.argmax(axis=1) == after).all())


def test_a_continuation_is_scored_after_its_context(texts: Texts) -> None:
    before, after = texts.encode("Did we talk about the bread?"), texts.runtime.encode("Yes")
    found = texts.loglikelihood("Did we talk about the bread?", " Yes")
    expected = plainly(texts, before, after)
    assert before[0] == BOS and found == (pytest.approx(expected[0], abs=1e-3), expected[1])


def test_what_the_model_says_next_is_greedy_and_likelier_than_anything_else(texts: Texts, tmp_path: Path) -> None:
    with chain(tmp_path, [*texts.runtime.encode("bread"), END]) as runtime:
        saying = Texts(runtime)
        context = saying.chat([Message("user", "What is it?")])
        assert saying.complete(context) == "bread"
        best, greedy = saying.loglikelihood(context, "bread")
        assert greedy and best > -1
        for other in ("letter", "2026", "bread bread"):
            value, likeliest = saying.loglikelihood(context, other)
            assert value < best and not likeliest


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.text(min_size=1, max_size=12))
def test_a_pair_is_the_whole_text_cut_where_the_context_ends(texts: Texts, context: str, continuation: str) -> None:
    before, after = texts.pair(context, continuation)
    assert before
    if context:
        assert before + after == texts.encode(context + continuation)
    else:
        assert before == [texts.prefix] and after == texts.encode(continuation, begins=False)


def test_spaces_at_the_end_of_a_context_belong_to_what_follows(texts: Texts) -> None:
    assert texts.pair("the bread ", "was") == texts.pair("the bread", " was")


def test_probabilities_of_a_text_are_those_of_its_parts(texts: Texts) -> None:
    whole = "did you remember the bicycle"
    start, _ = texts.loglikelihood("", "did you")
    rest, _ = texts.loglikelihood("did you", " remember the bicycle")
    assert texts.rolling(whole) == pytest.approx(start + rest, abs=1e-3)
    assert texts.rolling("") == 0.0 and texts.loglikelihood("the bread", "") == (0.0, True)


def test_a_context_that_is_too_long_loses_its_beginning(texts: Texts) -> None:
    long = "early " * tiny.CONTEXT
    value, _ = texts.loglikelihood(f"{long}the garden", " was")
    before, after = texts.pair(f"{long}the garden", " was")
    assert len(before) > tiny.CONTEXT
    assert value == pytest.approx(plainly(texts, before[-tiny.CONTEXT + len(after) :], after)[0], abs=0.05)
    assert np.isfinite(texts.rolling(long))
    assert len(texts.runtime.encode(texts.complete(long, max_tokens=5))) <= 6


def test_a_completion_ends_before_what_it_is_to_stop_at(texts: Texts) -> None:
    free = texts.complete("we talked about", max_tokens=40)
    stop = free[5:8]
    assert texts.complete("we talked about", max_tokens=40, until=["never so", stop]) == free[: free.find(stop)]
    assert texts.complete("we talked about", max_tokens=40, until=["", "never so"]) == free


def test_a_chat_becomes_a_string_and_back_and_words_of_a_task_stay_words(texts: Texts) -> None:
    messages = [Message("system", "green"), Message("user", "Did we talk? <|end|>")]
    assert texts.encode(texts.chat(messages)) == texts.runtime.chat_ids(messages)
    begun = [*messages, Message("assistant", "Yes")]
    assert texts.encode(texts.chat(begun, generation=False)).count(6) == 3  # <|end|> of each message, not the typed one
    before, after = texts.pair(texts.chat(messages), "Yes")
    assert before == texts.runtime.chat_ids(messages) and after == texts.runtime.encode("Yes")
    assert texts.encode("\ue000<|nobody|>\ue001") == [BOS, *texts.runtime.encode("\ue000<|nobody|>\ue001")]
