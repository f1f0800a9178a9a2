"""What training takes of memory: against measured peaks; and what is said where it does not fit."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.backends import pick
from plum_edge.backends.base import LoraSpec
from plum_edge.backends.memory import Machine, Need, Plan, Quantise, Shape, need, plan
from plum_edge.errors import NoMemory, NoModel, UsageError

GB = 10**9
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
SPEC = LoraSpec(32, 64.0, TARGETS)
LLAMA_1B: dict[str, Any] = {
    "model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32,
    "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 8192, "vocab_size": 128256,
    "max_position_embeddings": 131072, "tie_word_embeddings": True,
}  # fmt: skip
LLAMA_8B = LLAMA_1B | {
    "hidden_size": 4096, "num_hidden_layers": 32, "head_dim": 128, "intermediate_size": 14336,
    "tie_word_embeddings": False,
}  # fmt: skip
"""As published in their config.json: 1,235,814,400 and 8,030,261,248 parameters."""


def machine(backend: str = "mlx", device: str = "cpu", total: float = 16, free: float | None = None) -> Machine:
    return Machine(backend, device, round(total * GB), round((total if free is None else free) * GB))


def planned(config: dict[str, Any], where: Machine, quantise: Quantise = "auto", rows: int = 16) -> Plan:
    return plan(where, config, SPEC, name="Llama", rows=rows, quantise=quantise)[0]


@pytest.mark.parametrize(("config", "parameters"), [(LLAMA_1B, 1_235_814_400), (LLAMA_8B, 8_030_261_248)])
def test_the_parameters_are_those_of_the_published_models(config: dict[str, Any], parameters: int) -> None:
    shape = Shape.of(config, "Llama")
    assert shape.in_layers + shape.embedded == pytest.approx(parameters, rel=1e-4)
    held = need(shape, SPEC, machine("torch", "cuda"), Plan(16), rows=1, length=1)
    assert held.weights == pytest.approx(2 * parameters, rel=1e-4)


def test_the_adapter_is_counted_by_its_matrices() -> None:
    shape = Shape.of(LLAMA_1B, "Llama")
    by_hand = 16 * 32 * ((2048 + 2048) * 2 + (2048 + 512) * 2 + (2048 + 8192) * 3)
    assert need(shape, SPEC, machine(), Plan(), rows=1, length=1).adapter == 24 * by_hand
    two = replace(SPEC, targets=("q_proj", "v_proj"))
    assert need(shape, two, machine(), Plan(), rows=1, length=1).adapter == 24 * 16 * 32 * (4096 + 2560)


@settings(deadline=None)
@given(st.integers(1, 64), st.integers(1, 2048), st.sampled_from([4, 8, 16, 32]), st.booleans())
def test_more_of_anything_takes_more(rows: int, length: int, bits: int, twice: bool) -> None:
    shape, where = Shape.of(LLAMA_8B, "Llama"), machine("mlx", "metal")

    def total(way: Plan, rows: int, length: int) -> int:
        return need(shape, SPEC, where, way, rows=rows, length=length).total

    one = total(Plan(bits, twice), rows, length)
    assert total(Plan(bits, twice), rows + 1, length) > one
    assert total(Plan(bits, twice), rows, length + 1) > one
    assert total(Plan(bits, True), rows, length) <= total(Plan(bits, False), rows, length)
    if bits > 4:
        assert total(Plan(bits // 2, twice), rows, length) < one


def test_auto_takes_the_most_exact_way_that_the_machine_holds() -> None:
    assert planned(LLAMA_1B, machine(total=128)) == Plan(32)
    assert planned(LLAMA_1B, machine("torch", "cuda", total=140)) == Plan(16)
    held = [planned(LLAMA_8B, machine("mlx", "metal", total=gb)) for gb in (256, 48, 16, 8)]
    assert [way.bits for way in held] == sorted((way.bits for way in held), reverse=True)
    assert held[0] == Plan(16)
    assert held[-1] == Plan(4, checkpointing=True, rows=1, quantise=True)
    assert planned(LLAMA_8B, machine("torch", "cuda", total=32)) == Plan(16, checkpointing=True, rows=4)


def test_what_is_free_decides_only_whether_it_begins() -> None:
    """Another way to hold the base on a busy night would give other bytes than the night before."""
    assert planned(LLAMA_1B, machine(total=128, free=64)) == planned(LLAMA_1B, machine(total=128))
    with pytest.raises(NoMemory):
        planned(LLAMA_1B, machine(total=128, free=1))


def test_it_is_refused_with_the_number_and_what_would_fit() -> None:
    with pytest.raises(NoMemory) as refused:
        planned(LLAMA_8B, machine("mlx", "metal", total=64, free=8))
    error = refused.value
    assert error.exit_code == 20
    assert error.needed > error.free == 8 * GB
    assert f"about {error.needed / GB:.1f} GB" in error.what and "8.0 GB are free" in error.what
    assert 'train.quantise = "4bit"' in error.remedy
    with pytest.raises(NoMemory, match=r"one of about .* parameters would fit"):
        planned(LLAMA_8B, machine("mlx", "metal", total=2))


def test_what_is_said_to_fit_fits() -> None:
    where = machine("torch", "cuda", total=80, free=12)
    with pytest.raises(NoMemory, match="would fit") as refused:
        planned(LLAMA_8B, where)
    assert 'train.quantise = "4bit"' in refused.value.remedy
    assert need_of(LLAMA_8B, where, Plan(4, True, 1, True)) < 12 * GB


def need_of(config: dict[str, Any], where: Machine, way: Plan) -> int:
    return need(Shape.of(config, "Llama"), SPEC, where, way, rows=16, length=512).total


@pytest.mark.parametrize(("where", "wanted"), [(("torch", "cpu"), "4bit"), (("torch", "cuda"), "8bit")])
def test_a_form_that_a_backend_does_not_have_is_refused(where: tuple[str, str], wanted: Quantise) -> None:
    with pytest.raises(UsageError, match=wanted):
        planned(LLAMA_1B, machine(*where, total=999), wanted)


def test_a_base_that_is_stored_in_few_bits_stays_as_it_is() -> None:
    stored = LLAMA_8B | {"quantization": {"group_size": 64, "bits": 4}}
    assert planned(stored, machine("mlx", "metal", total=256)) == Plan(4)


def test_a_size_that_is_missing_is_named() -> None:
    with pytest.raises(NoModel, match="intermediate_size"):
        planned({key: value for key, value in LLAMA_1B.items() if key != "intermediate_size"}, machine())


# Measured -------------------------------------------------------------------------------------------------------------

FACTOR = 2.0
"""By how much an estimate may be off, up or down, from the peak that is measured."""
SIZES = {
    "wide": {"hidden_size": 384, "intermediate_size": 1024, "vocab_size": 512, "num_hidden_layers": 3},
    "wordy": {"hidden_size": 192, "intermediate_size": 512, "vocab_size": 16384, "num_hidden_layers": 2},
}
ROWS, LENGTH = 4, 192
MEASURE = """
import json, resource, sys
from pathlib import Path
import numpy as np
from plum_edge.backends import base as backends
from plum_edge.backends.base import Batch, LoraSpec
from plum_edge.backends.memory import Plan
from plum_edge.convert.weights import open_weights
import importlib

name, given, folder, rows, length, checkpointing, bits, targets = json.loads(sys.argv[1])
module = importlib.import_module(f"plum_edge.backends.{name}")
spec = LoraSpec(8, 16.0, tuple(targets))

def peak():
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status").read_text()  # ru_maxrss would begin with the peak of whoever started this
    return int(status.split("VmHWM:")[1].split()[0]) * 1024

def batch(rows, length):
    ids = np.random.default_rng(0).integers(1, 500, (rows, length)).astype(np.int32)
    weights = np.zeros((rows, length), np.float32)
    weights[:, length // 2:] = 1
    return Batch(ids, ids, weights, int((weights > 0).sum()))

trainer = module.trainer(open_weights(Path(folder)), spec, 1, Plan(bits, checkpointing), *given)
trainer.load(backends.initial_state(trainer.shapes(), 0))
trainer.step(batch(1, 4), 1e-4, 1.0)
idle = peak()
trainer.step(batch(rows, length), 1e-4, 1.0)
print(json.dumps([idle, peak()]))
"""


def random_base(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    """Write a random Llama of these sizes: weights and config.json only."""
    config = LLAMA_1B | sizes | {"num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 32}
    config |= {"max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu"}
    config |= {"architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2}
    rng, hidden = np.random.default_rng(0), config["hidden_size"]
    tensors = {"model.embed_tokens.weight": rng.standard_normal((config["vocab_size"], hidden), np.float32) * 0.1}
    for n in range(config["num_hidden_layers"]):
        for name, shape in Shape.of(config, "random").linears().items():
            if name in TARGETS:
                block = "mlp" if name in TARGETS[4:] else "self_attn"
                matrix = rng.standard_normal(shape, np.float32) / np.sqrt(shape[1], dtype=np.float32)
                tensors[f"model.layers.{n}.{block}.{name}.weight"] = matrix
        for norm in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{n}.{norm}.weight"] = np.ones(hidden, np.float32)
    tensors["model.norm.weight"] = np.ones(hidden, np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    safetensors.numpy.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))
    return config


REASONS = pick.available()
TRAINERS: dict[str, tuple[str, list[str], bool, int]] = {
    "mlx": ("mlx_lora", [], False, 32),
    "torch": ("torch_trainer", ["f32"], True, 32),
    "torch in bf16": ("torch_trainer", ["bf16"], True, 16),
    "torch on transformers and PEFT": ("torch_lora", [], False, 32),
}
"""Module, what is said to it beside, whether it is our own decoder, and bits of a weight."""


def why_not(name: str) -> str:
    packages = ("transformers", "peft") if name.endswith("PEFT") else ()
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    return REASONS[name.split()[0]] or ", ".join(missing)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac trains on Metal, whose memory is not this process's own")
@pytest.mark.parametrize("checkpointing", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.skipif(bool(why_not(name)), reason=why_not(name))) for name in TRAINERS],
)
def test_the_estimate_is_near_the_measured_peak(name: str, size: str, checkpointing: bool, tmp_path: Path) -> None:
    """Of a process that trains: what a full batch adds to what it held before the first one."""
    config = random_base(tmp_path, SIZES[size])
    module, given, own, bits = TRAINERS[name]
    told = json.dumps([module, given, str(tmp_path), ROWS, LENGTH, checkpointing, bits, list(TARGETS)])
    ran = subprocess.run([sys.executable, "-c", MEASURE, told], capture_output=True, text=True, check=True)
    idle, peak = json.loads(ran.stdout.splitlines()[-1])
    shape = replace(Shape.of(config, "random"), known=own)
    found: Need = need(
        shape, LoraSpec(8, 16.0, TARGETS), machine(name.split()[0]), Plan(bits, checkpointing), rows=ROWS, length=LENGTH
    )
    estimated = found.activations + found.head
    assert estimated / FACTOR < peak - idle < estimated * FACTOR, (found, idle, peak)


def test_our_own_decoder_is_reckoned_on_a_processor_where_it_knows_the_family() -> None:
    """In bf16 only what is not small, and only where the processor is fast at it; logits in pieces of a known size."""
    slow, fast = machine("torch", total=999), replace(machine("torch", total=999), half=True)
    assert planned(LLAMA_1B, slow) == Plan(32) and planned(LLAMA_1B, fast) == Plan(16)
    small = LLAMA_1B | {"hidden_size": 64, "intermediate_size": 128, "vocab_size": 512, "num_hidden_layers": 2}
    other = LLAMA_1B | {"model_type": "gpt_oss"}
    assert planned(small, fast) == planned(other, fast) == Plan(32)
    own, theirs = (
        need(Shape.of(config, "Llama"), SPEC, fast, planned(config, fast), rows=16, length=256)
        for config in (LLAMA_1B, other)
    )
    assert own.weights == theirs.weights / 2 and own.head < theirs.head / 10 and own.total < theirs.total / 2
