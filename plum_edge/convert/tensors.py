"""Reads weights from safetensors, one tensor at a time, in f32 whatever they are stored in.

numpy has no bfloat16, so its bytes are widened here. Knows nothing of what the tensors mean.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from plum_edge.errors import NoModel
from plum_edge.paths import remembered_sha256
from plum_edge.records import content_hash

_DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
_LAYER = re.compile(r"(?<=layers\.)\d+")


def by_name(problems: Iterable[str]) -> str:
    """Return what is wrong with tensors as one clause; what differs by the layer alone is said once, with the layers.

    For example ``layers.0–3,5.mlp.up_proj has no B``.
    """
    layers: dict[str, list[int]] = {}
    for problem in problems:
        found = _LAYER.search(problem)
        of = layers.setdefault(_LAYER.sub("*", problem, count=1), [])
        of += [int(found[0])] if found else []
    return "; ".join(
        shape.replace("layers.*", f"layers.{_runs(of)}", 1) if of else shape for shape, of in layers.items()
    )


def _runs(numbers: Sequence[int]) -> str:
    """Return numbers as ``0–3,5``."""
    ordered = sorted(set(numbers))
    groups = [list(run) for _, run in groupby(ordered, lambda n: n - ordered.index(n))]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in groups)


class Tensor(Protocol):
    """A tensor that is read when it is wanted."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape, rows first."""

    def read(self) -> np.ndarray:
        """Return it as f32."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a tensor lies."""

    path: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int

    @property
    def readable(self) -> bool:
        """Whether `read` knows its type."""
        return self.dtype in _DTYPES

    def read(self) -> np.ndarray:
        """Return the tensor as f32."""
        kind = _DTYPES[self.dtype]
        raw = np.memmap(self.path, kind, "r", self.offset, self.shape)
        values = (raw.astype(np.uint32) << 16).view(np.float32) if self.dtype == "BF16" else raw.astype(np.float32)
        return np.asarray(values)


def weight_files(folder: Path) -> list[Path]:
    """Return a model's files of weights, in order of their names.

    Raises:
        NoModel: there are none.
    """
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        raise NoModel(folder.name, f"there is no model.safetensors in {folder}")
    return files


def sha256(folder: Path) -> str:
    """Return the SHA-256 of a model's weights (of their files' hashes where there are several); remembered by file.

    Raises:
        NoModel: there are none.
    """
    files = weight_files(folder)
    hashes = [remembered_sha256(path) for path in files]
    return hashes[0] if len(hashes) == 1 else content_hash(*hashes)


def entries(path: Path) -> dict[str, Stored]:
    """Return where each tensor of a safetensors file lies, whatever its type.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged (the safetensors library checks it).
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="np"):
            pass
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path.name} is damaged ({error})") from error
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    return {
        name: Stored(path, entry["dtype"], tuple(entry["shape"]), 8 + length + entry["data_offsets"][0])
        for name, entry in header.items()
    }


def catalogue(folder: Path) -> dict[str, Stored]:
    """Return all tensors of a model by name.

    Raises:
        NoModel: no weights, a damaged file, or tensors of an unknown type.
    """
    found: dict[str, Stored] = {}
    for path in weight_files(folder):
        try:
            found |= entries(path)
        except (ValueError, OSError) as error:
            raise NoModel(folder.name, str(error)) from error
    foreign = sorted(f"{name} ({t.dtype})" for name, t in found.items() if not t.readable)
    if foreign:
        raise NoModel(folder.name, f"its weights are of types that are not read here: {', '.join(foreign)}")
    return found
