"""Output that keeps to a schema, on real llama.cpp with a random model: it would never write JSON by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from plum_edge.convert import gguf
from plum_edge.records import Message
from plum_edge.runtime import GREEDY, Runtime, Sampling
from tests.tiny import tiny_base

CHOICE = {
    "type": "object",
    "properties": {"kind": {"enum": ["open", "closed"]}, "said": {"type": "boolean"}},
    "required": ["kind", "said"],
    "additionalProperties": False,
}
FREE = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
ASK = [Message("user", "Did we talk about the sourdough starter?")]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    folder = tmp_path_factory.mktemp("grammar")
    gguf.write_base(tiny_base(folder), folder / "base.gguf")
    with Runtime(folder / "base.gguf") as runtime:
        yield runtime


def test_a_random_model_writes_what_the_schema_asks_for(runtime: Runtime) -> None:
    wanted = json.loads(runtime.write(ASK, CHOICE, max_tokens=100))
    assert wanted["kind"] in ("open", "closed") and isinstance(wanted["said"], bool) and len(wanted) == 2


def test_the_same_prompt_gives_the_same_text(runtime: Runtime) -> None:
    texts = []
    for _ in range(2):
        runtime.empty()
        texts.append(runtime.write(ASK, FREE, max_tokens=30))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_drawn_text_keeps_to_the_schema_and_is_the_same_for_one_seed(runtime: Runtime, penalty: float) -> None:
    texts = []
    for seed in (1, 2, 3, 1):
        runtime.empty()
        drawn = Sampling(1.5, top_p=0.95, repetition_penalty=penalty, seed=seed)
        texts.append(runtime.write(ASK, CHOICE, max_tokens=150, sampling=drawn))
    assert texts[0] == texts[3] and len(set(texts)) > 1
    assert all(set(json.loads(text)) == {"kind", "said"} for text in texts)


def test_it_breaks_off_after_so_many_tokens_and_when_stopped(runtime: Runtime) -> None:
    short = runtime.write(ASK, FREE, max_tokens=3)
    assert 0 < len(runtime.encode(short)) <= 8
    assert runtime.write(ASK, FREE, max_tokens=30, stopped=lambda: True) == ""


@pytest.mark.parametrize("banned", [False, True])
def test_a_control_token_is_text_unless_it_is_banned(runtime: Runtime, banned: bool) -> None:
    """A string of the schema could hold ``<|assistant|>``; as a token it would begin another turn."""
    control = runtime.ids(runtime.parts(ASK))[-1]
    engine = runtime._engine
    with engine.grammar(FREE, [control] if banned else []) as grammar, engine.sampler(GREEDY) as greedy:
        for token in runtime.encode('{"text":"a'):
            grammar.accept(grammar.choose(peak(runtime, token), greedy))
        assert (grammar.choose(peak(runtime, control), greedy) == control) is not banned


def peak(runtime: Runtime, token: int) -> np.ndarray:
    """Return logits that want this token."""
    row = np.zeros(len(runtime._tokens), dtype=np.float32)
    row[token] = 100.0
    return row
