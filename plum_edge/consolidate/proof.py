"""A converted adapter is proven before anybody uses it: the file computes what the trainer computes (design.md §4).

Joins convert, the backend and recall. Every ΔW is recomputed from the file, the logits of llama.cpp are held against
the trainer's on questions of the log, and the adapter must change them. Knows nothing of nights or of the gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.config import Config
from plum_edge.convert import families, gguf, verify
from plum_edge.fold import Fold
from plum_edge.recall import Recall
from plum_edge.records import Message
from plum_edge.registry import Base, dtype
from plum_edge.registry import gguf as base_gguf
from plum_edge.store import Store

_PROBES = 200
_AGREEMENT = 0.97


def write(out: Path, state: Mapping[str, np.ndarray], base: Base, config: Config) -> None:
    """Write the adapter as GGUF for the family of its base."""
    gguf.write_adapter(
        out,
        state,
        alpha=config.train.alpha,
        family=families.family(base.architecture),
        heads=base.heads,
        kv_heads=base.kv_heads,
        base_sha256=base.sha256,
    )


def prove(path: Path, state: dict[str, np.ndarray], fold: Fold) -> dict[str, Any]:
    """Hold the file against the trainer; return the figures.

    Raises:
        ConversionMismatch: says what differs, and by how much.
    """
    base, train = fold.base, fold.config.train
    family = families.family(base.architecture)
    delta = verify.delta_error(state, train.alpha, train.rank, path, family, base.heads, base.kv_heads)
    fold.trainer.load(state)
    prompts = [fold.lessons.tokenizer.prompt([Message("user", question)]) for question in _probes(fold.store)]
    deployed = fold.config.generate.dtype
    with Recall(base_gguf(base, fold.home, deployed), threads=fold.config.generate.threads, exact=True) as exact:
        trained = [fold.trainer.logits(ids) for ids in prompts]
        bare = [exact.logits(ids) for ids in prompts]
        exact.use(path)
        converted = [exact.logits(ids) for ids in prompts]
    parity = verify.logit_report(*(verify.last_rows(rows) for rows in (trained, converted, bare)))
    same_numbers = dtype(base, deployed) == "f32" and fold.trainer.exact
    verify.require(delta, parity, bound=family.logit_bound if same_numbers else None, agreement=_AGREEMENT)
    return {
        "max_abs_logit": parity.max_abs,
        "agreement": parity.agreement,
        "effect": parity.effect,
        "delta_relative": delta,
        "probes": len(prompts),
    }


def _probes(store: Store) -> list[str]:
    """Return questions of the log, at most `_PROBES`, chosen by hash."""
    pairs = store.pairs.live("held_out") + store.pairs.live("train")
    return sorted({pair.question for pair in pairs}, key=lambda q: hashlib.sha256(q.encode()).digest())[:_PROBES]
