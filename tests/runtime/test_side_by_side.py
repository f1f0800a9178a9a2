"""Many questions at once are answered as one by one, with and without an adapter, and disturb no chat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from plum_edge import bases
from plum_edge.convert import gguf
from plum_edge.convert.families import family
from plum_edge.convert.gguf_header import read
from plum_edge.paths import Home
from plum_edge.records import Message
from plum_edge.runtime import Runtime
from tests import tiny
from tests.runtime.test_session import ASK, SHORT, folder
from tests.smollm import smollm

__all__ = ["folder"]

THINGS = [
    "the tap", "the kitchen tap", "bread", "a letter from the doctor", "sourdough", "the sourdough starter", "choir",
    "the bicycle in the garden", "my neighbour's green window", "trains", "the holiday in April", "42", "naïve 🍞",
]  # fmt: skip
WORDS = ["Did we talk about {}?", "Did {} come up?", "Was there a conversation about {}?", "{}?"]
QUESTIONS = [[Message("user", form.format(thing))] for thing in THINGS for form in WORDS]


def differences(runtime: Runtime, prompts: list[list[Message]]) -> np.ndarray:
    """Return how far p(yes) asked at once is from p(yes) asked one by one, each from an empty cache."""
    runtime.empty()
    together = runtime.p_yes_many(prompts)
    alone = []
    for prompt in prompts:
        runtime.empty()
        alone.append(runtime.p_yes(prompt))
    assert np.ptp(alone) > 1e-4, "the questions must differ, or the order could be any"
    return np.abs(np.array(together) - np.array(alone))


@pytest.fixture(params=[None, "1.gguf"], ids=["base", "adapter"])
def runtime(folder: Path, request: pytest.FixtureRequest) -> Iterator[Runtime]:
    with Runtime(folder / "base.gguf", exact=True) as runtime:
        runtime.use(folder / request.param if request.param else None)
        yield runtime


def test_together_is_as_one_by_one(runtime: Runtime) -> None:
    long = [[Message("system", f"{'bread and the tap ' * n} {n}"), *ASK] for n in (1, 10, 25)]
    prompts = [*QUESTIONS, SHORT, *long, ASK, ASK]
    assert differences(runtime, prompts).max() < 1e-5
    assert runtime.p_yes_many([]) == []


def test_many_long_prompts_take_several_batches(runtime: Runtime) -> None:
    """Of 200 tokens each, with a beginning in common, more of them than there are branches."""
    prompts = [[Message("system", "bread and the kitchen tap " * 25), Message("user", f"{n} {n}?")] for n in range(40)]
    assert 100 < len(runtime.chat_ids(prompts[0])) <= tiny.CONTEXT
    assert differences(runtime, prompts).max() < 1e-5


def test_a_chat_keeps_what_is_in_the_cache(runtime: Runtime) -> None:
    whole = runtime.answer(SHORT, max_tokens=12)
    stream = runtime.stream(SHORT, max_tokens=12)
    said = [next(stream)]
    cached = list(runtime._engine.cached)
    p = runtime.p_yes_many(QUESTIONS)
    assert runtime._engine.cached == cached
    before = runtime._engine.evaluated
    said += list(stream)
    assert "".join(said) == whole
    assert runtime._engine.evaluated - before <= 12
    assert runtime.p_yes_many(QUESTIONS) == pytest.approx(p, abs=1e-5)


def test_what_prompts_begin_with_in_common_is_computed_once(runtime: Runtime) -> None:
    context = Message("system", "bread and the kitchen tap " * 20)
    prompts = [[context, Message("user", f"Did we talk about {thing}?")] for thing in THINGS]
    lengths = [len(runtime.chat_ids(prompt)) for prompt in prompts]
    before = runtime._engine.evaluated
    runtime.p_yes_many(prompts)
    spent = runtime._engine.evaluated - before
    assert spent < max(lengths) + 20 * len(prompts) < sum(lengths) / 3


def test_too_many_tokens_are_cut_as_for_one(runtime: Runtime) -> None:
    endless = [[Message("user", "bread " * 5000), *ASK], [Message("user", "bread " * 5000 + "tap?")], ASK]
    assert differences(runtime, endless).max() < 1e-5


def test_the_embedded_base_with_the_default_cache(tmp_path: Path) -> None:
    base = bases.base("plum-tiny", home := Home(tmp_path / "home"))
    state = {k: v * np.float32(0.2) for k, v in random_lora(base.folder).items()}
    adapter = tmp_path / "a.gguf"
    gguf.write_adapter(
        adapter, state, alpha=8.0, family=family(base.architecture), heads=base.heads, kv_heads=base.kv_heads
    )
    with Runtime(bases.gguf(base, home.create())) as runtime:
        for path in (None, adapter):
            runtime.use(path)
            assert differences(runtime, QUESTIONS).max() < 1e-3


def random_lora(folder: Path) -> dict[str, np.ndarray]:
    """Return an adapter of rank 4 for every linear layer of a folder's model."""
    rng = np.random.default_rng(3)
    state = {}
    for name, weight in safetensors.numpy.load_file(folder / "model.safetensors").items():
        if "_proj.weight" in name:
            stem, (rows, columns) = f"base_model.model.{name.removesuffix('.weight')}", weight.shape
            state[f"{stem}.lora_A.weight"] = rng.normal(size=(4, columns)).astype(np.float32) / columns**0.5
            state[f"{stem}.lora_B.weight"] = rng.normal(size=(rows, 4)).astype(np.float32) * 0.1
    return state


def test_a_real_model_in_four_bits(tmp_path: Path) -> None:
    base = read(path := smollm())
    with Runtime(path, context=512, threads=1) as runtime:
        for adapter in (None, write_adapter(tmp_path / "a.gguf", base)):
            runtime.use(adapter)
            assert differences(runtime, QUESTIONS[:5]).max() < 1e-3


def write_adapter(path: Path, base: object) -> Path:
    """Write an adapter of rank 4 for the queries and the feed-forward of a base, straight as GGUF."""
    import gguf as library

    rng = np.random.default_rng(5)
    writer = library.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 4.0)
    for name, tensor in base.tensors.items():  # type: ignore[attr-defined]
        if name.endswith(("attn_q.weight", "ffn_up.weight")):
            rows, columns = tensor.shape
            writer.add_tensor(f"{name}.lora_a", rng.normal(size=(4, columns)).astype(np.float32) / columns**0.5)
            writer.add_tensor(f"{name}.lora_b", rng.normal(size=(rows, 4)).astype(np.float32) * 0.05)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
