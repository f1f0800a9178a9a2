"""The curriculum: which batch comes at which step. A batch depends on the seed and its step alone."""

from __future__ import annotations

import random

import memory
import natural
import packing
import reading
from units import Unit

SUPERVISED = 3072
PHASES: tuple[tuple[float, dict[str, float]], ...] = (
    (0.08, {"copy": 12, "list": 40, "one": 28, "memory": 14, "honest": 2, "chat": 4}),
    (0.26, {"few": 38, "natural": 12, "memory": 26, "honest": 4, "list": 12, "copy": 3, "chat": 5}),
    (1.01, {"many": 23, "dates": 10, "natural": 19, "memory": 32, "honest": 4, "list": 1, "copy": 2, "chat": 9}),
)
"""Up to which part of the run, and the share of tokens by kind of unit."""


class Stream:
    """Makes batches."""

    def __init__(self, seed: int, total: int) -> None:
        self.seed, self.total = seed, total
        self.corpus = natural.Corpus()
        self.bank = memory.Bank(self.corpus)

    def batch(self, step: int, rank: int = 0, ranks: int = 1) -> packing.Batch:
        """The part of a step's batch that one of the processes computes."""
        rng = random.Random(f"plum-tiny {self.seed} {step} {rank} {ranks}")
        part = step / self.total
        number = next(i for i, (end, _) in enumerate(PHASES) if part < end)
        shares = PHASES[number][1]
        length = 192 if number == 0 else 1024 if number == 2 and step % 20 == 7 else 384
        count = round(8192 / length / ranks)
        rows = packing.fill(rng, count, length, shares, lambda kind, free: self.make(rng, kind, free, length), "memory")
        return packing.pack(rng, rows, SUPERVISED // ranks)

    def make(self, rng: random.Random, kind: str, free: int, length: int) -> Unit | None:
        """A unit of the kind that should fit the free tokens."""
        if kind in ("memory", "honest"):
            return self.bank.unit(rng, max(1, min(free // 24, rng.randint(4, 16))), kind == "honest")
        if kind == "copy":
            return reading.copying(rng)
        if kind == "list":
            return reading.membership(rng, min(8, max(2, free // 30)))
        if kind == "one":
            return reading.reading(rng, (1, 1), rng.randint(3, 6))
        if kind == "few":
            return reading.reading(rng, (1, 3), rng.randint(5, 10))
        if kind == "dates":
            return reading.dates(rng, rng.randint(5, 9))
        if kind == "many":
            top = 18 if free > 700 else 6 if free > 250 else 3
            unit = reading.reading(rng, (2, top), rng.randint(6, 14))
            unit.context = natural.warmed(rng, unit.context)
            return unit
        if kind == "natural":
            limit = rng.randint(60, min(750, int(free * 0.65))) if free > 200 else 60
            return natural.reading(rng, self.corpus, limit, rng.randint(5, 12))
        return natural.chatting(rng, self.corpus, min(free - 4, 300 if length < 1000 else 700))
