"""A base's weights out of one GGUF: numbers, names, config; logits against llama.cpp; and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf as library
import llama_cpp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge import bases
from plum_edge.backends import own_loaders, pick
from plum_edge.backends.base import Batch, LoraSpec, initial_state
from plum_edge.backends.memory import Plan
from plum_edge.convert import families, gguf, rope, verify
from plum_edge.convert.gguf_header import read
from plum_edge.convert.gguf_weights import GgufWeights
from plum_edge.convert.weights import FolderWeights, open_weights
from plum_edge.errors import NoModel
from plum_edge.paths import Home
from plum_edge.records import Message
from plum_edge.runtime import Runtime
from plum_edge.templates.tokens import ChatTokenizer
from tests import zoo
from tests.convert.smollm2 import needs_smollm2, smollm2

NAMES = sorted(zoo.FAMILIES)
BACKENDS = [name for name, why in pick.available().items() if not why]
PROMPTS = [[int(i) for i in np.random.default_rng(n).integers(3, 500, 40)] for n in range(8)]
"""320 places: eight texts of forty tokens, drawn by chance."""
if TYPE_CHECKING:
    from plum_edge.backends.torch_trainer import TorchTrainer

PROBES = 200
TOGETHER = 20
ASKED = (
    "Did we talk about {}?", "What did I say about {}?", "When did we discuss {}?", "Do you remember {}?",
    "Tell me something about {}.", "Why is {} important?", "Have I ever mentioned {}?", "How do people choose {}?",
    "Is there anything new about {}?", "Who told you about {}?",
)  # fmt: skip
ABOUT = (
    "the sourdough starter", "my sister", "the bicycle", "a letter from the bank", "the doctor", "our holiday in March",
    "the leaking tap", "the cat", "a film about the sea", "the new neighbours", "tomatoes", "the train to Leipzig",
    "my job interview", "the piano lessons", "the tax return", "running shoes", "the broken window", "Aunt Rosalind",
    "the birthday cake", "learning Spanish",
)  # fmt: skip
needs_peft = pytest.mark.skipif(not own_loaders.has_peft(), reason="PyTorch, transformers and PEFT are not installed")


def theirs(path: Path, prompts: list[list[int]] = PROMPTS) -> list[np.ndarray]:
    """Return llama.cpp's logits."""
    with Runtime(path, context=256, exact=True) as runtime:
        return [runtime.logits(ids) for ids in prompts]


def agreement(path: Path) -> float:
    """Return how often the trainer and llama.cpp have the same likeliest token, in `PROBES` places.

    A random model has no opinion in one place of ten; taken are places where the trainer's second choice is a tenth
    of the spread behind its first.
    """
    ours, other = (np.concatenate(rows) for rows in (own_loaders.mlx_logits(path, None, PROMPTS), theirs(path)))
    best = np.sort(ours, axis=-1)[:, -2:]
    decided = np.flatnonzero(best[:, 1] - best[:, 0] > 0.1 * ours.std())[:PROBES]
    assert decided.size == PROBES
    return verify.logit_report(ours[decided], other[decided], ours[decided]).agreement


def quantised(source: Path, out: Path, kind: int) -> Path:
    """Quantise a GGUF as llama.cpp itself does."""
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = kind
    settings.nthread = 1
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(out).encode(), settings) == 0
    return out


def edited(source: Path, out: Path, change: Callable[[dict[str, Any]], None], drop: str = "", extra: str = "") -> Path:
    """Copy a GGUF with other metadata, without one tensor, or with one more."""
    reader = library.GGUFReader(source)
    fields = {
        key: (field.contents(), field.types[0], field.types[-1] if len(field.types) > 1 else None)
        for key, field in reader.fields.items()
        if not key.startswith("GGUF.")
    }
    values = {key: content for key, (content, *_) in fields.items()}
    change(values)
    writer = library.GGUFWriter(out, str(values.pop("general.architecture")))
    types = library.GGUFValueType
    kinds = {bool: types.BOOL, int: types.UINT32, float: types.FLOAT32, str: types.STRING}
    for key, content in values.items():
        if key in fields:
            writer.add_key_value(key, content, fields[key][1], fields[key][2])
        else:
            writer.add_key_value(key, content, kinds[type(content)])
    for tensor in reader.tensors:
        if tensor.name != drop:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    if extra:
        writer.add_tensor(extra, np.zeros((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def base(name: str, tmp_path: Path, **changes: Any) -> tuple[Path, Path]:
    """Return a tiny model of a family and its f32 GGUF."""
    folder = zoo.base(name, tmp_path, **changes)
    gguf.write_base(folder, tmp_path / f"{name}.gguf")
    return folder, tmp_path / f"{name}.gguf"


# -- numbers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_way_there_and_back_gives_the_same_tensors(name: str, tmp_path: Path) -> None:
    folder, path = base(name, tmp_path)
    ours, back = FolderWeights(folder), open_weights(path)
    assert ours.shapes == back.shapes
    for tensor in ours.shapes:
        assert np.abs(ours.read(tensor) - back.read(tensor)).max() <= 2e-7, tensor  # Gemma's norms: plus one, less one


@pytest.mark.parametrize("name", NAMES)
def test_the_config_comes_back(name: str, tmp_path: Path) -> None:
    folder, path = base(name, tmp_path)
    ours, back = FolderWeights(folder).config, open_weights(path).config
    family = families.family(str(back["model_type"]))
    for entry in family.metadata:
        sizes = [{**family.sizes(config), "vocab_size": config["vocab_size"]} for config in (ours, back)]
        there, here = family.value(entry, ours, sizes[0]), family.value(entry, back, sizes[1])
        assert here == there if there is None else here == pytest.approx(there, rel=1e-6), entry.key
    assert family.is_tied(back) == family.is_tied(ours)
    head_dim = family.sizes(ours)["rotary_dim"]
    for factors in (rope.tensors(ours, head_dim), rope.tensors(back, head_dim)):
        assert factors.keys() == rope.tensors(ours, head_dim).keys()
    for key, values in rope.tensors(ours, head_dim).items():
        np.testing.assert_allclose(rope.tensors(back, head_dim)[key], values, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_mlx_on_the_files_numbers_computes_what_llama_cpp_does(name: str, tmp_path: Path) -> None:
    _, path = base(name, tmp_path)
    bound = GgufWeights(path).family.logit_bound
    for ours, other in zip(own_loaders.mlx_logits(path, None, PROMPTS), theirs(path), strict=True):
        assert np.abs(ours - other).max() <= bound


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_trainer_computes_the_same_of_a_gguf_as_of_the_folder(backend: str, name: str, tmp_path: Path) -> None:
    folder, path = base(name, tmp_path)
    spec = LoraSpec(4, 8.0, tuple(target.split(".")[-1] for target in GgufWeights(path).family.targets))
    made = [pick.make(pick.Choice(backend, "tested", {}), open_weights(place), spec, 1) for place in (folder, path)]
    state = initial_state(made[0].shapes(), 0)
    for trainer in made:
        trainer.load(state)
    assert made[0].shapes() == made[1].shapes()
    assert np.abs(made[0].logits(PROMPTS[0]) - made[1].logits(PROMPTS[0])).max() <= 1e-5


@needs_peft
@pytest.mark.parametrize("name", NAMES)
def test_transformers_on_the_files_numbers_computes_what_llama_cpp_does(name: str, tmp_path: Path) -> None:
    _, path = base(name, tmp_path)
    bound = GgufWeights(path).family.logit_bound
    for ours, other in zip(own_loaders.peft_logits(path, None, PROMPTS), theirs(path), strict=True):
        assert np.abs(ours - other).max() <= bound


@needs_peft
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("llama-2", {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}),
        ("phi", {"rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.5, 1.7, 2.0, 2.5, 3.0],
                                  "long_factor": [4.0] * 8}, "max_position_embeddings": 1024, "sliding_window": None}),
    ],
)  # fmt: skip
def test_scaled_rotary_embeddings_come_back_for_both_frameworks(
    name: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    _, path = base(name, tmp_path, **changes)
    for logits in (own_loaders.mlx_logits, own_loaders.peft_logits):
        for ours, other in zip(logits(path, None, PROMPTS), theirs(path), strict=True):
            assert np.abs(ours - other).max() <= 1e-4


@given(
    factor=st.sampled_from([2.0, 8.0, 32.0]),
    original=st.sampled_from([2048, 8192]),
    theta=st.sampled_from([10000.0, 500000.0]),
    dim=st.sampled_from([16, 64, 128]),
)
@settings(max_examples=40)
def test_the_scaling_of_any_llama_3_comes_back(factor: float, original: int, theta: float, dim: int) -> None:
    scaling = {
        "rope_type": "llama3", "factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": original,
    }  # fmt: skip
    factors = rope.tensors({"model_type": "llama", "rope_theta": theta, "rope_scaling": scaling}, dim)
    config = {"rope_theta": theta, "max_position_embeddings": 131072}
    back = rope.from_gguf({}, "llama", factors, config, dim)
    again = rope.tensors({"model_type": "llama", "rope_theta": theta, **back}, dim)
    np.testing.assert_allclose(again["rope_freqs.weight"], factors["rope_freqs.weight"], rtol=1e-4)


def test_factors_of_nobody_are_refused() -> None:
    strange = {"rope_freqs.weight": np.linspace(1, 9, 8).astype(np.float32) ** 2}
    with pytest.raises(ValueError, match="not those of a Llama 3"):
        rope.from_gguf({}, "llama", strange, {"rope_theta": 10000.0, "max_position_embeddings": 100}, 16)


# -- quantised ---------------------------------------------------------------------------------------------------------

WIDE = {"hidden_size": 256, "intermediate_size": 512, "head_dim": 64}
TYPES = {"Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18, "BF16": 32}
"""LLAMA_FTYPE of llama.h."""


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_quantised_file_is_trained_on_the_numbers_that_it_holds(kind: str, tmp_path: Path) -> None:
    _, whole = base("llama-2", tmp_path, **WIDE)
    path = quantised(whole, tmp_path / f"{kind}.gguf", TYPES[kind])
    held = {library.GGMLQuantizationType(tensor.kind).name for tensor in read(path).tensors.values()}
    assert kind.removesuffix("_M") in held
    assert agreement(path) >= 0.97
    gguf.write_base(path, tmp_path / "again.gguf", vocabulary=False)
    for ours, other in zip(own_loaders.mlx_logits(path, None, PROMPTS), theirs(tmp_path / "again.gguf"), strict=True):
        assert np.abs(ours - other).max() <= 1e-4


@pytest.mark.parametrize("name", ["qwen3", "gemma-2", "phi"])
def test_other_families_in_four_bits(name: str, tmp_path: Path) -> None:
    wide = {**WIDE, "query_pre_attn_scalar": 64} if "gemma" in name else WIDE
    _, whole = base(name, tmp_path, **wide)
    path = quantised(whole, tmp_path / "q.gguf", TYPES["Q8_0"])
    assert agreement(path) >= 0.97


def logits_on(path: Path, prompts: list[list[int]]) -> list[np.ndarray]:
    """Return what the trainer computes: PyTorch where it is installed, ten times as fast as MLX."""
    if pick.available()["torch"]:
        return own_loaders.mlx_logits(path, None, prompts)
    trainer = opened(path)
    return [trainer.logits(ids) for ids in prompts]


def opened(path: Path) -> TorchTrainer:
    """Return PyTorch's trainer on a base as it is: B is 0."""
    from plum_edge.backends import torch_trainer

    trainer = torch_trainer.trainer(open_weights(path), LoraSpec(1, 1.0, ("q_proj",)), 1, Plan(32), "f32")
    assert isinstance(trainer, torch_trainer.TorchTrainer)
    trainer.load(initial_state(trainer.shapes(), 0))
    return trainer


def last_logits_on(path: Path, prompts: list[list[int]]) -> np.ndarray:
    """Return the same after each prompt, (n, vocabulary): many prompts at once, for the weights are read each time."""
    if pick.available()["torch"]:
        return np.stack([rows[-1] for rows in logits_on(path, prompts)])
    import torch

    from plum_edge.backends.torch_layout import pack

    trainer = opened(path)
    found = []
    for start in range(0, len(prompts), TOGETHER):
        part = prompts[start : start + TOGETHER]
        inputs = np.zeros((len(part), max(map(len, part))), np.int32)
        asked = np.zeros(inputs.shape, np.float32)
        for row, ids in enumerate(part):
            inputs[row, : len(ids)], asked[row, len(ids) - 1] = ids, 1.0
        with torch.no_grad():
            hidden = trainer.decoder.hidden(pack(Batch(inputs, inputs, asked, len(part))))
            found.append(trainer.decoder.logits(hidden).numpy())
    return np.concatenate(found)


@needs_smollm2
def test_smollm2_in_four_bits_agrees_with_llama_cpp(tmp_path: Path) -> None:
    path = smollm2()
    base = bases.base(str(path), Home(tmp_path))
    tokenizer = ChatTokenizer(base.folder, base.chat_template)
    asked = [Message("user", words.format(what)) for words in ASKED for what in ABOUT]
    assert len(asked) == PROBES
    # with a short system message, as the template's own is three times as long as a question
    prompts = [tokenizer.prompt([Message("system", "Answer."), message]) for message in asked]
    ours = last_logits_on(path, prompts)
    with Runtime(path, context=256, exact=True) as runtime:
        other = np.concatenate([runtime.tail(ids, 1) for ids in prompts])
    # llama.cpp rounds activations to 8 bits where weights have 4: logits differ by up to 1.2, near ties fall either way
    second, first = np.sort(ours, axis=1)[:, -2:].T  # likeliest and next
    decided = first - second > 0.5
    assert decided.mean() > 0.5
    assert verify.logit_report(ours, other, ours).agreement >= 0.92
    assert verify.logit_report(ours[decided], other[decided], ours[decided]).agreement >= 0.97


@needs_smollm2
def test_smollm2_in_f32_of_its_numbers_agrees_to_the_fourth_digit(tmp_path: Path) -> None:
    gguf.write_base(smollm2(), tmp_path / "whole.gguf", vocabulary=False)
    ours = logits_on(smollm2(), PROMPTS[:2])
    rounded = theirs(smollm2(), PROMPTS[:2])
    for rows, other, four in zip(ours, theirs(tmp_path / "whole.gguf", PROMPTS[:2]), rounded, strict=True):
        off = np.abs(other - rows).max()
        assert off <= 1e-4 * max(1.0, float(np.abs(rows).max()))
        assert np.abs(four - other).max() > 100 * off, "what is left on the file itself is llama.cpp's own rounding"


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return base("llama-2", tmp_path)[1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"general.architecture": "mamba"}, "architecture 'mamba'"),
        ({"general.architecture": "clip", "general.type": "mmproj"}, "sees pictures"),
        ({"general.type": "adapter"}, "an adapter, not a model"),
        ({"llama.expert_count": 8}, "mixture of experts"),
        ({"llama.pooling_type": 1}, "an embedding model"),
        ({"general.architecture": "nomic-bert"}, "an embedding model"),
        ({"split.count": 3}, "one of 3 parts"),
        ({"llama.rope.scaling.type": "yarn"}, "'yarn'"),
        ({"llama.block_count": 3}, "lacks tensors of a llama model: blk.2"),
        ({"llama.block_count": 1}, "has not: blk.1"),
        ({"llama.block_count": 4_000_000_000}, "announces 4,000,000,000 layers"),
        ({"llama.attention.head_count": None}, "llama.attention.head_count"),
    ],
)
def test_what_is_no_base_is_refused_with_the_reason(change: dict[str, Any], says: str, tiny: Path) -> None:
    def apply(values: dict[str, Any]) -> None:
        for key, value in change.items():
            values.pop(key, None)
            if value is not None:
                values[key] = value

    path = edited(tiny, tiny.with_name("x.gguf"), apply)
    with pytest.raises(NoModel, match=says) as caught:
        GgufWeights(path).check()
    assert caught.value.exit_code == 20


def test_a_missing_and_an_unknown_tensor_are_named(tiny: Path) -> None:
    path = edited(tiny, tiny.with_name("x.gguf"), lambda _: None, drop="blk.1.ffn_up.weight")
    with pytest.raises(NoModel, match=r"lacks tensors of a llama model: blk\.1\.ffn_up\.weight"):
        GgufWeights(path).check()
    path = edited(tiny, tiny.with_name("y.gguf"), lambda _: None, extra="blk.0.ffn_gate_exps.weight")
    with pytest.raises(NoModel, match=r"ffn_gate_exps"):
        GgufWeights(path).check()


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.999])
def test_a_truncated_file_is_refused_before_anything_is_read(kept: float, tmp_path: Path) -> None:
    _, whole = base("llama-2", tmp_path, **WIDE)
    path = quantised(whole, tmp_path / "q.gguf", TYPES["Q4_K_M"])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(NoModel, match=r"the file ends before tensor|cut short"):
        GgufWeights(path).check()


def test_a_part_is_known_by_its_name(tiny: Path) -> None:
    part = tiny.rename(tiny.with_name("model-00001-of-00002.gguf"))
    with pytest.raises(NoModel, match=r"one of 2 parts.*llama-gguf-split --merge"):
        GgufWeights(part).check()


@pytest.mark.parametrize(("number", "called"), [(9, "Q8_1"), (15, "Q8_K"), (250, "type 250")])
def test_a_quantisation_that_nobody_can_read_is_named(number: int, called: str, tiny: Path) -> None:
    content = bytearray(tiny.read_bytes())
    name = b"blk.1.ffn_up.weight"
    at = content.index(name) + len(name) + 4 + 2 * 8
    content[at : at + 4] = number.to_bytes(4, "little")
    path = tiny.with_name("x.gguf")
    path.write_bytes(content)
    with pytest.raises(NoModel, match=rf"cannot be read for training: blk\.1\.ffn_up\.weight \({called}\)"):
        GgufWeights(path).check()


def test_the_config_is_plain_json(tiny: Path) -> None:
    assert json.loads(json.dumps(dict(open_weights(tiny).config)))["model_type"] == "llama"
