"""Families: every shipped one loads; operations do what llama.cpp's converter does; what is unknown is refused."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.convert.families import family, load, look_up, permute_qk, stem
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
    [{"rope_scaling": {"rope_type": "llama3"}}, {"hidden_act": "gelu"}, {"rope_parameters": {"rope_type": "yarn"}}],
)
def test_a_model_that_would_come_out_wrong_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(NoModel, match=r"llama3|gelu|yarn"):
        family("llama").check(config)


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
