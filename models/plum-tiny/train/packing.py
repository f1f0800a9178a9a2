"""Packs units into rows of a fixed length, with what the prefix-tree mask needs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from tokenizer import END
from units import Branch, Unit

Batch = dict[str, np.ndarray]
"""ids, positions, units, branches: (rows, length); where, targets, weights: (supervised,)."""


@dataclass(slots=True)
class Row:
    """A row being filled."""

    length: int
    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    targets: list[tuple[int, int, float]] = field(default_factory=list)
    answers: list[tuple[int, Branch]] = field(default_factory=list)
    """Where each answer's first token is predicted."""
    count: int = 0

    @property
    def free(self) -> int:
        """Tokens that still fit."""
        return self.length - len(self.ids)

    def add(self, unit: Unit) -> int:
        """Puts the context and as many branches as fit; returns the tokens taken (0: nothing fits)."""
        room = self.free - len(unit.context)
        fitting: list[Branch] = []
        for branch in unit.branches:
            if len(branch.tokens) <= room:
                fitting.append(branch)
                room -= len(branch.tokens)
        if not fitting:
            return 0
        before = len(self.ids)
        self.count += 1
        self._extend(unit.context, 0, 0)
        for number, branch in enumerate(fitting, 1):
            at = len(self.ids)
            self._extend(branch.tokens, number, len(unit.context))
            self.targets += [
                (at + k - 1, token, weight)
                for k, (token, weight) in enumerate(zip(branch.tokens, branch.weights, strict=True))
                if weight and k
            ]
            self.answers.append((at + branch.answer_at - 1, branch))
        return len(self.ids) - before

    def _extend(self, tokens: list[int], branch: int, start: int) -> None:
        self.ids += tokens
        self.positions += range(start, start + len(tokens))
        self.units += [self.count] * len(tokens)
        self.branches += [branch] * len(tokens)


def pack(rng: random.Random, rows: list[Row], supervised: int) -> Batch:
    """One batch; where too many tokens are supervised, some of those that weigh least are left out by chance."""
    length = rows[0].length
    shape = (len(rows), length)
    batch: Batch = {
        "ids": np.full(shape, END, np.int64),
        "positions": np.zeros(shape, np.int64),
        "units": np.full(shape, -1, np.int64),
        "branches": np.zeros(shape, np.int64),
        "where": np.zeros(supervised, np.int64),
        "targets": np.zeros(supervised, np.int64),
        "weights": np.zeros(supervised, np.float32),
    }
    targets: list[tuple[int, int, float]] = []
    for number, row in enumerate(rows):
        size = len(row.ids)
        for name in ("ids", "positions", "units", "branches"):
            batch[name][number, :size] = getattr(row, name)
        targets += [(number * length + at, token, weight) for at, token, weight in row.targets]
    if len(targets) > supervised:
        targets.sort(key=lambda target: (target[2] < 2.0, rng.random()))
        targets = targets[:supervised]
    if targets:
        for name, column in zip(("where", "targets", "weights"), zip(*targets, strict=True), strict=True):
            batch[name][: len(targets)] = column
    return batch


def fill(
    rng: random.Random,
    count: int,
    length: int,
    shares: dict[str, float],
    make: Callable[[str, int], Unit | None],
    small: str,
) -> list[Row]:
    """Fills rows so that each kind of unit gets its share of the tokens; `small` fills the last gaps of a row."""
    rows = [Row(length) for _ in range(count)]
    taken = {kind: rng.random() * length * share for kind, share in shares.items()}
    for row in rows:
        misses = 0
        while row.free >= 32 and misses < 4:
            kind = min(taken, key=lambda name: taken[name] / shares[name])
            if row.free < 110 and kind != small:
                kind = small
            unit = make(kind, row.free)
            got = row.add(unit) if unit else 0
            taken[kind] += got
            misses += got == 0
    return rows
