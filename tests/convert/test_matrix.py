"""Every family: the base in three runtimes, an adapter in three forms, every conversion between them, by logits."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from plum_edge.backends import own_loaders
from plum_edge.convert import forms, gguf
from plum_edge.convert.lora import EMBEDDING, OUTPUT, Lora
from plum_edge.errors import ForeignAdapter, NoModel
from plum_edge.export.translate import BOUND, Runtimes
from plum_edge.runtime import Runtime
from tests import zoo
from tests.convert import matrix

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
needs_peft = pytest.mark.skipif(not own_loaders.has_peft(), reason="torch, transformers and peft are not installed")


def hold(figures: matrix.Figures) -> None:
    """Assert that all agree within their bounds, and that the adapter does something."""
    for found in (figures.base, figures.adapter):
        for pair, difference in found.items():
            assert difference < (figures.bound if "gguf" in pair else BOUND), (pair, difference)
    assert figures.effect > 1.0 and figures.half < 0.2


@pytest.mark.parametrize("name", zoo.FAMILIES)
def test_base_and_adapter_compute_the_same_everywhere(name: str, tmp_path: Path) -> None:
    hold(matrix.measure(zoo.base(name, tmp_path), tmp_path))


@pytest.mark.parametrize("name", zoo.FAMILIES)
def test_every_conversion_keeps_every_number(name: str, tmp_path: Path) -> None:
    base = zoo.base(name, tmp_path)
    lora = Lora(zoo.lora(base), 8.0)
    for way, found in matrix.every_way(lora, forms.skeleton(base), tmp_path).items():
        assert (found.alpha, found.pairs.keys()) == (8.0, lora.pairs.keys()), way
        for module, (a, b) in lora.pairs.items():
            assert (found.pairs[module][0] == a).all() and (found.pairs[module][1] == b).all(), (way, module)


@pytest.mark.data
@pytest.mark.skipif("PLUM_EDGE_DATA" not in os.environ, reason="$PLUM_EDGE_DATA is not set")
def test_a_model_that_someone_else_trained(tmp_path: Path) -> None:
    base = Path(os.environ["PLUM_EDGE_DATA"]) / "stories260k"
    gentle = {module: (a, b * np.float32(0.1)) for module, (a, b) in zoo.lora(base).items()}
    hold(matrix.measure(base, tmp_path, Lora(gentle, 8.0)))


@pytest.mark.parametrize("name", ["gemma-2", "gemma-3"])
def test_what_gemma_differs_by_is_the_table_of_gelu(name: str, tmp_path: Path) -> None:
    """With the feed-forward layers silent, all that is left of Gemma agrees as well as any family."""
    base = zoo.base(name, tmp_path)
    tensors = safetensors.numpy.load_file(base / "model.safetensors")
    silent = {n: np.zeros_like(v) if "mlp.down_proj" in n else v for n, v in tensors.items()}
    safetensors.numpy.save_file(silent, base / "model.safetensors", metadata={"format": "pt"})
    attention = {m: pair for m, pair in zoo.lora(base).items() if "self_attn" in m}
    figures = matrix.measure(base, tmp_path, Lora(attention, 8.0))
    assert max(*figures.base.values(), *figures.adapter.values()) < BOUND and figures.effect > 0.5


@pytest.mark.parametrize("name", ["llama-2", "qwen3"])
def test_embedding_and_output_of_an_untied_base(name: str, tmp_path: Path) -> None:
    base = zoo.base(name, tmp_path)
    size = json.loads((base / "config.json").read_text())["vocab_size"]
    rng = np.random.default_rng(5)
    a, b = zoo.pair(rng, 4, (zoo.HIDDEN, size))
    outer = {EMBEDDING: (a * 10, b), OUTPUT: zoo.pair(rng, 4, (size, zoo.HIDDEN))}
    hold(matrix.measure(base, tmp_path, Lora(zoo.lora(base) | outer, 8.0)))


def test_embedding_and_output_of_a_tied_base_are_refused_by_name(tmp_path: Path) -> None:
    base = zoo.base("qwen2", tmp_path)
    rng = np.random.default_rng(5)
    outer = {EMBEDDING: zoo.pair(rng, 4, (zoo.HIDDEN, 512)), OUTPUT: zoo.pair(rng, 4, (512, zoo.HIDDEN))}
    forms.write(Lora(outer, 8.0), "peft", tmp_path / "a", None)
    with pytest.raises(ForeignAdapter, match=r"lm_head is one and.*model\.embed_tokens is one and"):
        forms.read(tmp_path / "a", forms.skeleton(base))


def test_some_layers_and_ranks_of_their_own(tmp_path: Path) -> None:
    base = zoo.base("llama-3", tmp_path)
    rng = np.random.default_rng(2)
    some = {m: p for m, p in zoo.lora(base).items() if "layers.1" in m and "mlp" not in m}
    some["model.layers.0.mlp.up_proj"] = zoo.pair(rng, 7, (zoo.FFN, zoo.HIDDEN))
    hold(matrix.measure(base, tmp_path, Lora(some, 8.0)))


@needs_peft
@pytest.mark.parametrize(
    "scaling",
    [
        {"type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.5, 1.7, 2.0, 2.5, 3.0], "long_factor": [4.0] * 8},
        {"rope_type": "su", "short_factor": [1.5] * 8, "long_factor": [9.0] * 8},
    ],
)
def test_phi_with_factors_for_long_texts_agrees_up_to_the_short_length(tmp_path: Path, scaling: dict) -> None:
    """Mlx-lm takes the long factors for every text, so it is no reference here."""
    base = zoo.base(
        "phi", tmp_path, rope_scaling=scaling, original_max_position_embeddings=256, max_position_embeddings=1024,
        sliding_window=None,
    )  # fmt: skip
    runtimes = Runtimes(forms.skeleton(base), tmp_path)
    if scaling.get("rope_type") == "su":  # an old name, which transformers no longer reads
        assert all(np.isfinite(rows).all() for rows in runtimes.logits("gguf", None))
        return
    for ours, theirs in zip(runtimes.logits("gguf", None), runtimes.logits("peft", None), strict=True):
        assert np.abs(ours - theirs).max() < BOUND


@needs_peft
@pytest.mark.parametrize("name", ["gemma-2", "gemma-3"])
def test_windows_end_at_the_same_token(name: str, tmp_path: Path) -> None:
    """Prompts longer than the window; mlx-lm's Gemma 2 has none."""
    base = zoo.base(name, tmp_path, sliding_window=8)
    runtimes = Runtimes(forms.skeleton(base), tmp_path)
    windowed = runtimes.logits("gguf", None)
    for ours, theirs in zip(windowed, runtimes.logits("peft", None), strict=True):
        assert np.abs(ours - theirs).max() < 0.05
    wide = Runtimes(forms.skeleton(zoo.base(name, tmp_path / "wide", sliding_window=200)), tmp_path / "wide")
    assert np.abs(windowed[0] - wide.logits("gguf", None)[0]).max() > 0.5


def test_linear_scaling_of_positions(tmp_path: Path) -> None:
    base = zoo.base("llama-2", tmp_path, rope_scaling={"type": "linear", "factor": 4.0})
    hold(matrix.measure(base, tmp_path))


def test_newer_configurations_say_the_same(tmp_path: Path) -> None:
    """Transformers 5 writes rope_parameters, for Gemma 3 by kind of layer."""
    old, new = zoo.base("gemma-3", tmp_path / "old"), zoo.base("gemma-3", tmp_path / "new")
    config = json.loads((new / "config.json").read_text())
    local, theta, scaling = (config.pop(k) for k in ("rope_local_base_freq", "rope_theta", "rope_scaling"))
    config["rope_parameters"] = {
        "full_attention": {"rope_theta": theta, **scaling},
        "sliding_attention": {"rope_theta": local, "rope_type": "default"},
    }
    config["layer_types"] = ["sliding_attention"] * 5 + ["full_attention"]
    (new / "config.json").write_text(json.dumps(config))
    for folder in (old, new):
        gguf.write_base(folder, folder.parent / "b.gguf")
    first, second = ((folder.parent / "b.gguf").read_bytes() for folder in (old, new))
    assert first == second


def test_a_missing_output_is_named(tmp_path: Path) -> None:
    base = zoo.base("qwen3", tmp_path)
    tensors = safetensors.numpy.load_file(base / "model.safetensors")
    del tensors["lm_head.weight"]
    safetensors.numpy.save_file(tensors, base / "model.safetensors")
    with pytest.raises(NoModel, match="missing tensors lm_head"):
        gguf.write_base(base, tmp_path / "b.gguf")


def test_a_context_ends_where_the_window_does(tmp_path: Path) -> None:
    base = zoo.base("mistral", tmp_path, sliding_window=40)
    gguf.write_base(base, tmp_path / "b.gguf")
    with Runtime(tmp_path / "b.gguf") as runtime:
        assert runtime.context <= 256 and forms.skeleton(base).context == 40
