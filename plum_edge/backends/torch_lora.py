"""Training on transformers and PEFT: their model, their LoRA layers, our loss and step.

For what our own decoder (`torch_trainer`) does not know: other families, CUDA, a base of 4 bits. On CUDA the base is
held in bf16, or in 4 bits (QLoRA, by bitsandbytes) where memory is short, with the adapter in f32; on the CPU
everything is f32, and a fixed number of threads gives the same bytes each time. Knows nothing of files, schedules or
text.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import inspect
import logging
import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from plum_edge.backends import blas, memory, own_loaders, soft
from plum_edge.backends.base import Batch, LoraSpec, Soft, State, layer_of, pieces
from plum_edge.backends.torch_fallback import cuda_device
from plum_edge.convert.weights import Weights, size_of
from plum_edge.errors import NoBackend, NoMemory, NoModel

_PREFIX = "base_model.model."
_ADAPTER = ".default"
"""What PEFT puts into a parameter's name, and leaves out of a file."""
_BETAS = (0.9, 0.99)
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
_WHOLE = memory.Plan()
_DROPOUTS = ("attention_dropout", "attn_pdrop", "embd_pdrop", "hidden_dropout", "resid_pdrop")


def trainer(weights: Weights, spec: LoraSpec, threads: int, plan: memory.Plan) -> TorchTrainer:
    """Load a base."""
    return TorchTrainer(weights, spec, threads, plan)


class TorchTrainer:
    """`Trainer` on PyTorch."""

    name = "torch"

    def __init__(self, weights: Weights, spec: LoraSpec, threads: int = 0, plan: memory.Plan = _WHOLE) -> None:
        self.spec, self.plan = spec, plan
        self._folder, self._device = weights.place, "cuda" if cuda_device() else "cpu"
        self.threads = threads or blas.default_threads(size_of(weights))
        torch.set_num_threads(self.threads)
        self.exact = plan.bits == 32 and self._device == "cpu"
        self._model = _load_base(weights, plan, self._device)
        self._lora = _add_lora(self._model, spec)
        self._learned = [value for value in self._lora.values() if value.requires_grad]
        self._index: Any = None
        self._model.get_output_embeddings().register_forward_pre_hook(self._learned_only)
        self._fresh_optimizer()

    def versions(self) -> dict[str, str]:
        packages = ("torch", "transformers", "peft", *(("bitsandbytes",) if self.plan.bits < 16 else ()))
        instructions = torch.backends.cpu.get_cpu_capability()
        device = f"cpu {instructions}" if self._device == "cpu" else f"{cuda_device()}, CUDA {torch.version.cuda}"
        return {
            **{package: importlib.metadata.version(package) for package in packages},
            "device": device,
            "held": str(self.plan),
            "machine": platform.machine(),
        }

    def shapes(self) -> dict[str, tuple[int, int]]:
        return {name: (value.shape[0], value.shape[1]) for name, value in self._lora.items()}

    def load(self, state: Mapping[str, np.ndarray]) -> None:
        self._set(state)
        self._fresh_optimizer()

    def state(self) -> State:
        return {name: _to_numpy(value) for name, value in self._lora.items()}

    def optimizer_state(self) -> State:
        held = self._optimizer.state
        return {
            f"{name}/{moment}": _to_numpy(held[value][moment])
            for name, value in self._lora.items()
            for moment in _MOMENTS
            if value in held
        }

    def resume(self, state: Mapping[str, np.ndarray], optimizer: Mapping[str, np.ndarray]) -> None:
        self.load(state)
        for name, value in self._lora.items():
            if f"{name}/step" in optimizer:
                moments = {m: torch.from_numpy(np.array(optimizer[f"{name}/{m}"])) for m in _MOMENTS}
                on_device = {m: moments[m].to(self._device) for m in _MOMENTS[1:]}
                self._optimizer.state[value] = {"step": moments["step"], **on_device}

    def step(self, batch: Batch, learning_rate: float, clip: float) -> float:
        with self._memory_errors(batch):
            loss = self._backward(batch)
            torch.nn.utils.clip_grad_norm_(self._learned, clip)
            for group in self._optimizer.param_groups:
                group["lr"] = learning_rate
            self._optimizer.step()
            return loss

    def loss(self, batch: Batch) -> float:
        with torch.no_grad():
            return sum(float(self._loss(piece).item()) for piece in pieces(batch, self.plan.rows))

    def gradient(self, batch: Batch) -> State:
        self._backward(batch)
        return {name: _to_numpy(value.grad) for name, value in self._lora.items() if value.requires_grad}

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        with torch.no_grad():
            return _to_numpy(self._logits(np.array([ids])))

    def teach(self, ids: Sequence[int], places: Sequence[int], k: int) -> Soft:
        with self._adapter_off():
            return soft.likeliest(self.logits(ids), places, k)

    def speak(self, ids: Sequence[int], most: int, end: int) -> list[int]:
        said: list[int] = []
        cache, given = _cache_word(self._model), np.array([ids])
        kept = None
        with torch.no_grad(), self._adapter_off(), self._remembering():
            while len(said) < most and said[-1:] != [end]:
                tokens = self._tensor(given).long()
                with self._half():
                    found = self._model(input_ids=tokens, use_cache=True, logits_to_keep=1, **{cache: kept})
                said.append(int(found.logits[0, -1].argmax().item()))
                kept, given = found[cache], np.array([said[-1:]])
        return said

    @contextlib.contextmanager
    def _remembering(self) -> Iterator[None]:
        """Let layers keep keys and values, which they do not where activations are computed twice."""
        self._index = None
        self._model.eval()
        try:
            yield
        finally:
            self._model.train()

    def _half(self) -> contextlib.AbstractContextManager[Any]:
        on_a_card = self._device == "cuda"
        return torch.autocast("cuda", dtype=torch.bfloat16) if on_a_card else contextlib.nullcontext()

    @contextlib.contextmanager
    def _adapter_off(self) -> Iterator[None]:
        from peft.tuners.tuners_utils import BaseTunerLayer

        layers = [module for module in self._model.modules() if isinstance(module, BaseTunerLayer)]
        try:
            for layer in layers:
                layer.enable_adapters(False)
            yield
        finally:
            for layer in layers:
                layer.enable_adapters(True)

    def _backward(self, batch: Batch) -> float:
        """Put the gradient of the loss beside each LoRA weight, piece by piece where memory is short."""
        self._optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for piece in pieces(batch, self.plan.rows):
            loss = self._loss(piece)
            loss.backward()
            total += float(loss.item())
        return total

    def _loss(self, batch: Batch) -> Any:
        """L = (1/N) Σ w·CE (docs/concepts.md). The paper's own equation is not at hand; this is ours.

        N counts question and answer targets and not their weights, so a uniform weight does not cancel.
        """
        index = np.flatnonzero(batch.weights)
        if not index.size:
            return sum((value * 0).sum() for value in self._lora.values())
        weights = self._tensor(batch.weights.reshape(-1)[index])
        return (self._cross_entropy(batch) * weights).sum() / max(batch.counted, 1)

    def _cross_entropy(self, batch: Batch) -> Any:
        """Return KL(wanted ‖ softmax(logits)) of the targets that weigh something: (n,). For a certain token its CE.

        What is wanted of all other tokens together is one class more.
        """
        index = np.flatnonzero(batch.weights)
        ids, probs, rest = (self._tensor(value) for value in soft.wanted(batch, index))
        log_q = torch.log_softmax(self._logits(batch.inputs, index), dim=-1).gather(-1, ids.long())
        known = (probs * (probs.clamp(min=soft.LEAST).log() - log_q)).sum(-1)
        left = (1 - log_q.exp().sum(-1)).clamp(min=soft.LEAST)
        return known + rest * (rest.clamp(min=soft.LEAST).log() - left.log())

    def _logits(self, inputs: np.ndarray, index: np.ndarray | None = None) -> Any:
        """Return the logits (n, vocabulary) in f32 at the flat positions ``index`` of (B, T) inputs; None: at all.

        No mask is needed: padding stands on the right, and nothing looks ahead.
        """
        self._index = None if index is None else self._tensor(index)
        with self._half():
            found = self._model(input_ids=self._tensor(inputs).long(), use_cache=False).logits
        return found.reshape(-1, found.shape[-1]).float()

    def _learned_only(self, _head: Any, given: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Stand before the head: only targets that weigh something reach it, and what a family does after stays."""
        if self._index is None:
            return None
        hidden, *others = given
        return (hidden.reshape(-1, hidden.shape[-1])[self._index][None], *others)

    def _tensor(self, value: np.ndarray) -> Any:
        return torch.from_numpy(np.ascontiguousarray(value)).to(self._device)

    def _fresh_optimizer(self) -> None:
        self._optimizer = torch.optim.AdamW(self._learned, lr=0.0, betas=_BETAS, weight_decay=0.0)

    def _set(self, state: Mapping[str, np.ndarray]) -> None:
        with torch.no_grad():
            for name, value in state.items():
                self._lora[name].copy_(self._tensor(value))

    @contextlib.contextmanager
    def _memory_errors(self, batch: Batch) -> Iterator[None]:
        try:
            yield
        except torch.OutOfMemoryError as error:
            free, total = torch.cuda.mem_get_info()
            torch.cuda.empty_cache()
            how = f"{self.plan}, a batch of {' × '.join(map(str, batch.inputs.shape))} tokens"
            fits = 'train.quantise = "4bit" may fit'
            raise NoMemory(self._folder.name, how, total - free, free, fits) from error


def _load_base(weights: Weights, plan: memory.Plan, device: str) -> Any:
    """Return the base, frozen. Dropout is off: what is learned is a function of the data alone."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it says what it lacks also where nothing asks for it
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    dtype = torch.float32 if plan.bits == 32 else torch.bfloat16
    folder = weights.place
    try:
        with _quiet():
            config = own_loaders.transformers_config(weights)
            for name in _DROPOUTS:
                if getattr(config, name, None):
                    setattr(config, name, 0.0)
            if folder.is_dir():
                given = {"quantization_config": _in_4_bits(dtype)} if plan.quantise else {}
                model = AutoModelForCausalLM.from_pretrained(
                    folder, config=config, dtype=dtype, device_map={"": device}, local_files_only=True, **given
                )
            elif plan.quantise:
                raise NoModel(folder.name, "a GGUF is not held in 4 bits on a card", "Take the folder of its weights.")
            else:
                model = own_loaders.transformers_model(weights, config, dtype).to(device)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise NoModel(folder.name, f"{folder} does not load ({error})") from error
    model.requires_grad_(False)
    model.train()
    if plan.checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
    return model


def _cache_word(model: Any) -> str:
    """Return what transformers calls keys and values that are kept: another word before 5.24 than since."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


def _in_4_bits(dtype: Any) -> Any:
    """Return how QLoRA holds a base: NF4, the scales quantised again, products in bf16 (arXiv 2305.14314)."""
    from transformers import BitsAndBytesConfig

    if importlib.util.find_spec("bitsandbytes") is None:
        raise NoBackend({"torch": "a base in 4 bits needs bitsandbytes (pip install bitsandbytes)"})
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def _add_lora(model: Any, spec: LoraSpec) -> dict[str, Any]:
    """Put PEFT's LoRA layers around the targets of all layers; return their weights by PEFT's names, sorted."""
    from peft import LoraConfig, inject_adapter_in_model

    linears = [
        name for name, _ in model.named_modules() if ".layers." in name and name.rpartition(".")[-1] in spec.targets
    ]
    settings = LoraConfig(
        r=spec.rank,
        lora_alpha=spec.alpha,
        target_modules=linears,
        lora_dropout=0.0,
        bias="none",
    )
    inject_adapter_in_model(settings, model)
    found = {}
    for name, value in model.named_parameters():
        if ".lora_" in name:
            value.data = value.data.float()
            found[f"{_PREFIX}{name.replace(_ADAPTER, '')}"] = value
    numbers = {name: layer_of(name) for name in found}
    for name, value in found.items():
        value.requires_grad_(numbers[name] >= spec.frozen(1 + max(numbers.values())))
    return dict(sorted(found.items()))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from drawing its own bars and remarks on stderr while a base is loaded."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()


def _to_numpy(value: Any) -> np.ndarray:
    found: np.ndarray = value.detach().float().cpu().numpy().copy()
    return found
