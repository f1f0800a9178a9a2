"""A GGUF must be the model that was trained: by its hash, by record, by norms and logits; and read text as it does."""

from __future__ import annotations

import json
from pathlib import Path

import gguf as library
import numpy as np
import pytest
import safetensors.numpy

from plum_edge.bases.base_check import check_same_model, check_tokenizer, likeness
from plum_edge.convert import bpe, gguf
from plum_edge.convert.gguf_header import BASE_SHA256, read
from plum_edge.errors import IntegrityError, NoModel
from plum_edge.paths import data_dir
from plum_edge.records import Message
from plum_edge.runtime import Runtime
from plum_edge.templates.tokens import ChatTokenizer
from tests import zoo
from tests.tiny import tiny_base

PLUM_TINY = data_dir("models") / "plum-tiny"


def foreign(path: Path, source: Path) -> Path:
    """Copy a GGUF as another tool would have made it: without our note of the weights."""
    reader = library.GGUFReader(source)
    architecture = str(reader.fields["general.architecture"].contents())
    writer = library.GGUFWriter(path, architecture)
    for key, field in reader.fields.items():
        if not key.startswith("GGUF.") and key not in ("general.architecture", BASE_SHA256):
            item = field.types[-1] if field.types[0] == library.GGUFValueType.ARRAY else None
            writer.add_key_value(key, field.contents(), field.types[0], item)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def made(base: Path, out: Path, dtype: gguf.BaseType = "f32") -> Path:
    gguf.write_base(base, out.with_suffix(".ours"), dtype)
    return foreign(out, out.with_suffix(".ours"))


def test_one_that_we_made_is_known_by_its_hash(tmp_path: Path) -> None:
    base, other = tiny_base(tmp_path / "a"), tiny_base(tmp_path / "b", seed=1)
    gguf.write_base(base, tmp_path / "g.gguf")
    assert check_same_model(tmp_path / "g.gguf", base, tmp_path / "known.json") == "hash"
    with pytest.raises(IntegrityError, match="made of other weights") as caught:
        check_same_model(tmp_path / "g.gguf", other, tmp_path / "known.json")
    assert caught.value.exit_code == 22 and not (tmp_path / "known.json").exists()


def test_one_from_elsewhere_is_probed_once(tmp_path: Path) -> None:
    base, records = tiny_base(tmp_path), tmp_path / "known.json"
    path = made(base, tmp_path / "g.gguf", "q8_0")
    assert check_same_model(path, base, records) == "probe"
    assert check_same_model(path, base, records) == "record"
    records.write_text("not json")
    assert check_same_model(path, base, records) == "probe"
    tiny_base(tmp_path, seed=1)  # other weights in the same place
    with pytest.raises(IntegrityError):
        check_same_model(path, base, records)


def test_other_norms_are_another_model(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    path = made(base, tmp_path / "g.gguf")
    state = safetensors.numpy.load_file(base / "model.safetensors")
    state["model.layers.0.input_layernorm.weight"] = state["model.layers.0.input_layernorm.weight"] * np.float32(1.05)
    safetensors.numpy.save_file(state, base / "model.safetensors")
    with pytest.raises(IntegrityError, match=r"attn_norm\.weight has other numbers"):
        check_same_model(path, base, tmp_path / "known.json")


def test_other_matrices_with_the_same_norms_are_another_model(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    path = made(base, tmp_path / "g.gguf")
    rng, state = np.random.default_rng(9), safetensors.numpy.load_file(base / "model.safetensors")
    changed = {n: v if v.ndim == 1 else rng.permutation(v.ravel()).reshape(v.shape) for n, v in state.items()}
    safetensors.numpy.save_file(changed, base / "model.safetensors")
    with pytest.raises(IntegrityError, match="its probabilities are as far"):
        check_same_model(path, base, tmp_path / "known.json")


def test_another_family_is_another_model(tmp_path: Path) -> None:
    path = made(zoo.base("qwen2", tmp_path), tmp_path / "g.gguf")
    with pytest.raises(IntegrityError, match="architecture is qwen2"):
        check_same_model(path, tiny_base(tmp_path), tmp_path / "known.json")


@pytest.mark.skipif(not (PLUM_TINY / "model.safetensors").is_file(), reason="models/plum-tiny has no weights yet")
@pytest.mark.parametrize("dtype", ["f16", "q8_0", "q4_0"])
def test_a_trained_model_in_few_bits_is_still_the_same(tmp_path: Path, dtype: gguf.BaseType) -> None:
    found = likeness(made(PLUM_TINY, tmp_path / "g.gguf", dtype), PLUM_TINY)
    assert found.share < 0.1 and found.agreement > 0.5


@pytest.mark.parametrize("name", zoo.FAMILIES)
def test_every_family_reads_text_as_its_own_tokenizer(name: str, tmp_path: Path) -> None:
    base = zoo.base(name, tmp_path)
    gguf.write_base(base, tmp_path / "g.gguf")
    check_tokenizer(tmp_path / "g.gguf", base)


@pytest.mark.parametrize("name", ["llama-3", "smollm2", "qwen3"])
def test_chat_and_added_tokens_are_carried_over(name: str, tmp_path: Path) -> None:
    base = zoo.base(name, tmp_path, bos_token_id=3)  # as Qwen has it: in config.json alone
    gguf.write_base(base, tmp_path / "g.gguf")
    said = read(tmp_path / "g.gguf").metadata
    tokens, end = said["tokenizer.ggml.tokens"], said["tokenizer.ggml.eot_token_id"]
    assert said["tokenizer.chat_template"] == zoo.CHATML
    assert tokens[said["tokenizer.ggml.eos_token_id"]] == "<|im_end|>" and said["tokenizer.ggml.bos_token_id"] == 3
    assert tokens[end] == "<|im_end|>" and said["tokenizer.ggml.add_bos_token"] is False
    own = ChatTokenizer(base, zoo.CHATML)
    messages = [Message("user", "use <tool> on <|im_end|> 123")]
    with Runtime(tmp_path / "g.gguf") as runtime:
        assert runtime.chat_ids(messages) == own.prompt(messages)
    assert own.prompt(messages).count(end) == 1 and own.prompt(messages).count(tokens.index("<tool>")) == 1


@pytest.mark.parametrize("wrong", ["qwen2", "gpt-2"])
def test_a_wrong_pre_is_found(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are cut by threes in the one, digit by digit or not at all in the others."""
    base = zoo.base("llama-3", tmp_path)
    monkeypatch.setattr(bpe, "PRE", dict.fromkeys(bpe.PRE, wrong))
    gguf.write_base(base, tmp_path / "g.gguf")
    with pytest.raises(NoModel, match="its own tokenizer as"):
        check_tokenizer(tmp_path / "g.gguf", base)


def test_a_way_of_cutting_that_has_no_name_is_refused(tmp_path: Path) -> None:
    base = zoo.base("qwen2", tmp_path)
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    tokenizer["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = r"\p{L}+"
    (base / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(NoModel, match="not known to agree"):
        gguf.write_base(base, tmp_path / "g.gguf")


def test_a_vocabulary_without_its_sentencepiece_model_reads_the_same(tmp_path: Path) -> None:
    """The merges stand in order in tokenizer.json: all that llama.cpp needs."""
    base = zoo.base("gemma-2", tmp_path)
    (base / "tokenizer.model").unlink()
    gguf.write_base(base, tmp_path / "g.gguf")
    check_tokenizer(tmp_path / "g.gguf", base)
