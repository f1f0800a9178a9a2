"""Writes GGUF: a base model, or an adapter; reads an adapter back. The same input gives the same bytes.

The formats are in conversions/README.md. Names come from gguf's own tensor-name map, what else a family needs from
conversions/*.toml. Knows nothing of runtimes or trainers; does not check numerics (verify.py does).
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from plum_edge.convert import gguf_header, peft, rope, tensors
from plum_edge.convert import vocabulary as words
from plum_edge.convert.families import Family, family, stem
from plum_edge.convert.fuse import fused
from plum_edge.convert.lora import Lora
from plum_edge.convert.names import name_map, natural
from plum_edge.convert.weights import Part, open_weights
from plum_edge.errors import ForeignAdapter, NoModel
from plum_edge.paths import disk_errors, fsync, fsync_dir, rename

AdapterType = Literal["f32", "f16"]
BaseType = Literal["f32", "f16", "q8_0", "q4_0"]

_FILE_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 7}
"""LLAMA_FTYPE_ALL_F32, MOSTLY_F16, MOSTLY_Q4_0, MOSTLY_Q8_0 of llama.h."""
_BLOCK = 32
"""Numbers that share a scale, in q8_0 and q4_0. The K-quants share 256, which the widths of small models are not."""
_OUTER = ("token_embd", "output")
"""Four bits are too few for these: the first is looked up, and either may choose the next word."""
_SUFFIXES = (".weight", ".bias")


def write_adapter(
    out: Path,
    state: Mapping[str, np.ndarray],
    *,
    alpha: float,
    family: Family,
    heads: int,
    kv_heads: int,
    dtype: AdapterType = "f32",
    outer: Collection[str] = (),
    base_sha256: str = "",
    on_gguf: bool = False,
) -> None:
    """Write an adapter for llama.cpp. ``state`` has PEFT's names: A (r, in), B (out, r).

    ``outer``: modules outside the layers (`lora.OUTER`) that it may change. ``base_sha256`` says for which base it is,
    so that `adapter_check` can tell another one of the same shapes; ``on_gguf``: that is the hash of one GGUF file.

    Raises:
        ForeignAdapter: tensors that this family does not have, each named; A without B; shapes that do not fit.
        NoSpace, StoreError: as the disk says.
    """
    pairs = peft.paired(state, out)
    layers = 1 + max((int(n) for module in pairs for n in re.findall(r"\.layers\.(\d+)\.", module)), default=0)
    names = name_map(family, layers)
    foreign = [m for m in pairs if not (_is_target(m, family) or m in outer) or names.get_name(m) is None]
    if foreign:
        raise ForeignAdapter(out, f"{family.name} models have no {', '.join(sorted(foreign))}")
    plain = np.dtype(np.float16 if dtype == "f16" else np.float32)
    with _writer(out, family.architecture) as writer:
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", float(alpha))
        writer.add_file_type(_FILE_TYPES[dtype])
        if base_sha256:
            key = gguf_header.BASE_GGUF_SHA256 if on_gguf else gguf_header.BASE_SHA256
            writer.add_string(key, base_sha256)
        stored = {f"{names.get_name(module)}.weight": pair for module, pair in pairs.items()}
        for name in sorted(stored, key=natural):
            a, b = stored[name]
            # llama.cpp looks rows of the embedding's A up by token.
            writer.add_tensor(f"{name}.lora_a", np.ascontiguousarray(a.T if stem(name) == "token_embd" else a, plain))
            writer.add_tensor(f"{name}.lora_b", np.ascontiguousarray(family.to_gguf(name, b, heads, kv_heads), plain))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def read_adapter(path: Path) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], float, str]:
    """Return ({GGUF name of the weight: (A (r, in), B (out, r))}, alpha, architecture); rows of B as the file has them.

    Raises:
        ForeignAdapter: no GGUF, no LoRA adapter, or incomplete.
    """
    try:
        header = gguf_header.read(path)
        if header.metadata.get("general.type") != "adapter" or header.metadata.get("adapter.type") != "lora":
            raise ForeignAdapter(path, "it is a GGUF file, but no LoRA adapter")
        names = sorted({name.removesuffix(".lora_a").removesuffix(".lora_b") for name in header.tensors}, key=natural)
        whole = {f"{name}.lora_{side}" for name in names for side in "ab"}
        if strange := sorted(whole ^ header.tensors.keys(), key=natural):
            raise ForeignAdapter(
                path, f"not both of lora_a and lora_b are there, or neither is meant: {', '.join(strange)}"
            )
        pairs = {name: (header.array(f"{name}.lora_a"), header.array(f"{name}.lora_b")) for name in names}
        if embedding := pairs.get("token_embd.weight"):
            pairs["token_embd.weight"] = (np.ascontiguousarray(embedding[0].T), embedding[1])
        alpha = float(header.metadata["adapter.lora.alpha"])
        return pairs, alpha, str(header.metadata["general.architecture"])
    except gguf_header.NotGguf as error:
        raise ForeignAdapter(path, str(error)) from error
    except KeyError as error:
        raise ForeignAdapter(path, f"it does not say {error}") from error


def write_base(
    place: Path,
    out: Path,
    dtype: BaseType = "f32",
    *,
    vocabulary: bool = True,
    lora: Lora | None = None,
    text: Path | None = None,
) -> None:
    """Write a base model (a folder in Hugging Face's layout, or a GGUF) as GGUF: every matrix as ``dtype``, norms f32.

    Rows that cannot be quantised (not divisible by 32) are f16. In a q4_0 file embedding and output are q8_0. One
    tensor is in memory at a time. Without ``vocabulary`` the file is for ids alone, and no tokenizer is asked for.
    ``lora`` is added into the weights; the file does not say then that it is the base. ``text``: the folder of its
    tokenizer, where that is not ``place``.

    Raises:
        NoModel: the folder holds no model that can be converted; unknown or missing tensors, each named.
        NoSpace, StoreError: as the disk says.
    """
    config, kind, stored = sources(place, lora)
    sizes = {**kind.sizes(config), "vocab_size": stored["token_embd.weight"].shape[0]}
    factors = rope.tensors(config, sizes["rotary_dim"])
    with _writer(out, kind.architecture) as writer:
        _describe(writer, kind, config, sizes, place.stem, dtype, "" if lora else open_weights(place).sha256)
        if vocabulary:
            _add_vocabulary(writer, words.read(text or place, sizes["vocab_size"], kind.vocabularies))
        else:
            writer.add_tokenizer_model("no_vocab")
        for name, shape in {n: t.shape for n, t in (stored | factors).items()}.items():
            numpy_type, ggml_type, stored_shape, size = _layout(name, shape, dtype)
            writer.add_tensor_info(name, stored_shape, numpy_type, size, raw_dtype=ggml_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for name, tensor in stored.items():
            values = kind.to_gguf(name, tensor.read(), sizes["heads"], sizes["kv_heads"])
            writer.write_tensor_data(_data(values, _stored_type(name, values.shape, dtype)))
        for values in factors.values():
            writer.write_tensor_data(values)


def sources(place: Path, lora: Lora | None = None) -> tuple[dict[str, Any], Family, dict[str, tensors.Tensor]]:
    """Return a model's config.json, its family, and the weight of each tensor of its GGUF, by GGUF's name.

    ``place`` is a folder of weights, or a GGUF. With ``lora`` each reads as that adapter changes it.

    Raises:
        NoModel: there is no model that can be converted; unknown or missing tensors, each named.
    """
    weights = open_weights(place)
    config = dict(weights.config)
    if not config:
        raise NoModel(place.name, f"there is no config.json in {place}")
    kind = family(str(config.get("model_type")))
    kind.check(config)
    found: dict[str, tensors.Tensor] = {name: Part(weights, name) for name in weights.shapes}
    return config, kind, _named(found if lora is None else fused(found, lora), kind, config, place)


def _named(
    found: Mapping[str, tensors.Tensor], kind: Family, config: Mapping[str, Any], place: Path
) -> dict[str, tensors.Tensor]:
    """Return the tensors that the GGUF holds, under its names and in its order; refuse unknown and missing ones."""
    layers = int(config.get("num_hidden_layers") or 0)
    names = name_map(kind, layers)
    named = {name: names.get_name(name, try_suffixes=_SUFFIXES) for name in found}
    unknown = sorted((name for name, gguf_name in named.items() if gguf_name is None), key=natural)
    kept = {g: found[name] for name, g in named.items() if g is not None and not kind.drops(g, config)}
    wanted = _expected(kind, layers) + ([] if kind.is_tied(config) else ["lm_head"])
    missing = [m for m in wanted if f"{names.get_name(m)}.weight" not in kept]
    if unknown or missing:
        parts = [f"unknown tensors {', '.join(unknown)}"] if unknown else []
        parts += [f"missing tensors {', '.join(missing)}"] if missing else []
        raise NoModel(place.name, "; ".join(parts))
    return {name: kept[name] for name in sorted(kept, key=natural)}


def _expected(kind: Family, layers: int) -> list[str]:
    return ["model.embed_tokens", "model.norm"] + [f"model.layers.{n}.{t}" for n in range(layers) for t in kind.targets]


def _describe(
    writer: Any, kind: Family, config: Mapping[str, Any], sizes: Mapping[str, int], name: str, dtype: BaseType,
    sha256: str,
) -> None:  # fmt: skip
    """Write all metadata but the vocabulary: general, hyperparameters. ``sha256``: of the weights, if it is a base."""
    writer.add_type("model")
    writer.add_name(name)
    writer.add_file_type(_FILE_TYPES[dtype])
    if sha256:
        writer.add_string(gguf_header.BASE_SHA256, sha256)
    if dtype in ("q8_0", "q4_0"):
        writer.add_quantization_version(2)
    for entry in kind.metadata:
        value = kind.value(entry, config, sizes)
        if value is not None:
            add = writer.add_uint32 if entry.kind == "uint32" else writer.add_float32
            add(f"{kind.architecture}.{entry.key}", value)
    for key, of_rope in rope.metadata(config).items():
        number = writer.add_uint32 if isinstance(of_rope, int) else writer.add_float32
        (writer.add_string if isinstance(of_rope, str) else number)(f"{kind.architecture}.{key}", of_rope)


def _add_vocabulary(writer: Any, vocabulary: words.Vocabulary) -> None:
    """Write pieces, special ids and the chat template."""
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.pieces)
    if vocabulary.merges:
        writer.add_token_merges(vocabulary.merges)
    else:
        writer.add_token_scores(vocabulary.scores)
    writer.add_token_types(vocabulary.types)
    for role, number in vocabulary.special.items():
        writer.add_uint32(f"tokenizer.ggml.{role}_token_id", number)
    writer.add_add_bos_token(vocabulary.add_bos)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(vocabulary.space_prefix)
    if vocabulary.template is not None:
        writer.add_chat_template(vocabulary.template)


def _layout(name: str, shape: tuple[int, ...], dtype: BaseType) -> tuple[np.dtype[Any], Any, tuple[int, ...], int]:
    """Return numpy's type, ggml's type (None: the same), shape and bytes of a tensor as it will be stored."""
    import gguf

    kind = _stored_type(name, shape, dtype)
    if kind in ("q8_0", "q4_0"):
        quantised = gguf.GGMLQuantizationType[kind.upper()]
        in_bytes = tuple(gguf.quant_shape_to_byte_shape(shape, quantised))
        return np.dtype(np.uint8), quantised, in_bytes, math.prod(in_bytes)
    plain: np.dtype[Any] = np.dtype(np.float32 if kind == "f32" else np.float16)
    return plain, None, shape, math.prod(shape) * plain.itemsize


def _data(values: np.ndarray, kind: BaseType) -> np.ndarray:
    import gguf

    return np.ascontiguousarray(gguf.quantize(values, gguf.GGMLQuantizationType[kind.upper()]))


def _stored_type(name: str, shape: tuple[int, ...], dtype: BaseType) -> BaseType:
    if len(shape) < 2:
        return "f32"
    if dtype in ("q8_0", "q4_0") and shape[-1] % _BLOCK:
        return "f16"
    return "q8_0" if dtype == "q4_0" and stem(name) in _OUTER else dtype


def _is_target(module: str, kind: Family) -> bool:
    return any(re.fullmatch(rf"model\.layers\.\d+\.{re.escape(target)}", module) for target in kind.targets)


@contextlib.contextmanager
def _writer(target: Path, architecture: str) -> Iterator[Any]:
    """Give a `gguf.GGUFWriter` whose file becomes ``target`` when the block ends well, and vanishes when it does not.

    `paths.atomic_write` gives an open file; the writer wants a path.
    """
    import gguf

    with disk_errors(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        writer = gguf.GGUFWriter(temporary, architecture)
        try:
            yield writer
            writer.close()
            with temporary.open("rb+") as file:
                fsync(file.fileno(), target)
            rename(temporary, target)
            fsync_dir(target.parent)
        except BaseException:
            writer.close()
            temporary.unlink(missing_ok=True)
            raise
