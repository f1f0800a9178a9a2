"""A base in MLX: mlx-lm's model with the numbers of a folder or of a GGUF. Trains nothing, and adds no adapter."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Mapping
from typing import Any

from plum_edge.backends import memory
from plum_edge.convert.weights import Weights
from plum_edge.errors import NoModel

_WHOLE = memory.Plan()
_GROUP = 64
"""Weights that share a scale in a base of 8 or 4 bits, as mlx-lm has it."""


def load(weights: Weights, plan: memory.Plan = _WHOLE) -> Any:
    """Return the model, held as planned, in f32 on the CPU; its parameters may be still to be computed.

    On a processor MLX compiles nothing from then on, in this process: it would call a C++ compiler for what mlx-lm
    marks (SwiGLU, GELU), keep the outcome in a folder that all users share, and fail where that cannot be written.

    Raises:
        NoModel: mlx-lm does not load it.
    """
    import mlx.core as mx
    from mlx.utils import tree_map

    try:
        # mlx-lm says on stdout how far it quantised, and transformers on stderr that PyTorch is absent: both as meant.
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            model = (_of_folder if weights.place.is_dir() else _of_tensors)(weights, plan)
    except (FileNotFoundError, ValueError, KeyError, TypeError, json.JSONDecodeError, RuntimeError, OSError) as error:
        raise NoModel(weights.place.name, f"{weights.place} does not load ({error})") from error
    if mx.default_device().type == mx.DeviceType.cpu:
        mx.disable_compile()
        model.update(
            tree_map(lambda p: p.astype(mx.float32) if mx.issubdtype(p.dtype, mx.floating) else p, model.parameters())
        )
    return model


def _of_folder(weights: Weights, plan: memory.Plan) -> Any:
    from mlx_lm.utils import load_model, quantize_model

    model, config = load_model(weights.place, lazy=True, model_config=_short(weights.config))
    return quantize_model(model, config, _GROUP, plan.bits)[0] if plan.quantise else model


def _of_tensors(weights: Weights, plan: memory.Plan) -> Any:
    """Build mlx-lm's model and put tensor after tensor into it, each in the form that it stays in."""
    import mlx.core as mx
    from mlx.utils import tree_flatten
    from mlx_lm.utils import quantize_model

    config = {**weights.config, **_short(weights.config)}
    module = importlib.import_module(f"mlx_lm.models.{config['model_type']}")
    model = module.Model(module.ModelArgs.from_dict(config))
    names = list({name: name for name in weights.shapes})
    if hasattr(model, "sanitize"):
        names = list(model.sanitize({name: name for name in names}))
    if plan.quantise:
        model, _ = quantize_model(model, config, _GROUP, plan.bits)
    held = {name for name, _ in tree_flatten(model.parameters())}
    whole = mx.float32 if plan.bits == 32 or mx.default_device().type == mx.DeviceType.cpu else mx.bfloat16
    for name in names:
        values = mx.array(weights.read(name)).astype(whole)
        stem = name.removesuffix(".weight")
        if f"{stem}.scales" in held:
            packed = mx.quantize(values, _GROUP, plan.bits)
            parts = dict(zip((name, f"{stem}.scales", f"{stem}.biases"), packed, strict=True))
        else:
            parts = {name: values}
        mx.eval(*parts.values())
        model.load_weights(list(parts.items()), strict=False)
        held -= parts.keys()
    if held:
        raise ValueError(f"no numbers for {', '.join(sorted(held)[:5])}")
    model.eval()
    return model


def _short(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what mlx-lm must be told instead: it takes the long rotary factors for texts of every length.

    Texts end where the short ones do (`Family.sizes`).
    """
    scaling = config.get("rope_scaling")
    if not isinstance(scaling, Mapping) or "short_factor" not in scaling:
        return {}
    return {"rope_scaling": {**scaling, "long_factor": scaling["short_factor"]}}
