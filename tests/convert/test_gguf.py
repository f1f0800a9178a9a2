"""Writing GGUF: complete metadata, same bytes, quantised forms, every tensor accounted for by name."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import gguf as library
import numpy as np
import pytest
import safetensors.numpy

from plum_edge.convert import gguf, peft
from plum_edge.convert.families import family, permute_qk
from plum_edge.convert.gguf_header import BASE_SHA256, read
from plum_edge.errors import ForeignAdapter, NoModel, NoSpace
from tests import tiny
from tests.tiny import random_lora, tiny_base

LLAMA = family("llama")


def write(out: Path, state: dict[str, np.ndarray], dtype: gguf.AdapterType = "f32") -> Path:
    gguf.write_adapter(out, state, alpha=8.0, family=LLAMA, heads=tiny.HEADS, kv_heads=tiny.KV_HEADS, dtype=dtype)
    return out


def change(base: Path, **tensors: np.ndarray | None) -> None:
    """Replace, add or (None) remove tensors; ``__`` in a name stands for a dot."""
    state = safetensors.numpy.load_file(base / "model.safetensors")
    for name, value in tensors.items():
        state.pop(name.replace("__", "."), None)
        if value is not None:
            state[name.replace("__", ".")] = value
    safetensors.numpy.save_file(state, base / "model.safetensors")


def test_the_base_says_everything_that_llama_cpp_asks(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    gguf.write_base(base, tmp_path / "b.gguf")
    said = read(tmp_path / "b.gguf").metadata
    wanted = {
        "general.architecture": "llama",
        "general.type": "model",
        "general.name": "tiny",
        "general.file_type": 0,
        "llama.context_length": tiny.CONTEXT,
        "llama.embedding_length": tiny.HIDDEN,
        "llama.block_count": tiny.LAYERS,
        "llama.feed_forward_length": tiny.FFN,
        "llama.attention.head_count": tiny.HEADS,
        "llama.attention.head_count_kv": tiny.KV_HEADS,
        "llama.rope.dimension_count": tiny.HIDDEN // tiny.HEADS,
        "llama.rope.freq_base": 10000.0,
        "llama.vocab_size": tiny.VOCABULARY,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 6,
        "tokenizer.ggml.eot_token_id": 6,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_space_prefix": True,
        "tokenizer.chat_template": tiny.TEMPLATE,
    }
    assert {key: said.get(key) for key in wanted} == wanted
    assert said["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5)
    types = said["tokenizer.ggml.token_type"]
    assert types[:7] == [2, 3, 3, 3, 3, 3, 3]
    assert types[7:263] == [6] * 256 and set(types[263:]) == {1}
    assert len(said["tokenizer.ggml.tokens"]) == len(said["tokenizer.ggml.scores"]) == tiny.VOCABULARY


def test_the_gguf_package_reads_the_same_numbers(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    gguf.write_base(base, tmp_path / "b.gguf")
    source = safetensors.numpy.load_file(base / "model.safetensors")
    tensors = {t.name: t.data for t in library.GGUFReader(tmp_path / "b.gguf").tensors}
    assert (tensors["token_embd.weight"] == source["model.embed_tokens.weight"]).all()
    k = source["model.layers.1.self_attn.k_proj.weight"]
    assert (tensors["blk.1.attn_k.weight"] == permute_qk(k, tiny.KV_HEADS)).all()
    assert len(tensors) == len(source)


@pytest.mark.parametrize("dtype", ["f32", "f16", "q8_0", "q4_0"])
def test_the_same_base_gives_the_same_bytes(tmp_path: Path, dtype: gguf.BaseType) -> None:
    base = tiny_base(tmp_path)
    gguf.write_base(base, tmp_path / "1.gguf", dtype)
    gguf.write_base(base, tmp_path / "2.gguf", dtype)
    assert (tmp_path / "1.gguf").read_bytes() == (tmp_path / "2.gguf").read_bytes()
    assert (tmp_path / "1.gguf").stat().st_mode & 0o777 == 0o600


def test_q8_0_is_what_the_gguf_package_makes_and_near_the_weights(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    gguf.write_base(base, tmp_path / "q.gguf", "q8_0")
    stored = {t.name: t for t in library.GGUFReader(tmp_path / "q.gguf").tensors}
    up = stored["blk.0.ffn_up.weight"]
    assert up.tensor_type == library.GGMLQuantizationType.Q8_0
    assert stored["blk.0.attn_norm.weight"].tensor_type == library.GGMLQuantizationType.F32
    source = safetensors.numpy.load_file(base / "model.safetensors")["model.layers.0.mlp.up_proj.weight"]
    assert np.abs(library.dequantize(up.data, up.tensor_type) - source).max() < np.abs(source).max() / 100


@pytest.mark.parametrize("tied", [True, False])
def test_in_four_bits_the_words_have_eight_and_what_does_not_fit_is_f16(tmp_path: Path, tied: bool) -> None:
    base = tiny_base(tmp_path, tied=tied)
    config = json.loads((base / "config.json").read_text())
    narrow = np.ones((tiny.HIDDEN, 100), np.float32)
    wide = {
        f"model.layers.0.mlp.{name}_proj.weight": np.ones((100, tiny.HIDDEN), np.float32) for name in ("gate", "up")
    }
    change(
        base,
        model__layers__0__mlp__down_proj__weight=narrow,
        **{k.replace(".", "__"): v for k, v in wide.items()},
    )
    (base / "config.json").write_text(json.dumps({**config, "intermediate_size": 100}))
    gguf.write_base(base, tmp_path / "q.gguf", "q4_0")
    kinds = {t.name: t.tensor_type.name for t in library.GGUFReader(tmp_path / "q.gguf").tensors}
    assert kinds["blk.0.attn_q.weight"] == kinds["blk.1.ffn_up.weight"] == "Q4_0"
    assert kinds["token_embd.weight"] == "Q8_0" and kinds.get("output.weight", "Q8_0") == "Q8_0"
    assert ("output.weight" in kinds) is not tied
    assert kinds["blk.0.ffn_down.weight"] == "F16" and kinds["output_norm.weight"] == "F32"
    assert read(tmp_path / "q.gguf").metadata["general.file_type"] == 2


def test_an_untied_base_has_its_output(tmp_path: Path) -> None:
    gguf.write_base(tiny_base(tmp_path, tied=False), tmp_path / "b.gguf")
    assert "output.weight" in read(tmp_path / "b.gguf").tensors


def test_bfloat16_and_shards_give_the_same_file_as_one_f32_file(tmp_path: Path) -> None:
    import mlx.core as mx

    base = tiny_base(tmp_path)
    state = {k: mx.array(v).astype(mx.bfloat16) for k, v in mx.load(str(base / "model.safetensors")).items()}
    mx.save_safetensors(str(base / "model.safetensors"), {k: v.astype(mx.float32) for k, v in state.items()})
    gguf.write_base(base, tmp_path / "one.gguf")
    (base / "model.safetensors").unlink()
    halves = (list(state.items())[::2], list(state.items())[1::2])
    for n, half in enumerate(halves):
        mx.save_safetensors(str(base / f"model-0000{n}-of-00002.safetensors"), dict(half))
    gguf.write_base(base, tmp_path / "two.gguf")
    one, two = (read(tmp_path / f"{name}.gguf") for name in ("one", "two"))
    assert one.metadata.pop(BASE_SHA256) != two.metadata.pop(BASE_SHA256)
    assert (one.metadata, one.tensors) == (two.metadata, two.tensors)
    assert one.path.read_bytes()[one.data :] == two.path.read_bytes()[two.data :]


def test_unknown_and_missing_tensors_are_all_named(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    change(base, model__extra__weight=np.zeros(3, np.float32), odd=np.zeros(3, np.float32))
    change(base, model__layers__1__mlp__up_proj__weight=None)
    with pytest.raises(NoModel, match=r"model\.extra\.weight, odd; missing .*layers\.1\.mlp\.up_proj"):
        gguf.write_base(base, tmp_path / "b.gguf")
    assert list(tmp_path.glob("*b.gguf*")) == []


@pytest.mark.parametrize("name", ["config.json", "tokenizer.model", "model.safetensors"])
@pytest.mark.parametrize("content", [None, b"", b"\x00garbage\xff" * 50])
def test_an_incomplete_or_damaged_folder_is_refused(tmp_path: Path, name: str, content: bytes | None) -> None:
    base = tiny_base(tmp_path)
    (base / name).unlink()
    if name == "tokenizer.model":  # without it, tokenizer.json would do
        (base / "tokenizer.json").unlink()
    if content is not None:
        (base / name).write_bytes(content)
    with pytest.raises(NoModel, match=r"config|model") as caught:
        gguf.write_base(base, tmp_path / "b.gguf")
    assert caught.value.exit_code == 20
    assert list(tmp_path.glob("*b.gguf*")) == []


def test_a_configuration_that_lacks_a_number_is_refused(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    config = json.loads((base / "config.json").read_text())
    del config["rms_norm_eps"]
    (base / "config.json").write_text(json.dumps(config))
    with pytest.raises(NoModel, match="rms_norm_eps"):
        gguf.write_base(base, tmp_path / "b.gguf")


def test_the_adapter_reads_back_as_it_was(tmp_path: Path) -> None:
    state = random_lora(tiny_base(tmp_path), 4, 1)
    pairs, alpha, architecture = gguf.read_adapter(write(tmp_path / "a.gguf", state))
    assert (alpha, architecture, len(pairs)) == (8.0, "llama", len(state) // 2)
    a, b = peft.paired(state, tmp_path)["model.layers.0.self_attn.q_proj"]
    assert (pairs["blk.0.attn_q.weight"][0] == a).all()
    assert (pairs["blk.0.attn_q.weight"][1] == permute_qk(b, tiny.HEADS)).all()


@pytest.mark.parametrize("dtype", ["f32", "f16"])
def test_the_same_adapter_gives_the_same_bytes_in_any_order(tmp_path: Path, dtype: gguf.AdapterType) -> None:
    state = random_lora(tiny_base(tmp_path), 4, 1)
    first = write(tmp_path / "1.gguf", state, dtype).read_bytes()
    assert write(tmp_path / "2.gguf", dict(reversed(state.items())), dtype).read_bytes() == first


def test_modules_that_the_family_does_not_have_are_all_named(tmp_path: Path) -> None:
    state = random_lora(tiny_base(tmp_path), 4, 1)
    for module in ("model.embed_tokens", "model.layers.0.mlp.router"):
        for side, shape in (("A", (4, 8)), ("B", (8, 4))):
            state[f"base_model.model.{module}.lora_{side}.weight"] = np.ones(shape, np.float32)
    with pytest.raises(ForeignAdapter, match=r"embed_tokens, .*mlp\.router"):
        write(tmp_path / "a.gguf", state)
    assert list(tmp_path.glob("*a.gguf*")) == []


def test_a_base_is_no_adapter(tmp_path: Path) -> None:
    gguf.write_base(tiny_base(tmp_path), tmp_path / "b.gguf")
    with pytest.raises(ForeignAdapter, match="no LoRA adapter"):
        gguf.read_adapter(tmp_path / "b.gguf")


def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tiny_base(tmp_path)
    out = tmp_path / "out" / "a.gguf"
    before = write(out, random_lora(base, 4, 1)).read_bytes()

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace):
        write(out, random_lora(base, 4, 2))
    assert [path.name for path in out.parent.iterdir()] == ["a.gguf"]
    assert out.read_bytes() == before
