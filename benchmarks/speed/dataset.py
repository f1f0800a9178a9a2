"""What all trainers are given: a base as a folder in f32, batches of real pairs, and LoRA weights to start from.

    folder/      config.json, model.safetensors
    start.safetensors   LoRA weights under PEFT's names: A uniform, B zero
    batches.json [[{"ids", "prompt"}, …], …]: a row's tokens, and how many of them are the question

Learned is the answer alone (TRL: ``completion_only_loss``; mlx-lm: ``mask_prompt``), so that all compute one loss.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed import homes
from plum_edge.backends.base import initial_state
from plum_edge.convert.weights import Weights, open_weights
from plum_edge.records import Example
from plum_edge.templates.tokens import ChatTokenizer

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
RANK, ALPHA = 16, 32.0
ROWS = 16
"""Pairs in a batch."""
BATCHES = 4
"""Different batches; then they come again."""


def prepare(scratch: str, base: str) -> int:
    """Write all of it; return the tokens of a batch, the mean over the batches."""
    from safetensors.numpy import save_file

    place = Path(scratch)
    with homes.make(place / "home", base, 12) as memory:
        weights = open_weights(memory.base.weights)
        _write_base(place / "folder", weights)
        examples = _pairs(memory)
    batches = [[{"ids": e.ids, "prompt": e.prompt} for e in batch] for batch in examples]
    save_file(initial_state(_shapes(weights), 0), place / "start.safetensors")
    (place / "batches.json").write_text(json.dumps(batches), encoding="utf-8")
    return round(sum(len(e.ids) for batch in examples for e in batch) / len(examples))


def batches(place: Path) -> list[list[Example]]:
    """Return the batches as our trainer takes them."""
    kept: list[list[dict[str, Any]]] = json.loads((place / "batches.json").read_text(encoding="utf-8"))
    return [[_example(row["ids"], row["prompt"]) for row in batch] for batch in kept]


def _example(ids: list[int], prompt: int) -> Example:
    return Example(tuple(ids), bytes([0] * prompt + [2] * (len(ids) - prompt)), prompt)


def _pairs(memory: Any) -> list[list[Example]]:
    """Return pairs of conversations, drawn by turns, so that a batch has what a batch of the product has."""
    from plum_edge.train.fold import Fold

    fold = Fold(memory.home, memory.store, memory.config, memory.base)
    pairs = [pair for segment in memory.store.log.plan() for pair in fold.augment(segment) if pair.split == "train"]
    order = np.random.default_rng(0).permutation(len(pairs))[: ROWS * BATCHES]
    tokenizer = ChatTokenizer(memory.base.folder, memory.base.chat_template, memory.config.template)
    examples = [tokenizer.pair(pairs[n], limit=memory.base.context) for n in order]
    return [examples[n : n + ROWS] for n in range(0, len(examples), ROWS)]


def _write_base(folder: Path, weights: Weights) -> None:
    from safetensors.numpy import save_file

    folder.mkdir()
    config = {"architectures": ["LlamaForCausalLM"], "torch_dtype": "float32", **weights.config}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    held = {name: np.ascontiguousarray(weights.read(name)) for name in weights.shapes}
    save_file(held, folder / "model.safetensors", metadata={"format": "pt"})


def _shapes(weights: Weights) -> dict[str, tuple[int, int]]:
    found = {}
    for name, shape in weights.shapes.items():
        module = name.removesuffix(".weight")
        if module.rpartition(".")[-1] in TARGETS:
            found[f"base_model.model.{module}.lora_A.weight"] = (RANK, shape[1])
            found[f"base_model.model.{module}.lora_B.weight"] = (shape[0], RANK)
    return found
