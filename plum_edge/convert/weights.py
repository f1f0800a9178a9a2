"""A base's weights as the trainer reads them: by Hugging Face's names and orientation, in f32, one at a time.

Where they come from (a folder of safetensors, a GGUF of any quantisation) is behind one small protocol, so that a
backend builds the same model of either. Knows nothing of frameworks, tokenizers or adapters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from plum_edge.convert import tensors
from plum_edge.convert.gguf_weights import GgufWeights
from plum_edge.convert.vocabulary import read_json


class Weights(Protocol):
    """The weights of a decoder and what its config.json says, or would say."""

    @property
    def place(self) -> Path:
        """The folder or file that they are read from."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The words of Hugging Face's config.json: ``model_type``, ``hidden_size``, …"""

    @property
    def sha256(self) -> str:
        """What names these very numbers: the hash of the files that hold them."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Name → shape of every tensor, e.g. ``model.layers.0.self_attn.q_proj.weight`` → (out, in)."""

    def read(self, name: str) -> np.ndarray:
        """Return one tensor in f32, as Hugging Face stores it (rotary halves not interleaved)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One tensor of `Weights`."""

    weights: Weights
    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.weights.shapes[self.name]

    def read(self) -> np.ndarray:
        """Return it in f32."""
        return self.weights.read(self.name)


def open_weights(place: Path) -> Weights:
    """Return the weights that lie at a place: a folder in Hugging Face's layout, or a GGUF of any quantisation."""
    return FolderWeights(place) if place.is_dir() else GgufWeights(place)


def size_of(weights: Weights) -> int:
    """Return the bytes of the weights: of a folder's files, or of a GGUF's numbers in f32."""
    if weights.place.is_dir():
        return sum(path.stat().st_size for path in weights.place.glob("model*.safetensors"))
    return 4 * sum(math.prod(shape) for shape in weights.shapes.values())


class FolderWeights:
    """`Weights` of a folder in Hugging Face's layout (``config.json``, ``model*.safetensors``).

    Raises:
        NoModel: no weights, a damaged file, or tensors of an unknown type; at first use.
    """

    def __init__(self, folder: Path) -> None:
        self.place = folder

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The folder's config.json."""
        return read_json(self.place / "config.json")

    @property
    def sha256(self) -> str:
        """SHA-256 of the weights (of their files' hashes where there are several)."""
        return tensors.sha256(self.place)

    @cached_property
    def _stored(self) -> Mapping[str, tensors.Stored]:
        return tensors.catalogue(self.place)

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Name → shape of every tensor."""
        return {name: stored.shape for name, stored in self._stored.items()}

    def read(self, name: str) -> np.ndarray:
        """Return one tensor in f32."""
        return self._stored[name].read()
