"""The trainers that are compared, each in a process of its own: plum-edge, PEFT on transformers, mlx-lm's lora.

All take the same step: the same rows, rank and layers, mean cross entropy of the answers' tokens, AdamW without decay.
Of each library its own model, LoRA layers, loss and step are used, as its own training loop uses them.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import openblas
from benchmarks.speed import dataset
from benchmarks.speed.apart import Commands, NotMeasured, peak
from plum_edge.backends.base import LoraSpec, Weights, collate

if TYPE_CHECKING:  # it imports torch, whose memory is not mlx's
    from plum_edge.backends.torch_numbers import Precision

RATE, BETAS, EPSILON = 3e-4, (0.9, 0.99), 1e-8
_NO_CLIP = 1e9


def plum(place: str, threads: int, precision: Precision) -> Commands:
    """Our own trainer, as the product opens it; ``precision`` as in config.toml."""
    from plum_edge.backends import pick
    from plum_edge.convert.weights import open_weights

    base, spec = open_weights(Path(place) / "folder"), LoraSpec(dataset.RANK, dataset.ALPHA, dataset.TARGETS)
    trainer: Any = pick.make(pick.choose("auto"), base, spec, threads, precision=precision)
    trainer.load(_start(place))
    batches = [collate(rows, Weights(0.0, 0.0, 1.0)) for rows in dataset.batches(Path(place))]
    turns = cycle(batches)

    def told() -> dict[str, Any]:
        most, made = peak(), trainer.versions()  # before the products are measured, which take memory of their own
        numbers = {"held": made.get("held", ""), "on": made["device"]}
        return {"peak": most, "numbers": numbers, "bound": _products(trainer, batches)}

    return {"step": _timed(lambda: trainer.step(next(turns), RATE, _NO_CLIP)), "told": told}


def _products(trainer: Any, batches: list[Any]) -> float | None:
    """Return the seconds that a step's products by frozen weights take alone, at the rate measured for each shape.

    Of the tokens that our own decoder computes, forward and backward: what the machine's multiplier allows. None where
    another trainer is at work.
    """
    if not hasattr(trainer, "decoder"):
        return None
    from plum_edge.backends import torch_numbers
    from plum_edge.backends.torch_layout import pack

    dense, layouts = trainer.decoder.dense, [pack(batch) for batch in batches]
    tokens, learned = (
        round(sum(len(getattr(one, name)) for one in layouts) / len(layouts)) for name in ("ids", "learned")
    )

    def seconds(rows: int, inner: int, out: int) -> float:
        rate = torch_numbers.rate((rows, inner, out), trainer.numbers.dtype)
        return 2 * rows * inner * out / rate / 1e9

    layer = sum(seconds(tokens, i, o) + seconds(tokens, o, i) for o, i in dense.linears.values())
    head = seconds(learned, dense.hidden, dense.vocabulary) + seconds(learned, dense.vocabulary, dense.hidden)
    return float(dense.layers * layer + head)


def peft(place: str, threads: int, precision: str) -> Commands:
    """PEFT on transformers: its model and LoRA, transformers' loss; ``bf16`` is autocast, as TRL's ``bf16=True``."""
    torch, device = _torch(threads)
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(Path(place) / "folder", dtype=torch.float32).to(device)
    targets, scale = list(dataset.TARGETS), dataset.ALPHA
    model = get_peft_model(base, LoraConfig(r=dataset.RANK, lora_alpha=scale, target_modules=targets, lora_dropout=0.0))
    set_peft_model_state_dict(model, {name: torch.from_numpy(value) for name, value in _start(place).items()})
    model.train()
    trained = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, betas=BETAS, eps=EPSILON, weight_decay=0.0)
    turns = cycle([_padded(torch, rows, device) for rows in dataset.batches(Path(place))])

    def step() -> float:
        ids, attended, labels = next(turns)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = model(input_ids=ids, attention_mask=attended, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, _NO_CLIP)
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.item())

    return {"step": _timed(step), "told": lambda: {"peak": peak()}}


def _torch(threads: int) -> tuple[Any, str]:
    try:
        import torch

        importlib.import_module("transformers")
    except ImportError as error:
        raise NotMeasured(f"{error.name} is not installed") from error
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    return torch, "cuda" if torch.cuda.is_available() else "cpu"


def _padded(torch: Any, rows: list[Any], device: str) -> tuple[Any, Any, Any]:
    """Return ids, attention mask and labels (−100 where nothing is learned) as transformers' collators make them."""
    width = max(len(row.ids) for row in rows)
    ids, attended, labels = (np.full((len(rows), width), fill, dtype=np.int64) for fill in (0, 0, -100))
    for n, row in enumerate(rows):
        ids[n, : len(row.ids)] = row.ids
        attended[n, : len(row.ids)] = 1
        labels[n, row.prompt : len(row.ids)] = row.ids[row.prompt :]
    given = [torch.from_numpy(value).to(device) for value in (ids, attended, labels)]
    return given[0], given[1], given[2]


def mlx(place: str, threads: int) -> Commands:
    """mlx-lm's lora: its model, LoRA layers, loss, padding and compiled step; OpenBLAS is put under it on Linux."""
    from functools import partial

    if why := openblas.put_under_mlx(threads):
        raise NotMeasured(f"MLX would run without OpenBLAS here: {why}")
    import mlx.core as mx
    import mlx.nn as nn
    import mlx.optimizers as optim
    from mlx.utils import tree_unflatten
    from mlx_lm.tuner.trainer import default_loss
    from mlx_lm.tuner.utils import linear_to_lora_layers
    from mlx_lm.utils import load_model

    model, _ = load_model(Path(place) / "folder")
    model.freeze()
    keys = [f"{'self_attn' if name[0] in 'qkvo' else 'mlp'}.{name}" for name in dataset.TARGETS]
    settings = {"rank": dataset.RANK, "scale": dataset.ALPHA / dataset.RANK, "dropout": 0.0, "keys": keys}
    linear_to_lora_layers(model, len(model.layers), settings)
    model.update(tree_unflatten([(_mlx_name(name), mx.array(value.T)) for name, value in _start(place).items()]))
    model.train()
    optimizer = optim.AdamW(RATE, betas=list(BETAS), eps=EPSILON, weight_decay=0.0, bias_correction=True)
    gradients = nn.value_and_grad(model, default_loss)
    state = [model.state, optimizer.state, mx.random.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def compiled(ids: Any, lengths: Any) -> Any:
        (loss, _), gradient = gradients(model, ids, lengths)
        optimizer.update(model, gradient)
        return loss

    turns = cycle([_in_steps_of_32(mx, rows) for rows in dataset.batches(Path(place))])

    def step() -> float:
        loss = compiled(*next(turns))
        mx.eval(state, loss)
        return float(loss.item())

    numbers = {"held": "f32", "on": _device(mx)}
    return {"step": _timed(step), "told": lambda: {"peak": peak(), "numbers": numbers}}


def _device(mx: Any) -> str:
    return "Metal" if mx.metal.is_available() else "openblas, no Metal here"


def _mlx_name(name: str) -> str:
    return (
        name.removeprefix("base_model.model.").replace(".lora_A.weight", ".lora_a").replace(".lora_B.weight", ".lora_b")
    )


def _in_steps_of_32(mx: Any, rows: list[Any]) -> tuple[Any, Any]:
    """Return ids and the first and last learned targets; mlx-lm pads to one more than a multiple of 32."""
    width = 1 + 32 * -(-max(len(row.ids) for row in rows) // 32)
    ids = np.zeros((len(rows), width), dtype=np.int32)
    for n, row in enumerate(rows):
        ids[n, : len(row.ids)] = row.ids
    return mx.array(ids), mx.array([[row.prompt, len(row.ids) - 1] for row in rows])


def _start(place: str) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    found: dict[str, np.ndarray] = load_file(Path(place) / "start.safetensors")
    return found


def _timed(step: Callable[[], float]) -> Callable[[], dict[str, float]]:
    """Return a step that tells its loss, its seconds, and the processor's seconds in all threads."""

    def taken() -> dict[str, float]:
        began, worked = time.perf_counter(), time.process_time()
        loss = step()
        return {"loss": loss, "seconds": time.perf_counter() - began, "processor": time.process_time() - worked}

    return taken
