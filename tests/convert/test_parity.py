"""llama.cpp against mlx-lm on the same f32 weights: the base, an adapter, and proof that the check can fail."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plum_edge.convert import gguf, verify
from plum_edge.convert.families import family
from plum_edge.runtime import Runtime
from tests import tiny
from tests.tiny import HEADS, KV_HEADS, random_lora, tiny_base

BOUND = 1e-4
RANK, ALPHA = 4, 8.0
LLAMA = family("llama")
PROMPTS = [[1, 4, 300, 301, 302, 6, 5], list(range(7, 207)), [1, *range(590, 400, -3)]]
State = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Case:
    """A base on disk in both forms, and two adapters for it."""

    base: Path
    gguf: Path
    states: tuple[State, State]
    adapters: tuple[Path, Path]


@pytest.fixture(scope="module", params=[True, False], ids=["tied", "untied"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("parity")
    base = tiny_base(folder, seed=3, tied=request.param)
    gguf.write_base(base, folder / "base.gguf")
    states = random_lora(base, RANK, 1), random_lora(base, RANK, 2)
    adapters = folder / "1.gguf", folder / "2.gguf"
    for path, state in zip(adapters, states, strict=True):
        write(path, state)
    return Case(base, folder / "base.gguf", states, adapters)


@pytest.fixture
def runtime(case: Case) -> Iterator[Runtime]:
    with Runtime(case.gguf, exact=True) as runtime:
        yield runtime


def write(path: Path, state: State, kind: Any = LLAMA) -> Path:
    gguf.write_adapter(path, state, alpha=ALPHA, family=kind, heads=HEADS, kv_heads=KV_HEADS)
    return path


def trainer(base: Path, state: State | None, scale: float = ALPHA / RANK) -> Callable[[list[int]], np.ndarray]:
    """Return logits of mlx-lm's own model, with its own LoRA layers set from the state."""
    import mlx.core as mx
    from mlx_lm.tuner.lora import LoRALinear
    from mlx_lm.utils import load_model

    model, _ = load_model(base)
    for n, layer in enumerate(model.layers if state else []):
        for name in tiny.TARGETS:
            block, linear = name.split(".")
            parent = getattr(layer, block)
            lora = LoRALinear.from_base(getattr(parent, linear), r=RANK, scale=scale)
            prefix = f"base_model.model.model.layers.{n}.{name}"
            lora.lora_a = mx.array(np.ascontiguousarray(state[f"{prefix}.lora_A.weight"].T))
            lora.lora_b = mx.array(np.ascontiguousarray(state[f"{prefix}.lora_B.weight"].T))
            setattr(parent, linear, lora)
    model.eval()
    return lambda ids: np.array(model(mx.array([ids]))[0])


def difference(runtime: Runtime, logits: Callable[[list[int]], np.ndarray]) -> float:
    return max(float(np.abs(runtime.logits(ids) - logits(ids)).max()) for ids in PROMPTS)


def test_the_base_computes_the_same(case: Case, runtime: Runtime) -> None:
    assert difference(runtime, trainer(case.base, None)) < BOUND


def test_the_adapter_computes_the_same_and_changes_what_is_computed(case: Case, runtime: Runtime) -> None:
    logits = trainer(case.base, case.states[0])
    bare = np.concatenate([runtime.logits(ids) for ids in PROMPTS])
    runtime.use(case.adapters[0])
    candidate = np.concatenate([runtime.logits(ids) for ids in PROMPTS])
    parity = verify.logit_report(np.concatenate([logits(ids) for ids in PROMPTS]), candidate, bare)
    verify.require(0.0, parity, bound=BOUND)
    assert parity.effect > 1.0


def test_without_the_permutation_it_does_not(case: Case, runtime: Runtime, tmp_path: Path) -> None:
    wrong = dataclasses.replace(LLAMA, operations=tuple(o for o in LLAMA.operations if o.use != "permute_qk"))
    runtime.use(write(tmp_path / "wrong.gguf", case.states[0], wrong))
    assert difference(runtime, trainer(case.base, case.states[0])) > 1000 * BOUND


def test_hot_swap_half_scale_and_removal(case: Case, runtime: Runtime) -> None:
    first, second = (trainer(case.base, state) for state in case.states)
    runtime.use(case.adapters[0])
    assert difference(runtime, first) < BOUND
    runtime.use(case.adapters[1])
    assert difference(runtime, second) < BOUND
    runtime.use(case.adapters[0], scale=0.5)
    assert difference(runtime, trainer(case.base, case.states[0], scale=0.5 * ALPHA / RANK)) < BOUND
    runtime.use(None)
    assert difference(runtime, trainer(case.base, None)) < BOUND


def test_an_f16_adapter_is_near(case: Case, runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "h.gguf"
    gguf.write_adapter(path, case.states[0], alpha=ALPHA, family=LLAMA, heads=HEADS, kv_heads=KV_HEADS, dtype="f16")
    runtime.use(path)
    assert BOUND < difference(runtime, trainer(case.base, case.states[0])) < 0.5


def test_many_swaps_and_models_free_what_they_took(case: Case) -> None:
    for _ in range(5):
        with Runtime(case.gguf) as runtime:
            for path in case.adapters * 5:
                runtime.use(path)
                runtime.logits(PROMPTS[0])
        gc.collect()
