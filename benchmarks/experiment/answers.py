"""What was answered, kept so that every table can be made again without asking: no text, one JSON line an answer.

An exam is a file: a line about the exam, then its answers. It is written whole or not at all. Knows nothing of models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.experiment.cells import Exam
from plum_edge.evaluate.marking import abstains
from plum_edge.evaluate.scoring import Scored
from plum_edge.paths import atomic_write
from plum_edge.records import Question


@dataclass(frozen=True, slots=True)
class Answers:
    """One exam as kept. ``header`` names it and says what it rests on; with ``unavailable`` in it, nobody was asked."""

    header: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]

    @property
    def exam(self) -> Exam:
        """Which exam this is."""
        return Exam(self.header["point"], self.header["asked"], self.header["system"])

    @property
    def unavailable(self) -> str | None:
        """Why nobody was asked, where nobody was."""
        return self.header.get("unavailable")

    @property
    def learned(self) -> bool:
        """Whether there was an adapter to ask, where one was asked for; else the product answered without one."""
        return bool(self.header.get("learned", True))

    def scored(self, *, apart: object = "") -> list[Scored]:
        """Return the answers for `evaluate`'s figures. ``apart`` keeps several logs apart."""
        return [_scored(one, apart) for one in self.rows]


def row(one: Scored, age: int | None) -> dict[str, Any]:
    """Return what is kept of an answer. ``age`` is the place of its conversation in the order of learning, from 0."""
    question = one.question
    gold = question.answer if question.closed else "unknown" if abstains(question.answer) else "open"
    return {
        "id": question.id,
        "kind": question.style,
        "gold": gold,
        "age": age,
        "correct": one.correct,
        "p_yes": one.p_yes if one.p_yes is None else round(one.p_yes, 9),
        "f1": one.f1 if one.f1 is None else round(one.f1, 6),
        **({"unsure": True} if one.unsure else {}),
    }


def _scored(kept: Mapping[str, Any], apart: object) -> Scored:
    about = None if kept["age"] is None else f"{apart}#{kept['age']}"
    # The id stands for the question's text; with the answer and the conversation it is as good a name.
    question = Question(kept["id"], kept["gold"], kept["kind"], about)
    return Scored(question, kept["p_yes"], None, kept["correct"], kept["f1"], kept.get("unsure", False))


def keep(folder: Path, answers: Answers) -> None:
    """Write an exam, whole or not at all."""
    lines = (json.dumps(line, separators=(",", ":")) for line in (answers.header, *answers.rows))
    with atomic_write(_path(folder, answers.exam)) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def read(folder: Path, exam: Exam) -> Answers | None:
    """Return an exam as kept, or None where it has not been held."""
    path = _path(folder, exam)
    return load(path) if path.is_file() else None


def closed(folder: Path, point: int, system: str) -> Answers | None:
    """Return what a system answered to the held-out questions of yes and no, by themselves or among all held-out."""
    found = read(folder, Exam(point, "closed", system)) or read(folder, Exam(point, "held_out", system))
    return found and replace(found, rows=[one for one in found.rows if one["gold"] in ("yes", "no")])


def load(path: Path) -> Answers:
    """Return the exam in a file."""
    header, *rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return Answers(header, rows)


def held(folder: Path, exam: Exam) -> bool:
    """Return whether an exam has been held."""
    return _path(folder, exam).is_file()


def _path(folder: Path, exam: Exam) -> Path:
    return folder / "answers" / f"{exam.name}.jsonl"
