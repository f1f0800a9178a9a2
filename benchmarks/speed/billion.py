"""Table: a base of the shape of Llama 3.2 1B, with random weights: whether it trains in 8 GiB, and how long it takes.

The weights are made on the spot and thrown away. How the base is held is what the product reckons for a machine of 8
GiB. What is measured is optimizer steps of the product's own batch; a conversation is so many of them.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.apart import NotMeasured, once, peak
from benchmarks.speed.bench import Bench
from benchmarks.speed.dataset import ALPHA, RANK, TARGETS
from benchmarks.speed.table import ABSENT, Table, number, verdict
from plum_edge.config import Train

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 16,
    "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 8192,
    "vocab_size": 128256, "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
    "tie_word_embeddings": True, "hidden_act": "silu", "torch_dtype": "bfloat16",
}  # fmt: skip
_GIB = 2**30
_LIMIT = 8 * _GIB
_PAIRS = 27
_LENGTH, _TEMPLATE, _ANSWER = 48, 8, 16
"""Tokens of a row, of what all rows begin with, and of the answer, as pairs of the product have."""
_QUICK_LAYERS = 2


def billion(bench: Bench) -> Iterable[Table]:
    """Yield the table."""
    config = CONFIG | ({"num_hidden_layers": _QUICK_LAYERS} if bench.quick else {})
    yield of_shape(bench, config, "A base of a billion parameters, in 8 GiB", 2 if bench.quick else 4)


def of_shape(bench: Bench, config: dict[str, Any], title: str, steps: int) -> Table:
    """Return the table of a base of a config.json, by so many counted steps."""
    header = (
        "parameters",
        "held",
        "rows at once",
        "s a step",
        "processor s",
        "steps a conversation",
        "s a conversation",
        "peak GiB",
    )
    bench.say("making random weights")
    folder = bench.scratch / "base"
    try:
        millions = once("benchmarks.speed.billion:make", str(folder), config) / 1e6
        bench.say(f"training a base of {millions:,.0f} M parameters")
        found = once("benchmarks.speed.billion:train", str(folder), steps, bench.threads)
    except NotMeasured as why:
        return Table(title, header, [[f"not measured: {why}", *[ABSENT] * 7]])
    conversation = found["seconds"] * steps_of_a_conversation()
    row = [
        f"{millions:,.0f} M, {config['num_hidden_layers']} layers", found["held"], found["rows"],
        *(number(found[name], 2) for name in ("seconds", "processor")), str(steps_of_a_conversation()),
        number(conversation), number(found["peak"], 2),
    ]  # fmt: skip
    train = Train()
    notes = [
        f"Random weights of Llama 3.2 1B's shape, {bench.threads} threads, LoRA of rank {RANK} on all seven linear "
        f"layers. A step is {train.batch} rows of {_LENGTH} tokens; peak of the whole process, the base's loading "
        f"in it: {verdict(found['peak'], 8, at_most=True)} GiB.",
        f"A conversation of {_PAIRS} pairs, reckoned: with earlier pairs, general samples and sampled negatives, "
        f"{train.epochs} epochs of {_rows_of_an_epoch()} rows.",
    ]
    if bench.quick:
        notes.append(f"A quick run: {_QUICK_LAYERS} of its 16 layers.")
    return Table(title, header, [row], notes)


def _rows_of_an_epoch() -> int:
    train = Train()
    return round(_PAIRS * (1 + train.replay + train.general + train.sampled_negatives))


def steps_of_a_conversation() -> int:
    """Return the optimizer steps that the default recipe takes for a conversation of 27 pairs in a long log."""
    return Train().epochs * math.ceil(_rows_of_an_epoch() / Train().batch)


def make(place: str, config: dict[str, Any]) -> int:
    """Write a folder with random weights in bf16, a file a layer; return their number."""
    folder = Path(place)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    block = np.random.default_rng(0).standard_normal(1_000_003, dtype=np.float32) * np.float32(0.02)
    count = 0
    where: dict[str, str] = {}
    parts = list(_parts(config))
    for n, shapes in enumerate(parts, 1):
        name = f"model-{n:05d}-of-{len(parts):05d}.safetensors"
        _write(folder / name, shapes, block)
        where |= dict.fromkeys(shapes, name)
        count += sum(math.prod(shape) for shape in shapes.values())
    index = {"metadata": {"total_size": 2 * count}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return count


def _parts(config: dict[str, Any]) -> Iterator[dict[str, tuple[int, ...]]]:
    """Yield name → shape of the tensors of each file."""
    from plum_edge.backends import dense

    described = dense.of_config(config)
    shapes = dense.tensors(described, {})
    layers = [f"model.layers.{n}." for n in range(described.layers)]
    yield {name: shape for name, shape in shapes.items() if ".layers." not in name}
    for layer in layers:
        yield {name: shape for name, shape in shapes.items() if name.startswith(layer)}


def _write(path: Path, shapes: dict[str, tuple[int, ...]], block: np.ndarray) -> None:
    """Write tensors of a block of random f32, again and again, as safetensors of bf16: the upper halves of f32."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, shape in shapes.items():
        size = 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    told = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(told).to_bytes(8, "little") + told)
        for name, shape in shapes.items():
            some = np.ones(1, np.float32) if name.endswith("norm.weight") else block
            file.write(np.resize((some.view(np.uint32) >> np.uint32(16)).astype("<u2"), shape).tobytes())


def train(place: str, steps: int, threads: int) -> dict[str, Any]:
    """Train as on a machine of 8 GiB; return the median seconds of a step and the most memory, in GiB."""
    from plum_edge.backends import memory, pick
    from plum_edge.backends.base import LoraSpec, Weights, collate, initial_state
    from plum_edge.backends.torch_trainer import trainer as open_trainer
    from plum_edge.convert.weights import open_weights
    from plum_edge.records import Example

    settings, weights, spec = Train(), open_weights(Path(place)), LoraSpec(RANK, ALPHA, TARGETS)
    here = replace(pick.machine(pick.choose("torch")), total=_LIMIT, free=_LIMIT)
    plan, _ = memory.plan(here, weights.config, spec, name="1B", rows=settings.batch, quantise="none")
    trainer: Any = open_trainer(weights, spec, threads, plan)
    trainer.load(initial_state(trainer.shapes(), 0))
    random = np.random.default_rng(1)
    shared = tuple(random.integers(10, int(weights.config["vocab_size"]), _TEMPLATE).tolist())
    roles, prompt = bytes([0] * (_LENGTH - _ANSWER) + [2] * _ANSWER), _LENGTH - _ANSWER
    taken = []
    for turn in range(1 + steps):
        rows = random.integers(10, int(weights.config["vocab_size"]), (settings.batch, _LENGTH - _TEMPLATE)).tolist()
        batch = collate([Example((*shared, *row), roles, prompt) for row in rows], Weights(0.0, 0.0, 1.0))
        began, worked = time.perf_counter(), time.process_time()
        trainer.step(batch, 1e-4, 1.0)
        if turn:
            taken.append((time.perf_counter() - began, time.process_time() - worked))
    seconds, processor = np.median(taken, axis=0).tolist()
    held, rows = f"{trainer.versions()['held']} ({trainer.versions()['device']})", str(plan.rows or settings.batch)
    return {"held": held, "rows": rows, "seconds": seconds, "processor": processor, "peak": peak() * 1e6 / _GIB}
