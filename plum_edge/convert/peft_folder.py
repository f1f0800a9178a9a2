"""An adapter as PEFT itself saves and loads it: adapter_config.json and adapter_model.safetensors in a folder.

(peft.py is the neutral file, which has PEFT's names and orientation, but is ours.) What an adapter_config.json asks for
that is no plain LoRA is refused by name. Knows nothing of families or of PEFT's code.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from plum_edge.convert.lora import EMBEDDING, Lora, matched, tensors_of, unified
from plum_edge.errors import ForeignAdapter

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_NAME = re.compile(
    r"base_model\.model\.(?P<module>.+)\.lora_(?:(?P<side>[AB])(?:\.default)?\.weight"
    r"|embedding_(?P<outer>[AB])(?:\.default)?)"
)
_READ = {"r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern", "base_model_name_or_path", "peft_type"}
_HARMLESS = {
    "task_type", "auto_mapping", "peft_version", "revision", "inference_mode", "target_modules", "exclude_modules",
    "lora_dropout", "layers_to_transform", "layers_pattern", "loftq_config", "eva_config", "megatron_core",
    "qalora_group_size", "runtime_config", "ensure_weight_tying",
}  # fmt: skip
"""Settings of training, or of which modules: the tensors themselves say which."""
_PLAIN = {"bias": ("none",), "init_lora_weights": (True, False, "gaussian", "eva", "orthogonal")}
"""Other ways to begin (pissa, olora, corda, …) change the base as well."""

_ATOM = r"(?:[\w./-]|\\[.dw]|\[[\w.-]+\])"
_TERM = rf"{_ATOM}(?:[*+?]|\{{\d{{1,2}}\}})?"
_TAME = re.compile(rf"\^?(?:{_TERM}|\((?:\?:)?(?:{_TERM}|\|)*\)\??)*\$?")
"""Names, dots, classes, repeated single characters, and groups of alternatives that are not repeated."""
_OPEN = re.compile(r"[*+]")
_LONGEST, _MOST_OPEN = 256, 3
"""Characters of a pattern, and repetitions without an end: each more multiplies the time by the length of a name."""


def read(folder: Path) -> Lora:
    """Return the adapter of a folder.

    Raises:
        ForeignAdapter: damaged, no plain LoRA (says what it is), or with tensors that are not understood, each named.
    """
    config = read_config(folder)
    problems = _unusual(config)
    if not (folder / WEIGHTS).is_file() and (folder / "adapter_model.bin").is_file():
        problems.append("its weights are a pickle (adapter_model.bin): save it with safe_serialization=True")
        raise ForeignAdapter(folder, "; ".join(problems))
    sides: dict[str, dict[str, np.ndarray]] = {}
    for name, value in tensors_of(folder / WEIGHTS).items():
        match = _NAME.fullmatch(name)
        if match is None:
            problems.append(_foreign(name))
        else:
            sides.setdefault(match["module"], {})[match["side"] or match["outer"]] = value
    pairs = matched(sides, problems, folder)
    scales = {module: _scale(config, module, a.shape[0], folder) for module, (a, _) in pairs.items()}
    return unified(pairs, scales, str(config.get("base_model_name_or_path") or ""))


def read_config(folder: Path) -> dict[str, Any]:
    """Return adapter_config.json.

    Raises:
        ForeignAdapter: missing, or not a JSON object.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ForeignAdapter(folder, f"there is no {CONFIG}") from error
    except (json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
        raise ForeignAdapter(folder, f"{CONFIG} is damaged ({error})") from error
    if not isinstance(config, dict):
        raise ForeignAdapter(folder, f"{CONFIG} is not a JSON object")
    return config


def _unusual(config: Mapping[str, Any]) -> list[str]:
    """Return what a configuration asks for that is no plain LoRA."""
    if config.get("peft_type") != "LORA":
        return [f"it is of the type {config.get('peft_type')!r}, not LORA"]
    found = (
        ["it is a DoRA (use_dora), which PEFT can merge into its base and no other form holds"]
        if config.get("use_dora")
        else []
    )
    for key, value in sorted(config.items()):
        if key in _READ | _HARMLESS or key == "use_dora" or not value:
            continue
        if key not in _PLAIN or value not in _PLAIN[key]:
            found.append(f"{key} = {value!r} is not provided for")
    return found


def _foreign(name: str) -> str:
    if "lora_magnitude_vector" in name:
        return f"{name} belongs to a DoRA"
    if re.search(r"\.lora_[AB].*\.bias$|lora_bias", name):
        return f"{name} is a bias of an adapter"
    return f"{name} is no matrix of a LoRA"


def _scale(config: Mapping[str, Any], module: str, rank: int, folder: Path) -> float:
    """Return PEFT's factor of B·A: alpha / r, or alpha / √r where it is rank-stabilised."""
    alpha, said = (
        _of_pattern(config.get(pattern), module, config.get(otherwise), folder)
        for pattern, otherwise in (("alpha_pattern", "lora_alpha"), ("rank_pattern", "r"))
    )
    if not isinstance(alpha, int | float) or not math.isfinite(alpha):
        raise ForeignAdapter(folder, f"{CONFIG} has no usable lora_alpha")
    if said != rank:
        raise ForeignAdapter(folder, f"{module} has rank {rank}, and {CONFIG} says {said}")
    return float(alpha) / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _of_pattern(pattern: Any, module: str, otherwise: Any, folder: Path) -> Any:
    """Return a pattern's value for a module: keys are regular expressions for the end of its name, the first counts.

    A stranger wrote them: only those are compiled that cannot take long, which the names of modules never need.
    """
    if pattern and not isinstance(pattern, dict):
        raise ForeignAdapter(folder, f"{CONFIG} has patterns that are no object")
    for key, value in (pattern or {}).items():
        if _matcher(key, folder).match(module):
            return value
    return otherwise


def _matcher(key: str, folder: Path) -> re.Pattern[str]:
    if len(key) <= _LONGEST and _TAME.fullmatch(key) and len(_OPEN.findall(key)) <= _MOST_OPEN:
        with contextlib.suppress(re.error):
            return re.compile(rf"(.*\.)?({key})$")
    raise ForeignAdapter(folder, f"{CONFIG} has a pattern that is not provided for: {key[:60]!r}")


def write(folder: Path, lora: Lora, *, layers: int = 0) -> None:
    """Write an adapter into an empty folder. ``layers``: how many the base has; 0: not known.

    The same adapter gives the same configuration; tensors are f32.
    """
    state: dict[str, np.ndarray] = {}
    for module, (a, b) in lora.pairs.items():
        prefix, names = f"base_model.model.{module}", ("lora_A.weight", "lora_B.weight")
        if module == EMBEDDING:
            names = ("lora_embedding_A", "lora_embedding_B")
        state |= {f"{prefix}.{name}": np.ascontiguousarray(side) for name, side in zip(names, (a, b), strict=True)}
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": lora.base or None, "r": lora.rank,
        "lora_alpha": int(lora.alpha) if lora.alpha == int(lora.alpha) else lora.alpha, "lora_dropout": 0.0,
        "bias": "none", "fan_in_fan_out": False, "use_rslora": False, "use_dora": False, "inference_mode": True,
        "init_lora_weights": True, "modules_to_save": None, **_which(lora, layers),
        "rank_pattern": {m: a.shape[0] for m, (a, _) in lora.pairs.items() if a.shape[0] != lora.rank},
    }  # fmt: skip
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    safetensors.numpy.save_file(state, folder / WEIGHTS, metadata={"format": "pt"})


def _which(lora: Lora, layers: int) -> dict[str, Any]:
    """Return the modules in PEFT's words: short where every layer has the same, else each by its whole name."""
    grid = lora.grid()
    if grid is None:
        return {"target_modules": sorted(lora.pairs)}
    short = {"target_modules": sorted(name.rsplit(".", 1)[-1] for name in grid[1])}
    return short if grid[0] == list(range(layers)) else {**short, "layers_to_transform": grid[0]}
