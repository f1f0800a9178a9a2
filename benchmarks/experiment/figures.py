"""Figures from kept answers, and how tables write them. Asks nobody; every number comes from a result file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.experiment import answers
from benchmarks.experiment.cells import Cell, Exam
from benchmarks.experiment.homes import Place
from plum_edge.evaluate import calibration
from plum_edge.evaluate.scoring import Scored, balanced, mcnemar, summarise, wilson

NOT_RUN = "not run"
FAILED = "failed"
QUARTERS = 4


@dataclass(frozen=True)
class Answered:
    """What one system answered to one set of questions, over one or several cells together."""

    parts: Mapping[int, Sequence[Scored]]
    """By seed."""

    @cached_property
    def all(self) -> list[Scored]:
        """All answers, cell after cell."""
        return [one for part in self.parts.values() for one in part]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """`evaluate.summarise`: draws of the bootstrap are conversations, each with its questions of all seeds."""
        return summarise(self.all, seed=0)

    @property
    def closed(self) -> list[Scored]:
        """The questions of yes and no."""
        return [one for one in self.all if one.question.closed]

    def yes(self) -> str:
        """Of the questions to be answered yes, the share that was, with Wilson's interval."""
        return rate([one for one in self.closed if one.question.answer == "yes"])

    def no(self) -> str:
        """Of the questions to be answered no, the share that was, with Wilson's interval."""
        return rate([one for one in self.closed if one.question.answer == "no"])

    def balanced(self, *, interval: bool = True) -> str:
        """Balanced accuracy, with the bootstrap's interval."""
        value, bounds = self.summary["accuracy"], self.summary["accuracy_ci95"]
        return "–" if value is None else share(value, bounds if interval else None)

    def by_seed(self) -> str:
        """Balanced accuracy of each cell."""
        found = {seed: balanced(part) for seed, part in self.parts.items()}
        return " · ".join(f"{seed}: {100 * value:.1f}" for seed, value in found.items() if value is not None)

    def kind(self, style: str) -> str:
        """The share of one kind of question that was answered right."""
        return rate([one for one in self.closed if one.question.style == style])

    def by_age(self) -> dict[int, float]:
        """The share answered right about each conversation, by its place in the order of learning."""
        groups: dict[int, list[bool]] = {}
        for one in self.closed:
            if (age := _age(one)) is not None:
                groups.setdefault(age, []).append(one.correct)
        return {age: sum(right) / len(right) for age, right in groups.items()}

    def quarters(self) -> list[str]:
        """Balanced accuracy by age of the conversation, the oldest quarter first, and the number of questions."""
        ages = sorted({age for one in self.closed if (age := _age(one)) is not None})
        cells = []
        for part in range(QUARTERS):
            mine = set(ages[part * len(ages) // QUARTERS : (part + 1) * len(ages) // QUARTERS])
            asked = [one for one in self.closed if _age(one) in mine]
            value = balanced(asked)
            cells.append("–" if value is None else f"{100 * value:.1f} ({len(asked):,})")
        return cells

    def opened(self) -> list[str]:
        """Open questions: the fact is in the answer, token F1, answers to what was never said."""
        known = [one for one in self.all if one.f1 is not None]
        unknown = [one for one in self.all if one.p_yes is None and one.f1 is None]
        f1 = f"{100 * sum(one.f1 or 0.0 for one in known) / len(known):.0f}" if known else "–"
        return [rate(known), f1, rate(unknown, wrong=True)]

    def calibration(self) -> list[str]:
        """Expected calibration error, and for each fifth of p(yes) the share of questions whose answer is yes."""
        fifths: list[list[Scored]] = [[], [], [], [], []]
        for one in self.closed:
            fifths[min(4, int(5 * (one.p_yes or 0.0)))].append(one)
        told = [
            f"{100 * sum(o.question.answer == 'yes' for o in g) / len(g):.0f} ({len(g):,})" if g else "–"
            for g in fifths
        ]
        error = calibration.reliability(self.closed)["ece"]
        return ["–" if error is None else f"{100 * error:.1f}", *told]

    def against(self, other: Answered) -> list[str]:
        """McNemar's exact test on the questions that both were asked: right in the other only, here only, and p."""
        theirs = {(seed, one.question.id): one for seed, part in other.parts.items() for one in part}
        pairs = [
            (mate, one)
            for seed, part in self.parts.items()
            for one in part
            if one.question.closed and (mate := theirs.get((seed, one.question.id)))
        ]
        flips = mcnemar([mate for mate, _ in pairs], [one for _, one in pairs])
        p = "< 0.001" if flips.p < 0.001 else f"{flips.p:.3f}"
        return [f"{len(pairs):,}", str(flips.lost), str(flips.gained), p]


@dataclass
class Shelf:
    """The results folder, asked for what tables want to know. ``used`` are the cells that it was asked for."""

    results: Path
    used: dict[str, Place] = field(default_factory=dict)

    def place(self, cell: Cell) -> Place:
        """Return the place of a cell."""
        return Place(self.results, cell)

    def answered(self, cells: Sequence[Cell], asked: str, system: str, point: int | None = None) -> Answered | str:
        """Return what a system answered in these cells (seeds of one log), or why there is nothing to show.

        ``point`` is the number of conversations; by default all that a cell learns. Cells that are not there are left
        out, and a table says which seeds it has.
        """
        parts: dict[int, Sequence[Scored]] = {}
        why = NOT_RUN
        for cell in cells:
            found = self._read(cell, Exam(point or cell.conversations, asked, system))
            if found is not None and found.unavailable is None:
                parts[cell.seed] = found.scored(apart=cell.log)
                self.used[cell.name] = self.place(cell)
            elif found is not None:
                why = "not available"
            elif self.place(cell).failed:
                why = FAILED
        return Answered(parts) if parts else why

    def _read(self, cell: Cell, exam: Exam) -> answers.Answers | None:
        root = self.place(cell).root
        return answers.closed(root, exam.point, exam.system) if exam.asked == "closed" else answers.read(root, exam)

    def header(self, cell: Cell, asked: str, system: str) -> dict[str, Any]:
        """Return what is known of an exam at the last point; empty where it was not held."""
        found = answers.read(self.place(cell).root, Exam(cell.conversations, asked, system))
        if found is None:
            return {}
        self.used[cell.name] = self.place(cell)
        return dict(found.header)

    def extra(self, cell: Cell, name: str) -> dict[str, Any] | None:
        """Return one of the extras of a cell."""
        found: dict[str, Any] | None = self.place(cell).read(f"extras/{name}.json")
        if found is not None:
            self.used[cell.name] = self.place(cell)
        return found


def rate(group: Sequence[Scored], *, wrong: bool = False) -> str:
    """Return the share answered right (or wrong) with Wilson's interval, e.g. ``82 (78–85)``; a dash where none was."""
    if not group:
        return "–"
    count = sum(one.correct != wrong for one in group)
    return share(count / len(group), wilson(count, len(group)))


def share(value: float, bounds: Sequence[float] | None) -> str:
    """Return a share in percent, with its interval."""
    return f"{100 * value:.1f}" + (f" ({100 * bounds[0]:.0f}–{100 * bounds[1]:.0f})" if bounds else "")


def _age(one: Scored) -> int | None:
    """Return the place of a question's conversation in the order of learning."""
    about = one.question.conversation
    return None if about is None else int(about.rpartition("#")[2])
