"""Families: every shipped one loads; operations do what llama.cpp's converter does; what is unknown is refused."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.convert.families import family, load, look_up, of_architecture, permute_qk, stem
from plum_edge.errors import IntegrityError, NoModel
from plum_edge.paths import data_dir

SHIPPED = sorted(data_dir("conversions").glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_family_loads_and_its_tensors_have_names(path) -> None:
    loaded = load(path)
    numbers = {name: number for number, name in gguf.MODEL_ARCH_NAMES.items()}
    names = gguf.get_tensor_name_map(numbers[loaded.architecture], 1)
    stems = {stem(name) for _, name in names.mapping.values()}
    assert all(names.get_name(f"model.layers.0.{target}") for target in loaded.targets)
    assert {operation.tensor for operation in loaded.operations} <= stems
    assert all(family(model_type) == loaded for model_type in loaded.model_types)


@settings(deadline=None)
@given(heads=st.integers(1, 5), half=st.integers(1, 6), width=st.integers(1, 4))
def test_permute_puts_each_row_where_the_specification_says(heads: int, half: int, width: int) -> None:
    rows = np.arange(heads * 2 * half * width).reshape(heads * 2 * half, width)
    permuted = permute_qk(rows, heads)
    for head in range(heads):
        for which in range(2):
            for i in range(half):
                start = head * 2 * half
                assert (permuted[start + 2 * i + which] == rows[start + which * half + i]).all()


def test_only_q_and_k_are_permuted_and_k_by_its_own_heads() -> None:
    llama = family("llama")
    rows = np.arange(16)[:, None]
    assert (llama.to_gguf("blk.1.attn_q.weight", rows, 4, 2) == permute_qk(rows, 4)).all()
    assert (llama.to_gguf("blk.1.attn_k.weight", rows, 4, 2) == permute_qk(rows, 2)).all()
    assert (llama.to_gguf("blk.1.attn_v.weight", rows, 4, 2) == rows).all()


def test_tied_output_is_dropped_only_where_it_is_tied() -> None:
    llama = family("llama")
    assert llama.drops("output.weight", {"tie_word_embeddings": True})
    assert not llama.drops("output.weight", {"tie_word_embeddings": False})
    assert not llama.drops("output_norm.weight", {"tie_word_embeddings": True})


def test_an_unknown_model_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NoModel, match=r"mamba.*llama"):
        family("mamba")


@pytest.mark.parametrize(
    "config",
    [
        {"rope_scaling": {"rope_type": "dynamic"}},
        {"hidden_act": "gelu"},
        {"rope_parameters": {"rope_type": "yarn"}},
        {"layer_types": ["full_attention", "sliding_attention"]},
        {"quantization": {"bits": 4, "group_size": 64}},
    ],
)
def test_a_model_that_would_come_out_wrong_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(NoModel, match=r"dynamic|gelu|yarn|layer_types|quantised"):
        family("llama").check(config)


GEMMA = {"num_attention_heads": 4, "hidden_size": 64, "head_dim": 32, "max_position_embeddings": 128}


@pytest.mark.parametrize(("scalar", "fits"), [(32, True), (144, False)])
def test_a_value_may_have_to_be_a_size(scalar: int, fits: bool) -> None:
    config = {**GEMMA, "query_pre_attn_scalar": scalar}
    if fits:
        family("gemma2").check(config)
        return
    with pytest.raises(NoModel, match="query_pre_attn_scalar = 144"):
        family("gemma2").check(config)


def test_layers_see_a_window_where_the_runtime_has_it_so() -> None:
    sliding, full = "sliding_attention", "full_attention"
    family("gemma2").check({**GEMMA, "layer_types": [sliding, full, sliding]})
    family("gemma3_text").check({**GEMMA, "layer_types": [*[sliding] * 5, full, sliding]})
    with pytest.raises(NoModel, match="layer_types"):
        family("gemma3_text").check({**GEMMA, "layer_types": [full] * 3})
    with pytest.raises(NoModel, match="sliding_window_pattern = 4"):
        family("gemma3_text").check({**GEMMA, "sliding_window_pattern": 4})


def test_the_context_ends_where_the_runtime_would_compute_something_else() -> None:
    config = {"num_attention_heads": 4, "hidden_size": 64, "max_position_embeddings": 8192, "sliding_window": 512}
    long = {"type": "longrope", "short_factor": [1.0], "long_factor": [2.0]}
    assert family("mistral").sizes(config)["context"] == 512
    assert family("mistral").sizes({**config, "sliding_window": None})["context"] == 8192
    assert family("qwen2").sizes({**config, "use_sliding_window": False})["context"] == 8192
    assert family("gemma2").sizes(config)["context"] == 8192
    of_phi = {**config, "sliding_window": None, "rope_scaling": long, "original_max_position_embeddings": 1024}
    assert family("phi3").sizes(of_phi)["context"] == 1024


def test_norms_of_gemma_multiply_by_one_more() -> None:
    weight = np.array([0.5, -1.0], np.float32)
    assert family("gemma2").to_gguf("blk.0.post_ffw_norm.weight", weight, 4, 2).tolist() == [1.5, 0.0]
    assert family("gemma2").to_gguf("blk.0.attn_q.weight", weight, 4, 2).tolist() == weight.tolist()
    assert family("llama").to_gguf("output_norm.weight", weight, 4, 2).tolist() == weight.tolist()


def test_a_model_is_tied_where_it_says_so_or_its_family_always_is() -> None:
    assert family("gemma2").is_tied({}) and not family("gemma2").is_tied({"tie_word_embeddings": False})
    assert not family("qwen2").is_tied({}) and family("qwen2").is_tied({"tie_word_embeddings": True})


def test_families_of_one_architecture_write_the_same_file() -> None:
    found = of_architecture("llama")
    assert [one.name for one in found] == ["llama", "mistral"]
    assert found[0].targets == found[1].targets and found[0].operations == found[1].operations
    with pytest.raises(NoModel, match=r"mamba.*qwen2"):
        of_architecture("mamba")


def test_absent_and_null_values_are_right() -> None:
    family("llama").check({"rope_scaling": None, "hidden_act": "silu"})


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('use = "tie"', 'use = "transpose"', "transpose"),
        ('heads = "kv_heads"', 'heads = "all"', "permute_qk"),
        ('architecture = "llama"', 'flavour = "llama"', "architecture"),
        ('type = "float32"', 'type = "bfloat"', "bfloat"),
    ],
)
def test_a_wrong_table_is_refused_by_name(tmp_path, old: str, new: str, named: str) -> None:
    path = tmp_path / "llama.toml"
    path.write_text((data_dir("conversions") / "llama.toml").read_text(encoding="utf-8").replace(old, new))
    with pytest.raises(IntegrityError, match=named):
        load(path)


def test_dotted_look_up() -> None:
    assert look_up({"a": {"b": 3}}, "a.b") == 3
    assert look_up({"a": None}, "a.b") is None
