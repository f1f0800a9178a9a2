"""A base's weights out of one GGUF: dequantised by the `gguf` package, under Hugging Face's names and in their order.

So the trainer works on the very numbers that llama.cpp makes of the same bytes. A tensor is dequantised when it is read
and kept nowhere. Everything that cannot be right is refused before anything is read, by name. Knows nothing of
frameworks or tokenizers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.convert import gguf_config, gguf_header, rope
from plum_edge.convert.families import Family, of_architecture
from plum_edge.convert.names import name_map, natural
from plum_edge.errors import NoModel
from plum_edge.paths import remembered_sha256

_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
_SHOWN = 5


class GgufWeights:
    """`Weights` of a GGUF file of any quantisation that the `gguf` package reads.

    Raises:
        NoModel: it is damaged, no language model, of a family or in a type that is not read here; at first use.
    """

    def __init__(self, path: Path) -> None:
        self.place = path

    @property
    def sha256(self) -> str:
        """SHA-256 of the file."""
        return remembered_sha256(self.place)

    @cached_property
    def header(self) -> gguf_header.Header:
        """What the file says of itself."""
        try:
            header = gguf_header.read(self.place)
        except gguf_header.NotGguf as error:
            raise NoModel(str(self.place), str(error)) from error
        if why := _no_base(header):
            raise NoModel(str(self.place), why)
        return header

    @cached_property
    def family(self) -> Family:
        """The family of its architecture. A Mistral is a Llama here, as it is to llama.cpp."""
        architecture = str(self.header.metadata.get("general.architecture"))
        try:
            kinds = of_architecture(architecture)
        except NoModel as error:
            raise NoModel(str(self.place), f"it is of the architecture {architecture!r}: {error.why}") from error
        return kinds[0]

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """What config.json would say."""
        header, embedding = self.header, self.header.tensors.get("token_embd.weight")
        if embedding is None or len(embedding.shape) != 2:
            raise NoModel(str(self.place), "it has no embedding (token_embd.weight)")
        try:
            factors = {name: header.array(name) for name in rope.FACTORS if name in header.tensors}
            config = gguf_config.config(
                self.family, header.metadata, factors,
                vocabulary=embedding.shape[0], tied="output.weight" not in header.tensors,
            )  # fmt: skip
        except ValueError as error:
            raise NoModel(str(self.place), str(error)) from error
        self.family.check(config)
        return config

    def check(self) -> None:
        """Refuse what cannot be right: tensors by name and type, and that the file holds them whole. Reads no values.

        Raises:
            NoModel: says what is wrong.
        """
        _ = self._names

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Name → shape of every tensor."""
        return {name: self.header.tensors[stored].shape for name, stored in self._names.items()}

    def read(self, name: str) -> np.ndarray:
        """Return one tensor in f32."""
        import gguf

        stored = self._names[name]
        tensor = self.header.tensors[stored]
        kind = gguf.GGMLQuantizationType(tensor.kind)
        shape = tuple(gguf.quant_shape_to_byte_shape(tensor.shape, kind))
        raw = np.memmap(self.place, np.uint8, "r", self.header.data + tensor.offset, shape)
        values = np.asarray(gguf.dequantize(np.asarray(raw), kind), np.float32).reshape(tensor.shape)
        sizes = self._sizes
        rows = self.family.from_gguf(stored, values, sizes["heads"], sizes["kv_heads"])
        return np.require(rows, requirements=("C", "W", "O"))

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return self.family.sizes(self.config)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Hugging Face's name of each tensor → the file's; those that the family leaves out are not there.

        Raises:
            NoModel: unknown or missing tensors, or types that cannot be dequantised, each named.
        """
        config, there = self.config, self.header.tensors
        layers = int(config["num_hidden_layers"])
        if layers > len(there):
            raise NoModel(str(self.place), f"it announces {layers:,} layers and has {len(there)} tensors")
        map_ = name_map(self.family, layers)
        wanted = {
            name: f"{map_.get_name(name.rpartition('.')[0])}.{name.rpartition('.')[2]}"
            for name in self.family.tensors(layers, tied=bool(config["tie_word_embeddings"]))
        }
        dropped = {name for name in there if self.family.drops(name, config)} | set(rope.FACTORS)
        if unknown := there.keys() - set(wanted.values()) - dropped:
            raise NoModel(str(self.place), f"it has tensors that a {self.family.name} model has not: {_some(unknown)}")
        if missing := set(wanted.values()) - there.keys():
            raise NoModel(str(self.place), f"it lacks tensors of a {self.family.name} model: {_some(missing)}")
        self._readable(set(wanted.values()))
        return wanted

    def _readable(self, names: set[str]) -> None:
        """Refuse tensors of types that cannot be dequantised, and those that the file ends before."""
        import gguf

        size, strange = self.place.stat().st_size, []
        for name in sorted(names, key=natural):
            tensor = self.header.tensors[name]
            try:
                kind = gguf.GGMLQuantizationType(tensor.kind)
                _, bytes_of_block = gguf.GGML_QUANT_SIZES[kind]
                gguf.dequantize(np.zeros((1, bytes_of_block), np.uint8), kind)
                length = math.prod(gguf.quant_shape_to_byte_shape(tensor.shape, kind))
            except (ValueError, KeyError, NotImplementedError):
                strange.append(f"{name} ({_kind(tensor.kind)})")
                continue
            if self.header.data + tensor.offset + length > size:
                raise NoModel(str(self.place), f"the file ends before tensor {name} does", "Download it again.")
        if strange:
            raise NoModel(
                str(self.place),
                f"it has tensors in a quantisation that cannot be read for training: {_some(strange)}",
                "Take a file in another one: Q4_K_M or Q8_0, for example.",
            )


def _kind(number: int) -> str:
    import gguf

    try:
        return str(gguf.GGMLQuantizationType(number).name)
    except ValueError:
        return f"type {number}"


def _some(names: set[str] | list[str]) -> str:
    listed = sorted(names, key=natural)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


def _no_base(header: gguf_header.Header) -> str:
    """Return why a GGUF is no base, or nothing: another kind of file, or another kind of model."""
    said = header.metadata
    architecture, kind = said.get("general.architecture"), said.get("general.type", "model")
    if kind == "adapter":
        return "it is an adapter, not a model"
    if kind == "mmproj" or architecture == "clip":
        return "it is the part of a model that sees pictures (mmproj), not a language model"
    named = _PART.search(header.path.name)
    parts = max(int(said.get("split.count") or 0), int(named[2]) if named else 0)
    if parts > 1:
        return f"it is one of {parts} parts of a model. Join them first: llama-gguf-split --merge FIRST-PART WHOLE.gguf"
    if said.get(f"{architecture}.expert_count"):
        return "it is a mixture of experts, for which no conversion is written"
    embeds = said.get(f"{architecture}.attention.causal") is False or said.get(f"{architecture}.pooling_type")
    if embeds or "bert" in str(architecture):
        return "it is an embedding model, which does not chat"
    return ""
