"""Training on MLX: mlx-lm's model and LoRA layers, our loss and step.

The one home of `mlx` and `mlx_lm`. Float32 throughout on the CPU, where it is the fastest and gives the same bytes
each time; a base in 8 or 4 bits (QLoRA) where memory is short. On Linux its wheel multiplies with reference BLAS: there
torch is the trainer, and this one is correct but slow. Knows nothing of files, schedules or text.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from plum_edge.backends import memory, mlx_base, soft
from plum_edge.backends.base import Batch, LoraSpec, Soft, State, pieces
from plum_edge.backends.mlx_twice import compute_twice
from plum_edge.backends.threads import default_threads
from plum_edge.convert.weights import Weights, size_of

_PREFIX = "base_model.model."
_LORA = ("lora_a", "lora_b")
_BETAS = (0.9, 0.99)
_WHOLE = memory.Plan()
_SIZE = 768
"""Of the matrices whose product is measured."""


def machine() -> memory.Machine:
    """Return where MLX trains, and what memory is there."""
    import mlx.core as mx

    here = memory.main_memory("mlx")
    if not mx.metal.is_available():
        return here
    most = int(mx.device_info()["max_recommended_working_set_size"])
    return memory.Machine("mlx", "metal", min(here.total, most), min(here.free, most))


def rate(_threads: int) -> float:
    """Return the measured rate of f32 products, in GFLOP/s; MLX takes the threads that it takes."""
    import mlx.core as mx

    a = mx.ones((_SIZE, _SIZE))
    mx.eval(a @ a)
    began = time.perf_counter()
    mx.eval(a @ a)
    return 2 * _SIZE**3 / (time.perf_counter() - began) / 1e9


def trainer(weights: Weights, spec: LoraSpec, threads: int, plan: memory.Plan) -> MlxTrainer:
    """Load a base."""
    return MlxTrainer(weights, spec, threads, plan)


class MlxTrainer:
    """`Trainer` on MLX."""

    name = "mlx"

    def __init__(self, weights: Weights, spec: LoraSpec, threads: int = 0, plan: memory.Plan = _WHOLE) -> None:
        self._blas = "accelerate" if sys.platform == "darwin" else "reference"
        self.threads = (threads or default_threads(size_of(weights))) if self._blas == "accelerate" else 1
        import mlx.core as mx
        import mlx.nn as nn

        self._mx = mx
        self.spec, self.plan = spec, plan
        self._model = mlx_base.load(weights, plan)
        mx.eval(self._model.parameters())
        self.exact = plan.bits == 32 and mx.default_device().type == mx.DeviceType.cpu
        _add_lora(self._model, spec)
        if plan.checkpointing:
            compute_twice(self._model)
        self._model.train()
        self._hidden, self._head = _split(self._model)
        self._gradients = nn.value_and_grad(self._model, self._loss)
        self._fresh_optimizer()

    def versions(self) -> dict[str, str]:
        return {
            "mlx": importlib.metadata.version("mlx"),
            "mlx-lm": importlib.metadata.version("mlx-lm"),
            "blas": self._blas,
            "device": str(self._mx.default_device()),
            "held": str(self.plan),
            "machine": platform.machine(),
        }

    def shapes(self) -> dict[str, tuple[int, int]]:
        return {name: (value.shape[0], value.shape[1]) for name, value in self.state().items()}

    def load(self, state: Mapping[str, np.ndarray]) -> None:
        self._set(state)
        self._fresh_optimizer()

    def state(self) -> State:
        lora = [(k, v) for k, v in self._flat(self._model.parameters()) if k.rpartition(".")[-1] in _LORA]
        return {_peft_name(k): _to_numpy(v).T.copy() for k, v in lora}

    def optimizer_state(self) -> State:
        return {k: _to_numpy(v).copy() for k, v in self._flat(self._optimizer.state)}

    def resume(self, state: Mapping[str, np.ndarray], optimizer: Mapping[str, np.ndarray]) -> None:
        from mlx.utils import tree_unflatten

        self._set(state)
        self._fresh_optimizer()
        self._optimizer.state = tree_unflatten([(k, self._mx.array(v)) for k, v in optimizer.items()])

    def step(self, batch: Batch, learning_rate: float, clip: float) -> float:
        import mlx.optimizers as optim

        loss, gradients = self._backward(batch)
        gradients, _ = optim.clip_grad_norm(gradients, clip)
        self._optimizer.learning_rate = learning_rate
        self._optimizer.update(self._model, gradients)
        self._mx.eval(self._model.trainable_parameters(), self._optimizer.state, loss)
        return float(loss.item())

    def loss(self, batch: Batch) -> float:
        return sum(float(self._loss(*self._arrays(piece)).item()) for piece in pieces(batch, self.plan.rows))

    def gradient(self, batch: Batch) -> State:
        _, gradients = self._backward(batch)
        return {_peft_name(k): _to_numpy(v).T.copy() for k, v in self._flat(gradients)}

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        return _to_numpy(self._model(self._mx.array(list(ids))[None])[0].astype(self._mx.float32)).copy()

    def teach(self, ids: Sequence[int], places: Sequence[int], k: int) -> Soft:
        with self._adapter_off():
            return soft.likeliest(self.logits(ids), places, k)

    def speak(self, ids: Sequence[int], most: int, end: int) -> list[int]:
        from mlx_lm.models.cache import make_prompt_cache

        said: list[int] = []
        with self._adapter_off():
            cache, given = make_prompt_cache(self._model), list(ids)
            while len(said) < most and said[-1:] != [end]:
                row = self._model(self._mx.array(given)[None], cache=cache)[0, -1]
                said.append(int(_to_numpy(self._mx.argmax(row))))
                given = said[-1:]
        return said

    @contextlib.contextmanager
    def _adapter_off(self) -> Iterator[None]:
        layers = [module for module in self._model.modules() if hasattr(module, "lora_a")]
        try:
            for layer in layers:
                layer.scale = 0.0
            yield
        finally:
            for layer in layers:
                layer.scale = self.spec.scale

    def _backward(self, batch: Batch) -> tuple[Any, Any]:
        """Return the loss and its gradients, piece by piece where memory is short."""
        from mlx.utils import tree_map

        first, *others = pieces(batch, self.plan.rows)
        loss, gradients = self._gradients(*self._arrays(first))
        for piece in others:
            self._mx.eval(loss, gradients)
            more, step = self._gradients(*self._arrays(piece))
            loss, gradients = loss + more, tree_map(self._mx.add, gradients, step)
        return loss, gradients

    def _arrays(self, batch: Batch) -> tuple[Any, Any, tuple[Any, ...], Any, int]:
        """Only targets that weigh something reach the head: the vocabulary is the widest product of a small model."""
        index = np.flatnonzero(batch.weights)
        mx = self._mx
        return (
            mx.array(batch.inputs),
            mx.array(index.astype(np.int32)),
            tuple(mx.array(value) for value in soft.wanted(batch, index)),
            mx.array(batch.weights.reshape(-1)[index]),
            batch.counted,
        )

    def _cross_entropy(self, inputs: Any, index: Any, wanted: tuple[Any, ...]) -> Any:
        """Return KL(wanted ‖ softmax(logits)) of the targets that weigh something: (n,). For a certain token its CE.

        What is wanted of all other tokens together is one class more.
        """
        mx, (ids, probs, rest) = self._mx, wanted
        hidden = self._hidden(inputs)
        logits = self._head(hidden.reshape(-1, hidden.shape[-1])[index]).astype(mx.float32)
        log_q = mx.take_along_axis(logits, ids, axis=-1) - mx.logsumexp(logits, axis=-1, keepdims=True)
        known = (probs * (mx.log(mx.maximum(probs, soft.LEAST)) - log_q)).sum(axis=-1)
        left = mx.maximum(1 - mx.exp(log_q).sum(axis=-1), soft.LEAST)
        return known + rest * (mx.log(mx.maximum(rest, soft.LEAST)) - mx.log(left))

    def _loss(self, inputs: Any, index: Any, wanted: tuple[Any, ...], weights: Any, counted: int) -> Any:
        """L = (1/N) Σ w·CE (docs/concepts.md). The paper's own equation is not at hand; this is ours.

        N counts question and answer targets and not their weights, so a uniform weight does not cancel.
        """
        if index.size == 0:
            return self._hidden(inputs).sum() * 0.0
        return (self._cross_entropy(inputs, index, wanted) * weights).sum() / max(counted, 1)

    def _fresh_optimizer(self) -> None:
        import mlx.optimizers as optim

        self._optimizer = optim.AdamW(learning_rate=0.0, betas=list(_BETAS), weight_decay=0.0, bias_correction=True)
        self._optimizer.init(self._model.trainable_parameters())

    def _set(self, state: Mapping[str, np.ndarray]) -> None:
        values = [(_mlx_name(name), self._mx.array(np.ascontiguousarray(value.T))) for name, value in state.items()]
        self._model.load_weights(values, strict=False)
        self._mx.eval(self._model.parameters())

    @staticmethod
    def _flat(tree: Any) -> list[tuple[str, Any]]:
        from mlx.utils import tree_flatten

        return sorted(tree_flatten(tree))


def _add_lora(model: Any, spec: LoraSpec) -> None:
    from mlx_lm.tuner.utils import linear_to_lora_layers

    model.freeze()
    layer = model.layers[0]
    keys = {path for path, _ in layer.named_modules() if path.rsplit(".", 1)[-1] in spec.targets}
    linear_to_lora_layers(
        model, len(model.layers), {"rank": spec.rank, "scale": spec.scale, "dropout": 0.0, "keys": keys}
    )
    for layer in model.layers[: spec.frozen(len(model.layers))]:
        layer.freeze()


def _split(model: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return the model as body and head, so that the head sees only the positions that are learned.

    mlx-lm's decoder-only models share this shape; one that does not runs whole, and only costs more.
    """
    body = getattr(model, "model", None)
    tied = getattr(getattr(model, "args", None), "tie_word_embeddings", None)
    if (
        body is not None
        and tied
        and hasattr(body, "embed_tokens")
        and not hasattr(model.args, "final_logit_softcapping")
    ):
        return body, lambda hidden: body.embed_tokens.as_linear(hidden)
    if body is not None and tied is False and hasattr(model, "lm_head"):
        return body, lambda hidden: model.lm_head(hidden)
    return model, lambda logits: logits


def _to_numpy(value: Any) -> np.ndarray:
    return np.array(value, copy=False)


def _peft_name(name: str) -> str:
    stem, _, leaf = name.rpartition(".")
    return f"{_PREFIX}{stem}.{'lora_A' if leaf == 'lora_a' else 'lora_B'}.weight"


def _mlx_name(name: str) -> str:
    stem = name.removeprefix(_PREFIX).removesuffix(".weight")
    stem, _, leaf = stem.rpartition(".")
    return f"{stem}.{'lora_a' if leaf == 'lora_A' else 'lora_b'}"
