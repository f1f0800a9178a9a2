"""How a model is sampled where nobody set it: as its makers say in its own files, and for the rest as llama.cpp does.

A GGUF says it under ``general.sampling.*``, a folder in generation_config.json. What cannot be followed is left out and
named. Knows nothing of who samples.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plum_edge.config import profiled
from plum_edge.convert import gguf_header
from plum_edge.convert.vocabulary import read_json
from plum_edge.errors import BadConfig

USUAL: Mapping[str, float] = {
    "temperature": 0.8, "top_p": 0.95, "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.0,
}  # fmt: skip
"""What llama.cpp's own programs do where they are told nothing (common.h), by the names of ``[generate]``."""
FOLDER = "generation_config.json"
GGUF = "general.sampling."
_NAMES = {"temp": "temperature", "penalty_repeat": "repetition_penalty"}
"""What a GGUF calls otherwise than ``[generate]`` does."""
_LOOKS_BACK = 64
"""Tokens that the repetition penalty looks back on here, as in llama.cpp (runtime/sampling.py)."""
_NOT_FOLLOWED = ("mirostat", "xtc_probability", "sequence")
"""Of a GGUF, where it is not 0 or empty."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a model's own file says: fields of ``[generate]`` with their values, and what of it is not followed."""

    values: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def told(weights: Path, given: Path | None = None) -> Told:
    """Return what the makers of a model say: ``weights`` is its folder or its GGUF, ``given`` one beside the folder.

    Nothing where no file says anything. A folder goes before the GGUF beside it, which others may have made of it.

    Raises:
        NoModel: generation_config.json is damaged.
    """
    if weights.is_dir():
        if (found := _of_folder(read_json(weights / FOLDER))) != Told():
            return found
        given = given or next(iter(sorted(weights.glob("*.gguf"))), None)
    else:
        given = weights
    if given is None:
        return Told()
    try:
        return _of_gguf(gguf_header.read(given).metadata)
    except gguf_header.NotGguf:
        return Told()  # whoever runs it says so


def _of_folder(said: Mapping[str, Any]) -> Told:
    values = {key: said[key] for key in USUAL if said.get(key) is not None}
    if said.get("do_sample") is False:
        values["temperature"] = 0.0
    return _checked(values, {key: f"{key} in {FOLDER}" for key in values})


def _of_gguf(metadata: Mapping[str, Any]) -> Told:
    said = {key.removeprefix(GGUF): value for key, value in metadata.items() if key.startswith(GGUF)}
    notes = tuple(f"{GGUF}{key} is not followed" for key in _NOT_FOLLOWED if said.get(key))
    back = said.get("penalty_last_n", _LOOKS_BACK)
    if back == 0:
        said.pop("penalty_repeat", None)
    elif back != _LOOKS_BACK:
        notes += (f"{GGUF}penalty_last_n is {reprlib.repr(back)}; the penalty looks back on {_LOOKS_BACK} tokens",)
    named = {_NAMES.get(key, key): (key, value) for key, value in said.items()}
    values = {key: named[key][1] for key in USUAL if key in named}
    found = _checked(values, {key: f"{GGUF}{named[key][0]}" for key in values})
    return Told(found.values, found.notes + notes)


def _checked(values: Mapping[str, Any], called: Mapping[str, str]) -> Told:
    """Return the values that config.toml could have, as numbers; of others a note with what they are called."""
    good, notes = {}, []
    for key, value in values.items():
        try:
            generate = profiled(called[key], {"generate": {key: _plain(key, value)}}).generate
        except BadConfig:
            notes.append(f"{called[key]} is {reprlib.repr(value)}, which cannot be; it is not used")
        else:
            good[key] = getattr(generate, key)
    return Told(good, tuple(notes))


def _plain(key: str, value: Any) -> Any:
    """Return a value as config.toml has it: no top-k is 0, and 0.8 in 32 bits is 0.8."""
    if key == "top_k" and isinstance(value, float) and value.is_integer():
        value = int(value)
    if key == "top_k" and isinstance(value, int) and not isinstance(value, bool):
        return max(0, value)
    return float(f"{value:.6g}") if isinstance(value, float) else value
