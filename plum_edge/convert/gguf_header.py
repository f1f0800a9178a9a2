"""Reads what a GGUF file says of itself, trusting nothing: metadata, tensor names, shapes; plain f32 and f16 data.

For files that we did not write: every count and offset is held against the size of the file before it is believed,
and every failure is one exception, `NotGguf`. It reads a vocabulary of 150,000 words in a blink, which the general
reader of the `gguf` package does not. Follows gguf.cpp of ggml (versions 2 and 3, little endian). Knows nothing of
models or adapters, and loads no library but numpy.
"""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_MAGIC = b"GGUF"
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_PLAIN: dict[int, np.dtype[Any]] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}
"""ggml types that are numbers as they stand: F32 and F16."""
_MAX_DIMENSIONS = 4
_MOST_ITEMS = 1 << 23
"""Items of all arrays together, and tensors: more than ten times what the largest vocabulary has with its merges."""
_LONGEST = 1 << 24
"""Bytes of one string."""
BASE_SHA256 = "plum_edge.base_sha256"
"""Our own entry, in a base and in its adapters: the SHA-256 of the weights that the base was made of."""
BASE_GGUF_SHA256 = "plum_edge.base_gguf_sha256"
"""The same in an adapter that was trained on one GGUF file: the SHA-256 of that file."""


class NotGguf(ValueError):
    """The file cannot be read as GGUF. ``str()`` says why, in words that fit behind a colon."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as announced: shape in numpy's order (rows first), ggml's number of its type, place in the data."""

    shape: tuple[int, ...]
    kind: int
    offset: int


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the data. Arrays in ``metadata`` are lists; strings are ``str``."""

    path: Path
    metadata: dict[str, Any]
    tensors: dict[str, Tensor]
    data: int
    """Where the data begins, in bytes from the start of the file."""

    def array(self, name: str) -> np.ndarray:
        """Return an f32 copy of a tensor that is stored as f32 or f16.

        Raises:
            NotGguf: no such tensor, quantised, or the file ends before it does.
        """
        tensor = self.tensors.get(name)
        if tensor is None:
            raise NotGguf(f"there is no tensor {name}")
        if tensor.kind not in _PLAIN:
            raise NotGguf(f"tensor {name} is quantised")
        kind, count = _PLAIN[tensor.kind], math.prod(tensor.shape)
        with self.path.open("rb") as file:
            file.seek(self.data + tensor.offset)
            raw = file.read(count * kind.itemsize)
        if len(raw) != count * kind.itemsize:
            raise NotGguf(f"the file ends within tensor {name}")
        return np.frombuffer(raw, kind).reshape(tensor.shape).astype(np.float32)


def read(path: Path) -> Header:
    """Return the header of a GGUF file.

    Raises:
        NotGguf: not a file, not GGUF, cut short, or nonsense.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != _MAGIC:
                raise NotGguf("it is not a GGUF file")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
                return _Cursor(path, view).header()
    except OSError as error:
        raise NotGguf(error.strerror.lower() if error.strerror else str(error)) from error
    except (struct.error, UnicodeDecodeError) as error:
        raise NotGguf("its header is damaged or cut short") from error


class _Cursor:
    """A position in the file. `struct` raises past the end; lengths are checked before anything is allocated."""

    def __init__(self, path: Path, view: mmap.mmap) -> None:
        self.path, self.view, self.at, self.size = path, view, 4, len(view)
        self.left = _MOST_ITEMS

    def header(self) -> Header:
        if self.number("<I") not in (2, 3):
            raise NotGguf("its version of GGUF is not known")
        tensors, entries = self.items(), self.items()
        metadata: dict[str, Any] = {}
        for _ in range(entries):
            key = self.string()
            metadata[key] = self.value(self.number("<I"))
        listed = dict(self.tensor() for _ in range(tensors))
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment <= 0:
            raise NotGguf("its alignment is not a positive number")
        data = -(-self.at // alignment) * alignment
        for name, tensor in listed.items():
            if data + tensor.offset + _least_bytes(tensor) > self.size:
                raise NotGguf(f"the file ends before tensor {name} does")
        return Header(self.path, metadata, listed, data)

    def number(self, code: str) -> Any:
        (value,) = struct.unpack_from(code, self.view, self.at)
        self.at += struct.calcsize(code)
        return value

    def count(self) -> int:
        """Return a length that the rest of the file can hold at one byte an item."""
        value: int = self.number("<Q")
        if value > self.size - self.at:
            raise NotGguf("its header is damaged or cut short")
        return value

    def items(self) -> int:
        """Return a number of things that will be held in memory, of which a header has no more than `_MOST_ITEMS`."""
        number = self.count()
        self.left -= number
        if self.left < 0:
            raise NotGguf(f"its header announces {number:,} items, which no model has")
        return number

    def string(self) -> str:
        length = self.count()
        if length > _LONGEST:
            raise NotGguf(f"its header has a text of {length:,} bytes")
        self.at += length
        return self.view[self.at - length : self.at].decode("utf-8")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind in _SCALARS:
            return self.number(_SCALARS[kind])
        if kind != _ARRAY:
            raise NotGguf("its header has a value of an unknown type")
        item, length = self.number("<I"), self.items()
        if item == _STRING:
            return [self.string() for _ in range(length)]
        if item not in _SCALARS:
            raise NotGguf("its header has an array of an unknown type")
        code = f"<{length}{_SCALARS[item][1]}"
        values = struct.unpack_from(code, self.view, self.at)
        self.at += struct.calcsize(code)
        return list(values)

    def tensor(self) -> tuple[str, Tensor]:
        name, dimensions = self.string(), self.number("<I")
        if dimensions > _MAX_DIMENSIONS:
            raise NotGguf(f"tensor {name} has {dimensions} dimensions")
        shape = tuple(reversed([self.number("<Q") for _ in range(dimensions)]))
        return name, Tensor(shape, self.number("<I"), self.number("<Q"))


def _least_bytes(tensor: Tensor) -> int:
    return math.prod(tensor.shape) * _PLAIN[tensor.kind].itemsize if tensor.kind in _PLAIN else 1
