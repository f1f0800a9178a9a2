"""Losses of a text, on real llama.cpp: against logits computed from an empty cache, in windows, after any prefix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from plum_edge.convert import gguf
from plum_edge.runtime import Runtime
from plum_edge.runtime.likelihood import losses, rolling
from tests import tiny
from tests.tiny import tiny_base


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    folder = tmp_path_factory.mktemp("likelihood")
    gguf.write_base(tiny_base(folder), folder / "base.gguf")
    with Runtime(folder / "base.gguf", exact=True) as opened:
        yield opened


def ids(seed: int, count: int) -> list[int]:
    return [int(token) for token in np.random.default_rng(seed).integers(7, tiny.VOCABULARY, count)]


def plainly(runtime: Runtime, tokens: list[int], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the same losses, computed the long way."""
    rows = runtime.logits(tokens).astype(np.float64)[len(tokens) - count - 1 : -1]
    shares = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    targets = tokens[-count:]
    return -np.log(shares[np.arange(count), targets]), rows.argmax(axis=1) == targets


@pytest.mark.parametrize(("length", "count"), [(2, 1), (12, 3), (12, 11), (tiny.CONTEXT, tiny.CONTEXT - 1)])
def test_losses_are_those_of_the_logits(runtime: Runtime, length: int, count: int) -> None:
    tokens = ids(length, length)
    lost, greedy = losses(runtime, tokens, count)
    expected, likeliest = plainly(runtime, tokens, count)
    assert lost == pytest.approx(expected, abs=1e-4) and (greedy == likeliest).all()


def test_the_token_that_the_model_would_say_is_greedy_and_others_are_not(runtime: Runtime) -> None:
    prompt = ids(1, 9)
    best = int(runtime.logits(prompt)[-1].argmax())
    assert losses(runtime, [*prompt, best], 1)[1].tolist() == [True]
    assert losses(runtime, [*prompt, best - 1], 1)[1].tolist() == [False]


def test_what_is_in_the_cache_does_not_change_the_result(runtime: Runtime) -> None:
    context = ids(2, 30)
    endings = [ids(3, 4), ids(4, 9), context[:2], ids(3, 4)]
    for ending in endings:  # each finds the cache as the one before left it
        lost, _ = losses(runtime, [*context, *ending], len(ending))
        assert lost == pytest.approx(plainly(runtime, [*context, *ending], len(ending))[0], abs=1e-4)
    assert runtime.tail(context, 3) == pytest.approx(runtime.logits(context)[-3:], abs=1e-4)


def one(runtime: Runtime, before: list[int], token: int) -> float:
    row = runtime.logits(before)[-1].astype(np.float64)
    return float(np.log(np.exp(row).sum()) - row[token])


@pytest.mark.parametrize("length", [1, 2, tiny.CONTEXT - 1, tiny.CONTEXT, tiny.CONTEXT + 1, 2 * tiny.CONTEXT + 7])
def test_a_text_of_any_length_is_predicted_once_with_as_much_before_it_as_fits(runtime: Runtime, length: int) -> None:
    tokens, room = ids(length, length), tiny.CONTEXT
    found, whole = rolling(runtime, tokens, before=1), [1, *tokens]
    assert found.shape == (length,)
    assert found[0] == pytest.approx(one(runtime, [1], tokens[0]), abs=1e-4)
    assert found[-1] == pytest.approx(one(runtime, whole[:-1][-room:], tokens[-1]), abs=1e-4)
    if (
        length > room
    ):  # a full window ends here; the next begins with its last token, or as early as the text's end allows
        begin = min(room, length - room)
        assert found[room] == pytest.approx(one(runtime, whole[begin : room + 1], whole[room + 1]), abs=1e-4)


def test_nothing_and_too_much_is_refused(runtime: Runtime) -> None:
    assert rolling(runtime, [], before=1).shape == (0,)
    for tokens, count in (([1], 1), ([1, 2], 0), (ids(0, tiny.CONTEXT + 2), 1)):
        with pytest.raises(ValueError, match="tokens"):
            losses(runtime, tokens, count)
    with pytest.raises(ValueError, match="tokens"):
        runtime.tail([1, 2], 3)
