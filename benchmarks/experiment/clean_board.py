"""What the clean test's tables ask of the results folder: who answered what, and what the nights knew. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.experiment import answers, clean
from benchmarks.experiment.answers import Answers
from benchmarks.experiment.cells import Exam
from benchmarks.experiment.controls import beside
from benchmarks.experiment.grid import SEEDS
from benchmarks.experiment.homes import Place
from benchmarks.experiment.natural import PARTNER
from plum_edge.evaluate.scoring import Scored, mark

_WEIGHED, _CONSULTED = "adapter_weighed", "adapter_reader"
"""Are not asked: they follow from what the adapter answered, and from what searches, and the reader, did."""


class System(NamedTuple):
    """A line of a table: what it is called, and in which runs it is asked."""

    label: str
    recipe: str
    system: str


ADAPTER = System("adapter", "default", "adapter")
BOTH = System("adapter and both searches, weighed", "default", _WEIGHED)
CONSULTED = System("adapter, both searches and the reader, weighed", "default", _CONSULTED)
READ = System("both searches and the reader, weighed, no memory", "reader", "reader_weighed")
READER = System("the reader alone, no memory", "reader", "reader")
SEARCHES = System("both searches, weighed, no language model", "search", "searches")
DENSE = System("vector threshold, no language model", "search", "vectors")
DENSE_TAUGHT = System("threshold of vectors that were taught, no language model", "search", "vectors_taught")
QUOTED = System("vectors, the nearest words shown", "search", "vectors")
QUOTED_TAUGHT = System("vectors that were taught, the nearest words shown", "search", "vectors_taught")
BM25 = System("BM25 threshold, no model", "search", "bm25_threshold")
DENSE_READ = System("vectors, read by the base", "reading", "dense_passages")
BM25_READ = System("BM25, read by the base", "reading", "bm25_passages")
IN_CONTEXT = System("the end of the log in the context, read by the base", "context", "newest")
PLUM = System("adapter, `plum`", "plum", "adapter")
PLUM_BOTH = System("adapter, `plum`, and both searches, weighed", "plum", _WEIGHED)
BASE = System("base, no memory", "reading", "base")
QUESTIONS = System("control: the questions alone", "search", "questions_only")
RIVALS = (SEARCHES, DENSE, DENSE_TAUGHT, BM25, DENSE_READ, BM25_READ, IN_CONTEXT)
"""What remembers without an adapter and without the reader; but for the vectors that were taught, what anybody has who
has the log."""
_BESIDE = {_WEIGHED: SEARCHES, _CONSULTED: READ}
"""What an adapter is weighed with."""


@dataclass(frozen=True)
class Board:
    """The results folder, asked for what the tables want to know."""

    results: Path

    def place(self, log: str, recipe: str, seed: int) -> Place:
        """Return the place of a run."""
        return Place(self.results, clean.learned(log, recipe, seed, 10))

    def answered(self, log: str, system: System, asked: str, point: int) -> list[list[Scored]]:
        """Return what a system answered, a list for each seed that is there."""
        if system.system in _BESIDE:
            return self._weighed(log, system, asked, point)
        return [one.scored(apart=log) for one in self._kept(log, system, asked, point) if one.rows]

    def nothing_to_ask(self, log: str, system: System, asked: str, point: int) -> bool:
        """Return whether a system was to be asked, and there was no such question: of a log of which no pairs came."""
        if system.system in _BESIDE:
            system = System("", system.recipe, "adapter")
        kept = self._kept(log, system, asked, point)
        return bool(kept) and not any(one.rows for one in kept)

    def learned(self, log: str, recipe: str, point: int) -> bool:
        """Return whether anything was learned until then; where that was not run, nothing says otherwise."""
        return all(one.get("learned", True) for one in self.points(log, recipe, point))

    def _kept(self, log: str, system: System, asked: str, point: int) -> list[Answers]:
        """Return an exam as kept, one a seed."""
        roots = (self.place(log, system.recipe, seed).root for seed in SEEDS)
        found = (answers.read(root, Exam(point, asked, system.system)) for root in roots)
        return [one for one in found if one and one.unavailable is None]

    def _weighed(self, log: str, system: System, asked: str, point: int) -> list[list[Scored]]:
        """Where nothing was learned there is nothing to weigh the others with: they stand by themselves."""
        others = self.answered(log, _BESIDE[system.system], asked, point)
        found = {one.question.id: one.p_yes for part in others for one in part}
        return [
            [
                mark(one.question, beside(one.p_yes if kept.learned else 0.5, known))
                for one in kept.scored(apart=log)
                if one.p_yes is not None and (known := found.get(one.question.id)) is not None
            ]
            for kept in self._kept(log, System("", system.recipe, "adapter"), asked, point)
            if found and kept.rows
        ]

    def stranger(self, log: str, point: int) -> list[list[Scored]]:
        """Return what the adapter of another user answered to this one's crossed questions, where they have one."""
        other = PARTNER.get(log, "")
        asked = PARTNER.get(other) == log and self.learned(other, ADAPTER.recipe, point)
        return self.answered(other, ADAPTER, "partner", point) if asked else []

    def points(self, log: str, recipe: str, point: int) -> list[dict[str, Any]]:
        """Return what the nights knew of the adapters of a point, one a seed; ``chats``: what `chats.measure` found."""
        places = (self.place(log, recipe, seed) for seed in SEEDS)
        found = ((one.read(f"points/{point:04d}.json"), one.read(f"points/{point:04d}-chats.json")) for one in places)
        return [night | {"chats": chats} for night, chats in found if night]
