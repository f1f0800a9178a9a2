"""An adapter from one form into another, and the proof that both compute the same.

Joins convert, the libraries that the forms belong to, and the runtime. The proof is by weights always: ΔW of every
matrix, read back from what was written. Where the base is at hand it is by logits, too: those of the adapter as it
came, in the runtime that it is for, against those of what it became, in that one's. Knows nothing of the log.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from plum_edge.backends import own_loaders
from plum_edge.convert import forms, gguf, verify
from plum_edge.convert.forms import Form, Skeleton, Target
from plum_edge.convert.lora import Lora
from plum_edge.errors import UsageError
from plum_edge.paths import disk_errors, fsync_dir, rename
from plum_edge.runtime import Runtime

RUNTIMES = {"gguf": "llama.cpp", "peft": "PEFT", "mlx": "mlx-lm"}
_WEIGHTS_BOUND = {"f32": 1e-6, "f16": 1e-3}
BOUND = 1e-4
"""Largest difference of a logit between two runtimes, both in f32, for logits up to 1; for larger ones it grows with
them, as rounding does. llama.cpp's may be its family's, where that is more."""
_ANY_EFFECT = 1e-9
"""A runtime that ignores an adapter changes nothing at all."""
_LOGITS_BOUND_F16 = 0.5
"""How far an adapter's rounding to f16 may move a logit: a sanity check, as most tokens must agree besides."""
_PROMPTS, _LENGTH = 4, 50
_ROOM = 2.5
"""Memory for a proof by logits, for each byte of the base in f32: two runtimes one after the other, and their work."""


def convert(
    adapter: Path, to: Target, out: Path, base: Path | None = None, *, dtype: gguf.AdapterType = "f32"
) -> dict[str, Any]:
    """Write ``adapter`` as ``to`` at ``out``, prove it, and return what was done and which proof.

    ``base`` is the base's folder in Hugging Face's layout, or its GGUF; without one, the adapter's own note of it
    counts where that is a folder. Nothing stays at ``out`` if the proof fails.

    Raises:
        UsageError: ``out`` exists; or a base is needed.
        ForeignAdapter: the adapter cannot be read, or is for another base.
        ConversionMismatch: it came out wrong.
        NoModel: the base cannot be used.
        NoSpace, StoreError: as the disk says.
    """
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} exists already.", "Name another place; nothing was changed.")
    form = forms.sniff(adapter)
    bones = forms.skeleton(base) if base is not None else None
    lora = forms.read(adapter, bones)
    if bones is None and lora.base and (Path(lora.base) / "config.json").is_file():
        bones = forms.skeleton(Path(lora.base))
        lora = forms.read(adapter, bones)
    with _draft(out) as made:
        forms.write(lora, to, made, bones, dtype)
        proof = prove(lora, adapter, form, made, to, bones, dtype if to == "gguf" else "f32")
        rename(made, out)
    return {"from": form, "to": to, "out": str(out), **forms.summary(lora), "proof": proof}


@contextlib.contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """Give a path beside ``out`` for what is not proven yet; what was not moved away from there is gone afterwards."""
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", suffix=".tmp", dir=out.parent) as scratch:
            yield Path(scratch) / out.name
        fsync_dir(out.parent)


def prove(
    lora: Lora, source: Path, form: Form, made: Path, to: Target, base: Skeleton | None, dtype: gguf.AdapterType
) -> dict[str, Any]:
    """Hold what was written against what was read; return the figures, and why not by logits where that is so.

    Raises:
        ConversionMismatch: says what differs, and by how much.
    """
    delta = forms.weights_error(lora, made, base)
    verify.require_weights(delta, _WEIGHTS_BOUND[dtype])
    weights = {"by": "weights", "delta_relative": delta}
    if base is None:
        return {**weights, "why": "no base was named (--base DIR)"}
    if why := _no_logits(base, to):
        return {**weights, "why": why}
    return {**weights, "by": "logits", **_by_logits(lora, source, form, made, to, base, dtype)}


def _no_logits(base: Skeleton, to: Target) -> str:
    """Return why logits cannot be compared here, or nothing."""
    if base.packed:
        return "the base's weights are quantised, and no GGUF can be made of them"
    if to == "peft" and not own_loaders.has_peft():
        return "PEFT, which would read it, is not installed"
    needed = _ROOM * 4 * sum(math.prod(shape) for shape in base.shapes.values())
    free = psutil.virtual_memory().available
    if needed > free:
        return f"running the base takes about {needed / 1e9:.0f} GB, and {free / 1e9:.0f} GB are free"
    return ""


def _by_logits(
    lora: Lora, source: Path, form: Form, made: Path, to: Target, base: Skeleton, dtype: gguf.AdapterType
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix=".proof-", dir=made.parent) as scratch:
        reading, original = _readable(lora, source, form, to, base, Path(scratch))
        runtimes = Runtimes(base, Path(scratch))
        reference = np.concatenate(runtimes.logits(reading, original))
        candidate, bare = (np.concatenate(runtimes.logits(to, one)) for one in (made, None))
    parity = verify.logit_report(reference, candidate, bare)
    inert = not any(a.any() and b.any() for a, b in lora.pairs.values())
    bound = max(BOUND * max(1.0, float(np.abs(reference).max())), verify.OF_EFFECT * parity.effect)
    if "gguf" in (reading, to):
        bound = max(bound, base.family.logit_bound)
    if dtype == "f16":
        bound = max(bound, _LOGITS_BOUND_F16)
    least = 0.0 if inert else _ANY_EFFECT
    verify.require(0.0, replace(parity, max_abs=verify.usual_error(reference, candidate)), bound=bound, effect=least)
    verify.require(0.0, parity, bound=max(bound, verify.AT_WORST * parity.effect), effect=least)
    return {
        "max_abs_logit": parity.max_abs,
        "agreement": parity.agreement,
        "effect": parity.effect,
        "positions": len(reference),
        "reference": RUNTIMES[reading],
        "runtime": RUNTIMES[to],
        "stand_in": reading != form,
    }


def _readable(lora: Lora, source: Path, form: Form, to: Target, base: Skeleton, scratch: Path) -> tuple[Target, Path]:
    """Return the adapter as it came, where its runtime is installed; else in the form of another that is not ``to``."""
    if form == "gguf" or form == "mlx" or (form == "peft" and own_loaders.has_peft()):
        return form, source
    stand_in: Target = "gguf" if to == "mlx" else "mlx"
    forms.write(lora, stand_in, scratch / "stand-in", base)
    return stand_in, scratch / "stand-in"


class Runtimes:
    """The three runtimes on one base. ``scratch`` takes the base's GGUF, made when llama.cpp is first asked."""

    def __init__(self, base: Skeleton, scratch: Path) -> None:
        self.base, self.gguf = base, scratch / "base.gguf"
        random, (size, _) = np.random.default_rng(0), base.shapes["model.embed_tokens"]
        length = min(_LENGTH, base.context)
        self.prompts = [[int(i) for i in random.integers(0, size, length)] for _ in range(_PROMPTS)]

    def logits(self, form: Target, adapter: Path | None) -> list[np.ndarray]:
        """Return the logits after each token of each prompt, with an adapter of the runtime's own form, or none."""
        if form == "mlx":
            return own_loaders.mlx_logits(self.base.place, adapter, self.prompts)
        if form == "peft":
            return own_loaders.peft_logits(self.base.place, adapter, self.prompts)
        if not self.gguf.is_file():
            gguf.write_base(self.base.place, self.gguf, vocabulary=False)
        with Runtime(self.gguf, exact=True) as runtime:
            runtime.use(adapter)
            return [runtime.logits(ids) for ids in self.prompts]
