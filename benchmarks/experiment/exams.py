"""The questions of an exam, and the systems that are asked, in llama.cpp with the adapter as it is used.

    held_out   the log's own: phrasings and negatives that training never used; closed: those of yes and no alone
    unseen     the same topics in phrasings that nothing was ever trained on, the base included; yes and no alone
    others     the same in sixty phrasings (others.json), written by a language model that was shown nothing of ours;
               asked of `cells.COMPARED` alone
    rare       on words that the base has never seen (rare.py)
    gold       written by hand, about the conversations learned and about none
    templates  of the clean table: those of yes and no, at most `TEMPLATES` of them, drawn by hash
    crossed …  of the clean table: what a person would ask (natural.py)

Held-out questions are a function of log and seed, not of the recipe: tables.py checks that of every two cells.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.experiment import controls, logs, natural, rare
from benchmarks.experiment.answers import Answers, row
from benchmarks.experiment.cells import Exam
from plum_edge import Memory
from plum_edge.augment.phrases.wordings import Phrasings
from plum_edge.errors import Unavailable, UsageError
from plum_edge.evaluate.evaluator import Evaluator
from plum_edge.evaluate.questions import questions_from, read_questions
from plum_edge.evaluate.scoring import Asker, Scored, score
from plum_edge.records import Adapter, Progress, Question, draw

TEMPLATES = 80
"""Half of them to be answered with yes."""


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
    """The examination of a memory's newest adapter, or of none: model, questions, retrieval. Use it in ``with``.

    Where nothing was learned, ``adapter`` is what the product answers then.
    """

    def __init__(self, memory: Memory, log: str) -> None:
        self.memory, self.log = memory, log
        self.newest = next(reversed(memory.adapters()), None)
        self.evaluator = Evaluator(memory.home, memory.store, memory.config, memory.base)

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        self.evaluator.close()

    @property
    def adapter(self) -> Adapter:
        """The newest adapter, where one was learned."""
        assert self.newest is not None
        return self.newest

    def questions(self, asked: str) -> list[Question]:
        """Return a set of questions about what has been learned."""
        if asked in natural.SETS:
            return natural.questions(asked, self.log, self._learned)
        if asked == "templates":
            return _few([q for q in self.evaluator.questions() if q.closed])
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
            "adapter_sha256": self.newest.gguf_sha256 if self.newest and exam.system.startswith("adapter") else None,
        }
        if exam.system == "adapter" and not self.newest:
            header["learned"] = False
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
        if control := self._control(system):
            return score(questions, control, progress), None
        gguf = Path(self.newest.gguf) if self.newest else None
        scored, cost = self.evaluator.ask_at_cost(system, gguf, questions, progress)
        return scored, asdict(cost) if cost else None

    def _control(self, system: str) -> Asker | None:
        if made := controls.SEARCHES.get(system):
            return made(self.evaluator.library)
        if system == "adapter" and not self.newest:
            return controls.nothing_learned(self.memory.store)
        return controls.questions_only(self.log, self._learned) if system == "questions_only" else None

    @property
    def _learned(self) -> int:
        return len(self.memory.store.log.list())

    def order(self) -> list[str]:
        """Return the conversations learned, or of which pairs were made, in the order of learning."""
        return list(dict.fromkeys(one.conversation for one in self.memory.store.log.segments()))

    @property
    def _seed(self) -> int:
        return self.memory.config.train.seed


def _few(questions: Sequence[Question]) -> list[Question]:
    """Return `TEMPLATES` of them at most, as many to be answered with yes as with no."""
    found: list[Question] = []
    for answer in ("yes", "no"):
        sort = sorted((q for q in questions if q.answer == answer), key=lambda q: draw("asked", q.id))
        found += sort[: TEMPLATES // 2]
    return found


def _others() -> Phrasings:
    lists = json.loads((Path(__file__).parent / "others.json").read_text("utf-8"))
    return Phrasings(**{asks: tuple(phrasings) for asks, phrasings in lists.items()})


def _sha256(questions: Sequence[Question]) -> str:
    """Return the hash of what is asked, whatever its order."""
    return hashlib.sha256("\n".join(sorted(question.id for question in questions)).encode()).hexdigest()
