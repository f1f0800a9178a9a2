"""The questions of an exam, and the systems that are asked, in llama.cpp with the adapter as it is used.

    held_out   the log's own: phrasings and negatives that training never used; closed: those of yes and no alone
    unseen     the same topics in phrasings that nothing was ever trained on, the base included; yes and no alone
    others     the same in sixty phrasings (others.json), written by a language model that was shown nothing of ours;
               asked of `cells.COMPARED` alone
    rare       on words that the base has never seen (rare.py)
    gold       written by hand, about the conversations learned and about none

Held-out questions are a function of log and seed, not of the recipe: tables.py checks that of every two cells.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.experiment import logs, rare
from benchmarks.experiment.answers import Answers, row
from benchmarks.experiment.cells import Exam
from plum_edge import Memory
from plum_edge.augment.phrases.wordings import Phrasings
from plum_edge.errors import Unavailable, UsageError
from plum_edge.evaluate.evaluator import Evaluator
from plum_edge.evaluate.questions import questions_from, read_questions
from plum_edge.evaluate.scoring import Scored
from plum_edge.records import Progress, Question


@cache
def sets_of(log: str) -> tuple[str, ...]:
    """Return the sets of questions that there are about a log, as far as the data for them is here."""
    found = ["held_out", "unseen", "others"]
    try:
        logs.development_data()
        found.append("rare")
    except UsageError:  # without the development data nobody knows what the base has seen
        pass
    return (*found, "gold") if logs.gold(log) else tuple(found)


class Room:
    """The examination of a memory's newest adapter: model, questions and retrieval. Use it in ``with``."""

    def __init__(self, memory: Memory, log: str) -> None:
        self.memory, self.log = memory, log
        self.adapter = memory.adapters()[-1]
        self.evaluator = Evaluator(memory.home, memory.store, memory.config, memory.base)

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        self.evaluator.close()

    def questions(self, asked: str) -> list[Question]:
        """Return a set of questions about what has been learned."""
        if asked == "gold":
            path, about = logs.gold(self.log), (*self.order(), None)
            return [q for q in read_questions(path) if q.conversation in about] if path else []
        if asked == "rare":
            store = self.memory.store
            return rare.questions(store.pairs.live("held_out"), store.log.conversations(), self._seed)
        if asked == "others":
            pairs = self.memory.store.pairs.live("held_out")
            found = questions_from(pairs, phrasing="unseen", seed=self._seed, unseen=_others())
            return [q for q in found if q.closed]
        if asked == "unseen":
            return [q for q in self.evaluator.questions(phrasing="unseen") if q.closed]
        found = self.evaluator.questions()
        return [q for q in found if q.closed] if asked == "closed" else found

    def sit(self, exam: Exam, progress: Progress) -> Answers:
        """Ask one system one set of questions, and return what is kept of the answers."""
        questions = self.questions(exam.asked)
        header: dict[str, Any] = {
            "questions": len(questions),
            "point": exam.point,
            "asked": exam.asked,
            "system": exam.system,
            "questions_sha256": _sha256(questions),
            "adapter_sha256": self.adapter.gguf_sha256 if exam.system.startswith("adapter") else None,
        }
        began = time.perf_counter()
        try:
            scored, cost = self._ask(exam.system, questions, progress)
        except (Unavailable, ValueError) as reason:  # a package is not here, or this version has no such system
            return Answers({**header, "unavailable": str(reason)}, [])
        ages = {conversation: age for age, conversation in enumerate(self.order())}
        rows = [row(one, ages.get(one.question.conversation or "")) for one in scored]
        return Answers({**header, "seconds": round(time.perf_counter() - began, 2), "cost": cost}, rows)

    def _ask(
        self, system: str, questions: Sequence[Question], progress: Progress
    ) -> tuple[list[Scored], dict[str, Any] | None]:
        gguf = Path(self.adapter.gguf)
        scored, cost = self.evaluator.ask_at_cost(system, gguf, questions, progress)
        return scored, asdict(cost) if cost else None

    def order(self) -> list[str]:
        """Return the conversations learned, in the order of learning."""
        steps = self.memory.store.runs.steps()
        return list(dict.fromkeys(step.segment.rsplit("/", 1)[0] for step in steps))

    @property
    def _seed(self) -> int:
        return self.memory.config.train.seed


def _others() -> Phrasings:
    lists = json.loads((Path(__file__).parent / "others.json").read_text("utf-8"))
    return Phrasings(**{asks: tuple(phrasings) for asks, phrasings in lists.items()})


def _sha256(questions: Sequence[Question]) -> str:
    """Return the hash of what is asked, whatever its order."""
    return hashlib.sha256("\n".join(sorted(question.id for question in questions)).encode()).hexdigest()
