"""The base with the adapter in its weights, as one GGUF: for runtimes that take no adapter beside a model."""

from __future__ import annotations

from typing import Any

from plum_edge.bases import dtype
from plum_edge.bases.base_check import check_tokenizer
from plum_edge.convert import forms, gguf, verify
from plum_edge.errors import NoModel
from plum_edge.export.targets.base import Order


def write(order: Order, name: str) -> dict[str, Any]:
    """Write the file ``name`` and return how it was proven: every matrix read back.

    Raises:
        NoModel: the base's weights are quantised.
        ConversionMismatch: it came out wrong.
    """
    base, path = order.base, order.folder / name
    bones = forms.skeleton(base.weights)
    if bones.packed:
        raise NoModel(base.name, "its weights are quantised, and no adapter can be added into them", "Use --to gguf.")
    lora, kind = forms.read(order.source, bones), dtype(base, order.config.generate.dtype)
    gguf.write_base(base.weights, path, kind, lora=lora, text=base.folder)
    errors = verify.check_base(base.weights, path, lora)
    check_tokenizer(path, base.folder)
    return {"by": "weights", "type": kind, "delta_relative": max(errors.values())}
