"""A converted adapter is proven before anybody uses it: the file computes what the trainer computes.

Joins convert, the backend and recall. Every ΔW is recomputed from the file, the logits of llama.cpp are held against
the trainer's on questions of the log, and the adapter must change them. Knows nothing of nights or of the gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
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
_AT_ONCE = 16
"""Probes whose logits are in memory at once, one row of each: with a vocabulary of 150,000 tokens these take 30 MB."""


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
        on_gguf=base.alone,
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
    longest = max(map(len, prompts), default=1)
    with Recall(
        base_gguf(base, fold.home, deployed), context=longest, threads=fold.config.generate.threads, exact=True
    ) as exact:
        found = [
            _compare(fold, exact, path, prompts[start : start + _AT_ONCE]) for start in range(0, len(prompts), _AT_ONCE)
        ]
    parity = verify.together(found)
    same_numbers = dtype(base, deployed) == "f32" and fold.trainer.exact
    verify.require(delta, parity, bound=family.logit_bound if same_numbers else None, agreement=_AGREEMENT)
    return {
        "max_abs_logit": parity.max_abs,
        "agreement": parity.agreement,
        "effect": parity.effect,
        "delta_relative": delta,
        "probes": len(prompts),
    }


def _compare(fold: Fold, exact: Recall, path: Path, prompts: Sequence[Sequence[int]]) -> verify.Parity:
    """Hold the logits at the first token of the answers against the trainer's; nothing but the figures is kept."""
    exact.use(None)
    bare = [exact.tail(ids, 1)[-1] for ids in prompts]
    exact.use(path)
    converted = [exact.tail(ids, 1)[-1] for ids in prompts]
    trained = [fold.trainer.logits(list(ids))[-1].copy() for ids in prompts]
    return verify.logit_report(np.stack(trained), np.stack(converted), np.stack(bare))


def _probes(store: Store) -> list[str]:
    """Return questions of the log, at most `_PROBES`, chosen by hash."""
    pairs = store.pairs.live("held_out") + store.pairs.live("train")
    return sorted({pair.question for pair in pairs}, key=lambda q: hashlib.sha256(q.encode()).digest())[:_PROBES]
