"""Adapters as PEFT and mlx-lm write them: read with their own settings, or refused with every reason by name."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plum_edge.convert import forms, gguf, mlx, peft, peft_folder, tensors
from plum_edge.convert.lora import Lora, unified
from plum_edge.errors import ForeignAdapter, NoModel, UsageError
from plum_edge.runtime import Runtime
from tests import zoo

Q, UP = "model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj"


def pairs(ranks: tuple[int, int] = (4, 4)) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    return {Q: zoo.pair(rng, ranks[0], (64, 64)), UP: zoo.pair(rng, ranks[1], (96, 64))}


def peft_adapter(folder: Path, ranks: tuple[int, int] = (4, 4), **config: Any) -> Path:
    """Write a folder as PEFT does: every setting that it has, most of them null."""
    folder.mkdir()
    plain = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 4, "lora_alpha": 8, "bias": "none", "use_rslora": False,
        "use_dora": False, "fan_in_fan_out": False, "init_lora_weights": True, "modules_to_save": None,
        "rank_pattern": {}, "alpha_pattern": {}, "loftq_config": {}, "layer_replication": None,
        "target_modules": ["up_proj", "q_proj"], "peft_version": "0.21.2", "inference_mode": True,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(plain | config))
    state = Lora(pairs(ranks), 8.0).state()
    safetensors.numpy.save_file(state, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    return folder


def change(folder: Path, file: str, **more: np.ndarray) -> None:
    """Add tensors; ``__`` in a name stands for a dot."""
    state = safetensors.numpy.load_file(folder / file)
    safetensors.numpy.save_file(state | {n.replace("__", "."): v for n, v in more.items()}, folder / file)


def scale_of(lora: Lora, module: str) -> float:
    """Return the factor between ΔW and the B·A that was written."""
    a, b = pairs(tuple(p[0].shape[0] for p in lora.pairs.values()))[module]
    return float(np.median(lora.delta(module) / (b.astype(np.float64) @ a)))


def test_peft_scales_by_alpha_over_the_rank(tmp_path: Path) -> None:
    lora = peft_folder.read(peft_adapter(tmp_path / "a"))
    assert (lora.alpha, lora.rank, scale_of(lora, Q)) == (8.0, 4, pytest.approx(2.0))


def test_rank_stabilised_scaling_is_kept(tmp_path: Path) -> None:
    lora = peft_folder.read(peft_adapter(tmp_path / "a", use_rslora=True))
    assert scale_of(lora, Q) == pytest.approx(8 / math.sqrt(4)) and lora.alpha == pytest.approx(16.0)


def test_patterns_of_alpha_and_rank_are_kept(tmp_path: Path) -> None:
    folder = peft_adapter(tmp_path / "a", (4, 7), rank_pattern={"up_proj": 7}, alpha_pattern={r"layers\.1\..*": 21})
    lora = peft_folder.read(folder)
    assert lora.ranks == {4, 7}
    assert scale_of(lora, Q) == pytest.approx(2.0) and scale_of(lora, UP) == pytest.approx(3.0)


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+$", r"(.*a){20}", r"(q|q)*_proj", ".*" * 9 + "x", "(", "[z-a]", r"(?P<a>q)", r"\1", "q" * 300, "a**"],
)
def test_a_strangers_pattern_that_could_take_for_ever_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ForeignAdapter, match="pattern that is not provided for"):
        peft_folder.read(peft_adapter(tmp_path / "a", alpha_pattern={pattern: 21}))


@pytest.mark.parametrize(
    "pattern",
    [UP, r"^model\.layers\.[0-9]+\.mlp\.(up|down)_proj$", r".*\.(?:up_proj|down_proj)", r"layers.\d{1}.mlp.up_proj"],
)
def test_the_patterns_that_name_modules_are_read(tmp_path: Path, pattern: str) -> None:
    assert scale_of(peft_folder.read(peft_adapter(tmp_path / "a", alpha_pattern={pattern: 12})), UP) == pytest.approx(3)


def test_patterns_that_are_no_object_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ForeignAdapter, match="no object"):
        peft_folder.read(peft_adapter(tmp_path / "a", rank_pattern=["up_proj"]))


def test_a_rank_that_the_configuration_does_not_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ForeignAdapter, match=r"up_proj has rank 7, and adapter_config\.json says 4"):
        peft_folder.read(peft_adapter(tmp_path / "a", (4, 7)))


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"peft_type": "LOHA"}, "LOHA"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights = 'pissa'"),
        ({"bias": "all"}, "bias = 'all'"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"layer_replication": [[0, 4]]}, "layer_replication"),
        ({"fan_in_fan_out": True}, "fan_in_fan_out"),
        ({"a_setting_of_tomorrow": 3}, "a_setting_of_tomorrow"),
    ],
)
def test_what_is_no_plain_lora_is_refused_by_name(tmp_path: Path, config: dict[str, Any], named: str) -> None:
    with pytest.raises(ForeignAdapter, match=named):
        peft_folder.read(peft_adapter(tmp_path / "a", **config))


def test_everything_that_is_not_understood_is_named_at_once(tmp_path: Path) -> None:
    folder = peft_adapter(tmp_path / "a", use_dora=True)
    prefix = f"base_model.model.{Q}"
    change(
        folder, "adapter_model.safetensors",
        **{
            f"{prefix}.lora_magnitude_vector.weight": np.ones(64, np.float32),
            f"{prefix}.lora_B.bias": np.ones(64, np.float32),
            "base_model.model.lm_head.weight": np.ones((4, 4), np.float32),
            "base_model.model.model.layers.0.mlp.down_proj.lora_A.weight": np.ones((4, 4), np.float32),
            f"base_model.model.{UP}.lora_B.weight": np.full((96, 4), np.nan, np.float32),
        },
    )  # fmt: skip
    with pytest.raises(ForeignAdapter) as caught:
        peft_folder.read(folder)
    for part in (
        "it is a DoRA", "lora_magnitude_vector.weight belongs to a DoRA", "lora_B.bias is a bias of an adapter",
        "lm_head.weight is no matrix of a LoRA", "down_proj has no B", "up_proj has values that are not finite",
    ):  # fmt: skip
        assert part in str(caught.value)


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    folder = peft_adapter(tmp_path / "a")
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(ForeignAdapter, match="safe_serialization=True"):
        peft_folder.read(folder)


def test_mlx_says_its_scale_itself_and_has_one_rank(tmp_path: Path) -> None:
    forms.write(Lora(pairs((4, 7)), 8.0), "mlx", tmp_path / "m", None)
    config = json.loads((tmp_path / "m" / "adapter_config.json").read_text())
    assert config["lora_parameters"]["rank"] == 7 and config["lora_parameters"]["scale"] == pytest.approx(8 / 7)
    lora = mlx.read(tmp_path / "m")
    for module in (Q, UP):
        assert np.abs(lora.delta(module) - Lora(pairs((4, 7)), 8.0).delta(module)).max() < 1e-6


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"fine_tune_type": "dora"}, "'dora', not lora"),
        ({"fine_tune_type": "full"}, "'full', not lora"),
        ({"lora_parameters": {"rank": 4, "alpha": 16}}, "lora_parameters.scale"),
    ],
)
def test_what_mlx_lm_calls_otherwise_is_refused(tmp_path: Path, config: dict[str, Any], named: str) -> None:
    forms.write(Lora(pairs(), 8.0), "mlx", tmp_path / "m", None)
    path = tmp_path / "m" / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    with pytest.raises(ForeignAdapter, match=named):
        mlx.read(tmp_path / "m")


def test_a_dora_of_mlx_lm_is_refused_by_its_tensors_too(tmp_path: Path) -> None:
    forms.write(Lora(pairs(), 8.0), "mlx", tmp_path / "m", None)
    change(tmp_path / "m", "adapters.safetensors", **{f"{Q}.m": np.ones(64, np.float32), f"{UP}.w": np.ones(2)})
    with pytest.raises(ForeignAdapter, match=r"up_proj\.w \(F64\)|q_proj\.m belongs to a DoRA"):
        mlx.read(tmp_path / "m")


def test_bfloat16_is_read_as_the_same_numbers(tmp_path: Path) -> None:
    import mlx.core as mx

    folder = peft_adapter(tmp_path / "a")
    half = {n: mx.array(v).astype(mx.bfloat16) for n, v in mx.load(str(folder / peft_folder.WEIGHTS)).items()}
    mx.save_safetensors(str(folder / peft_folder.WEIGHTS), half)
    wanted = half[f"base_model.model.{Q}.lora_A.weight"].astype(mx.float32)
    assert (peft_folder.read(folder).pairs[Q][0] == np.array(wanted)).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    scales=st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3),
    ranks=st.lists(st.integers(1, 9), min_size=3, max_size=3),
)
def test_one_alpha_keeps_every_delta(scales: list[float], ranks: list[int]) -> None:
    rng = np.random.default_rng(1)
    found = {f"m{n}": zoo.pair(rng, rank, (5, 6)) for n, rank in enumerate(ranks)}
    lora = unified(found, {f"m{n}": scale for n, scale in enumerate(scales)}, "")
    for n, scale in enumerate(scales):
        a, b = found[f"m{n}"]
        wanted = scale * (b.astype(np.float64) @ a)
        assert np.abs(lora.delta(f"m{n}") - wanted).max() <= 1e-6 * np.abs(wanted).max()


def test_forms_are_told_apart(tmp_path: Path) -> None:
    base = zoo.base("llama-2", tmp_path)
    lora, bones = Lora(zoo.lora(base), 8.0), forms.skeleton(base)
    for form in ("gguf", "peft", "mlx"):
        forms.write(lora, form, tmp_path / form, bones)
        assert forms.sniff(tmp_path / form) == form
    ours = tmp_path / "0001" / "adapter.safetensors"
    peft.save(ours, lora.state(), {"rank": "4", "alpha": "8.0", "base_sha256": "0" * 64})
    assert forms.sniff(ours) == forms.sniff(ours.parent) == "neutral"
    assert forms.read(ours.parent, bones).alpha == 8.0
    with pytest.raises(ForeignAdapter):
        forms.sniff(tmp_path)
    with pytest.raises(UsageError):
        forms.sniff(tmp_path / "none")


def test_an_adapter_for_another_base_is_refused_with_every_module(tmp_path: Path) -> None:
    base = zoo.base("llama-2", tmp_path)
    rng = np.random.default_rng(0)
    strange = {
        "model.layers.9.self_attn.q_proj": zoo.pair(rng, 4, (64, 64)), Q: zoo.pair(rng, 4, (64, 60)),
        "model.layers.0.mlp.router": zoo.pair(rng, 4, (64, 64)),
    }  # fmt: skip
    forms.write(Lora(strange, 8.0), "peft", tmp_path / "a", None)
    with pytest.raises(ForeignAdapter) as caught:
        forms.read(tmp_path / "a", forms.skeleton(base))
    for part in ("no model.layers.9.self_attn.q_proj", "no model.layers.0.mlp.router", "made for a matrix of (64, 60)"):
        assert part in str(caught.value)


def test_without_the_base_a_gguf_is_neither_written_nor_put_in_order(tmp_path: Path) -> None:
    base = zoo.base("llama-2", tmp_path)
    lora = Lora(zoo.lora(base), 8.0)
    with pytest.raises(UsageError, match="--base"):
        forms.write(lora, "gguf", tmp_path / "a.gguf", None)
    forms.write(lora, "gguf", tmp_path / "a.gguf", forms.skeleton(base))
    with pytest.raises(UsageError, match="--base"):
        forms.read(tmp_path / "a.gguf", None)
    of_qwen = zoo.base("qwen3", tmp_path)
    forms.write(Lora(zoo.lora(of_qwen), 8.0), "gguf", tmp_path / "q.gguf", forms.skeleton(of_qwen))
    assert forms.read(tmp_path / "q.gguf", None).pairs.keys() == zoo.lora(of_qwen).keys()
    with pytest.raises(ForeignAdapter, match="architecture qwen3, and the base is llama"):
        forms.read(tmp_path / "q.gguf", forms.skeleton(base))


def test_a_gguf_with_no_alpha_is_scaled_as_llama_cpp_does(tmp_path: Path) -> None:
    """It takes B·A as it is where alpha is 0, and not nothing."""
    base = zoo.base("qwen2", tmp_path)
    bones, plain = forms.skeleton(base), Lora(zoo.lora(base), 4.0)  # rank 4: a scale of 1
    forms.write(Lora(plain.pairs, 0.0), "gguf", tmp_path / "0.gguf", bones)
    forms.write(plain, "gguf", tmp_path / "1.gguf", bones)
    found = forms.read(tmp_path / "0.gguf", bones)
    assert (found.delta(UP) == plain.delta(UP)).all()
    gguf.write_base(base, tmp_path / "base.gguf")
    with Runtime(tmp_path / "base.gguf") as runtime:
        logits = []
        for name in ("0.gguf", "1.gguf"):
            runtime.use(tmp_path / name)
            logits.append(runtime.logits([5, 6, 7]))
    assert (logits[0] == logits[1]).all()


def test_a_quantised_base_still_says_its_heads(tmp_path: Path) -> None:
    base = zoo.base("llama-2", tmp_path)
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"quantization": {"bits": 4, "group_size": 64}}))
    bones = forms.skeleton(base)
    assert bones.packed and (bones.heads, bones.kv_heads) == (4, 2)
    forms.write(Lora(zoo.lora(base), 8.0), "gguf", tmp_path / "a.gguf", bones)
    with pytest.raises(NoModel):
        forms.skeleton(tmp_path)


def test_what_is_wrong_in_every_layer_is_said_once_with_the_layers() -> None:
    said = ["it is a DoRA", *(f"model.layers.{n}.mlp.up_proj has no B" for n in (3, 0, 1, 2, 7)),
            "model.layers.4.mlp.up_proj has no A", "lm_head has no B"]  # fmt: skip
    assert tensors.by_name(said) == (
        "it is a DoRA; model.layers.0–3,7.mlp.up_proj has no B; model.layers.4.mlp.up_proj has no A; lm_head has no B"
    )
    assert tensors.by_name(["model.layers.12.x"]) == "model.layers.12.x"
