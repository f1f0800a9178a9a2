"""A converted adapter is proven before anybody uses it: the file computes what the trainer computes.

Joins convert, the backend and the runtime. Every ΔW is recomputed from the file, the logits of llama.cpp are held
against the trainer's along answers of the log, and the adapter must change them. Knows nothing of nights or of the
gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.bases import Base, dtype
from plum_edge.bases import gguf as base_gguf
from plum_edge.config import Config
from plum_edge.convert import families, gguf, verify
from plum_edge.records import Example, Pair
from plum_edge.runtime import Runtime
from plum_edge.store import Store
from plum_edge.train.fold import Fold

_PAIRS = 30
"""Pairs along whose answers the next tokens are compared: some 260 probes, and never fewer than there are pairs."""
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
    examples = [fold.datasets.tokenizer.pair(pair, limit=base.context) for pair in _probed(fold.store)]
    deployed = fold.config.generate.dtype
    longest = max((len(example.ids) for example in examples), default=1)
    with Runtime(
        base_gguf(base, fold.home, deployed), context=longest, threads=fold.config.generate.threads, exact=True
    ) as exact:
        found = [_compare(fold, exact, path, example) for example in examples]
    parity = verify.together(found)
    same_numbers = dtype(base, deployed) == "f32" and fold.trainer.exact
    bound = max(family.logit_bound, verify.OF_EFFECT * parity.effect) if same_numbers else None
    verify.require(delta, parity, bound=bound, agreement=_AGREEMENT)
    return {
        "max_abs_logit": parity.max_abs,
        "agreement": parity.agreement,
        "effect": parity.effect,
        "delta_relative": delta,
        "probes": parity.positions,
    }


def _compare(fold: Fold, exact: Runtime, path: Path, example: Example) -> verify.Parity:
    """Hold the logits at each token of an answer against the trainer's; nothing but the figures is kept."""
    ids = list(example.ids[:-1])
    count = len(ids) - (example.prompt - 1)
    exact.use(None)
    bare = exact.tail(ids, count)
    exact.use(path)
    converted = exact.tail(ids, count)
    return verify.logit_report(fold.trainer.logits(ids)[-count:], converted, bare)


def _probed(store: Store) -> list[Pair]:
    """Return pairs of the log, at most `_PAIRS`, chosen by hash: those that are asked about, and those learned."""
    pairs = {pair.question: pair for pair in (*store.pairs.live("train"), *store.pairs.live("held_out"))}
    return [pairs[question] for question in sorted(pairs, key=lambda q: hashlib.sha256(q.encode()).digest())[:_PAIRS]]
