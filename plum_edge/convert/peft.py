"""The neutral form of an adapter: one safetensors file with PEFT's names and orientation (conversions/README.md).

Written by hand rather than by the safetensors library, whose order of metadata changes from run to run: the same state
must give the same bytes. Read, and so checked, by the library. Knows nothing of families or runtimes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from plum_edge.convert.lora import Pairs, matched
from plum_edge.errors import ForeignAdapter
from plum_edge.paths import atomic_write

FORMAT = "plum-edge-lora"
_NAME = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight")
_ALIGNMENT = 8
_STORED = {"F32": "<f4", "F16": "<f2"}


def save(
    path: Path, state: Mapping[str, np.ndarray], metadata: Mapping[str, str], dtype: Literal["F32", "F16"] = "F32"
) -> None:
    """Write an adapter (tensors in order of their names). ``metadata`` wants ``rank``, ``alpha``, ``base_sha256``.

    Raises:
        ForeignAdapter: the state is not one of LoRA pairs.
        NoSpace, StoreError: as the disk says.
    """
    paired(state, path)
    arrays = {name: np.ascontiguousarray(state[name], _STORED[dtype]) for name in sorted(state)}
    header: dict[str, object] = {"__metadata__": dict(sorted({"format": FORMAT, **metadata}.items()))}
    at = 0
    for name, array in arrays.items():
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with atomic_write(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            file.write(array.tobytes())


def load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the state (f32) and the metadata of an adapter in the neutral form.

    Raises:
        ForeignAdapter: missing, damaged, of another form, or with tensors that are no LoRA pairs, each named.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="np") as file:
            metadata = dict(file.metadata() or {})
            if metadata.get("format") != FORMAT:
                raise ForeignAdapter(path, f"its metadata do not say that it is of the format {FORMAT}")
            names = list(file.keys())
            odd = sorted(name for name in names if file.get_slice(name).get_dtype() not in ("F32", "F16"))
            if odd:
                raise ForeignAdapter(path, f"only f32 and f16 are read; not so {', '.join(odd)}")
            state = {name: file.get_tensor(name).astype(np.float32) for name in sorted(names)}
    except FileNotFoundError as error:
        raise ForeignAdapter(path, "there is no such file") from error
    except (SafetensorError, OSError) as error:
        raise ForeignAdapter(path, f"it is not a safetensors file or is cut short ({error})") from error
    for key in ("rank", "alpha"):
        if not _is_positive(metadata.get(key, "")):
            raise ForeignAdapter(path, f"its metadata have no usable {key}")
    paired(state, path)
    return state, metadata


def paired(state: Mapping[str, np.ndarray], path: Path) -> Pairs:
    """Return {module: (A (r, in), B (out, r))}, e.g. ``model.layers.0.self_attn.q_proj``, in order of their names.

    ``path`` is for the message.

    Raises:
        ForeignAdapter: one message with everything that is wrong, each tensor by its name.
    """
    sides: dict[str, dict[str, np.ndarray]] = {}
    problems = []
    for name in sorted(state):
        match = _NAME.fullmatch(name)
        if match is None:
            problems.append(f"unknown tensor {name}")
        else:
            sides.setdefault(match["module"], {})[match["side"]] = state[name]
    return matched(sides, problems, path)


def _is_positive(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and value > 0
