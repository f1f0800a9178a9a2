"""The curriculum: which batch comes at which step. A batch depends on the seed and its step alone."""

from __future__ import annotations

import random

import circuits
import memory
import natural
import packing
import quotes
import reading
from units import Unit

SUPERVISED = 3072
PHASES: tuple[tuple[float, dict[str, float]], ...] = (
    (
        0.1,
        {"copy": 10, "sentences": 4, "labels": 10, "carried": 3, "list": 38, "dates": 2, "quotes": 4}
        | {"one": 15, "memory": 10, "honest": 2, "chat": 2},
    ),
    (
        0.28,
        {"copy": 2, "sentences": 1, "labels": 6, "dates": 6, "quotes": 6, "few": 28, "natural": 10}
        | {"memory": 21, "honest": 3, "list": 10, "names": 4, "chat": 3},
    ),
    (
        1.01,
        {"many": 19, "dates": 8, "labels": 2, "quotes": 7, "natural": 17, "names": 4, "memory": 28, "honest": 4}
        | {"sentences": 0.5, "copy": 0.5, "list": 1, "chat": 8, "text": 1.5},
    ),
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
            # Matching words comes first: no other names yet, and mostly far negatives.
            renamed, near = (0.0, 0.3) if length < 384 else (0.15, 0.65)
            return reading.membership(rng, min(8, max(2, free // 30)), renamed, near)
        if kind == "one":
            return reading.reading(rng, (1, 1), rng.randint(3, 6), renamed=0.0)
        if kind == "few":
            return reading.reading(rng, (1, 3), rng.randint(5, 10))
        if kind == "names":
            return reading.membership(rng, min(10, max(2, free // 30)), 0.8)
        if kind == "dates":
            return reading.dates(rng, rng.randint(5, 9), 2 if length < 384 and rng.random() < 0.5 else 5)
        if kind == "quotes":
            return quotes.quoting(rng, self.corpus, 2 if length < 384 else 4, rng.randint(3, 6))
        if kind == "labels":
            return circuits.labels(rng, 2 if length < 384 else 5)
        if kind == "carried":
            return circuits.carried(rng, 4)
        if kind == "sentences":
            return quotes.copying(rng)
        if kind == "text":
            return natural.passage(rng, self.corpus)
        if kind == "many":
            top = 18 if free > 700 else 6 if free > 250 else 3
            unit = reading.reading(rng, (2, top), rng.randint(6, 14))
            unit.context = natural.warmed(rng, unit.context)
            return unit
        if kind == "natural":
            limit = rng.randint(60, min(750, int(free * 0.65))) if free > 200 else 60
            return natural.reading(rng, self.corpus, limit, rng.randint(5, 12))
        return natural.chatting(rng, self.corpus, min(free - 4, 300 if length < 1000 else 700))
