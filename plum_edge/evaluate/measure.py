"""What a memory has become: its held-out questions in llama.cpp, beside other systems, and while it learns.

Joins the store and the evaluator with the figures of `scoring`. Knows nothing of how they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plum_edge.answer.remember import ODDS
from plum_edge.config import Config, Decide
from plum_edge.evaluate.calibration import at_border, own_odds, reliability
from plum_edge.evaluate.evaluator import Evaluator, figures
from plum_edge.evaluate.questions import read_questions
from plum_edge.evaluate.scoring import Scored, balanced, consistency, mcnemar, over_time, over_time_ci95
from plum_edge.evaluate.systems import chosen
from plum_edge.records import Progress, Segment
from plum_edge.retrieve.encoder import installed
from plum_edge.store import Store


@dataclass
class Measure:
    """Asks, counts and keeps what was counted."""

    store: Store
    config: Config
    opened: Callable[[], Evaluator]
    """Gives the evaluator, whose model opens when it is first asked for."""

    def evaluate(
        self,
        adapter: str | None,
        questions: Path | None,
        baselines: bool | Sequence[str],
        prompted: bool,
        progress: Progress | None,
        *,
        words: bool = True,
    ) -> dict[str, Any]:
        """Score the adapter (the one in use, or the base where there is none), and others beside it.

        Returns what `evaluate --json` prints (docs/commands.md); see `Memory.evaluate`.
        """
        examined = self.store.runs.adapter(adapter) if adapter else self.store.runs.active()
        compared = chosen(
            baselines, adapter=examined is not None, dense=installed(), reader=self.opened().reader is not None
        )
        learned = [step.segment for step in self.store.runs.steps()]
        asked = read_questions(questions) if questions else self.opened().questions(learned)
        evaluator = self.opened()
        seed, recipe = self.config.train.seed, self.config.train.recipe
        if examined:
            recipe = self.store.runs.manifest(examined.id).get("recipe", recipe)
        path = Path(examined.gguf) if examined else None
        system = "adapter" if examined else "base"
        scored, cost = evaluator.ask_at_cost(system, path, asked, progress)
        result = figures(scored, examined, recipe, seed, cost) | reliability(scored)
        order = list(dict.fromkeys(segment.rsplit("/", 1)[0] for segment in learned))
        result["conversations"] = len(order)
        result |= self._history(order, seed)
        if prompted:
            result["over_time_system_prompt"] = self._prompted(progress)
        result["general"] = evaluator.general(path, progress)
        others: dict[str, dict[str, Any]] = {}
        theirs_asked = asked if words else [question for question in asked if question.closed]
        for name in compared:
            theirs, cost = evaluator.ask_at_cost(name, path, theirs_asked, progress)
            flips = mcnemar(*([s for s in answers if s.question.closed] for answers in (scored, theirs)))
            others[name] = figures(theirs, None, recipe, seed, cost) | {"mcnemar": asdict(flips)}
        result["baselines"] = others
        return result

    def _history(self, order: Sequence[str], seed: int) -> dict[str, Any]:
        """Return what was measured while it learned: accuracy over time, and the consistency plot with its dates."""
        cells = self.store.runs.cells()
        asked = {cell.conversation for cell in cells}
        columns = [conversation for conversation in order if conversation in asked]
        dates = {summary.id: summary.created_at.date().isoformat() for summary in self.store.log.list()}
        return {
            "over_time": over_time(cells),
            "over_time_ci95": over_time_ci95(cells, seed=seed),
            "consistency": consistency(cells, columns),
            "consistency_dates": [dates.get(conversation) for conversation in columns],
        }

    def _prompted(self, progress: Progress | None) -> list[tuple[int, float | None]]:
        """Return accuracy over time behind a system prompt: of each adapter of this log's steps, all asked now.

        Others are left out: those of another base, of another device, of steps that were learned anew.
        """
        steps, line = self.store.runs.steps(), {}
        for adapter in self.store.runs.adapters():
            known = steps[: adapter.segments]
            made_of = self.store.runs.manifest(adapter.id).get("state_sha256")
            if known and known[-1].state_sha256 == made_of and Path(adapter.gguf).is_file():
                evaluator = self.opened()
                asked = [
                    question for question in evaluator.questions([step.segment for step in known]) if question.closed
                ]
                scored = evaluator.ask("adapter_prompted", Path(adapter.gguf), asked, progress)
                line[len(known)] = balanced(scored)
        return sorted(line.items())

    def watch(self, cells: Callable[[int, int, Sequence[Any]], None] | None = None) -> Callable[[Segment, Path], None]:
        """Return an ``after_step`` for `consolidate` that scores all held-out questions so far and stores the cells."""

        def after(_segment: Segment, gguf: Path) -> None:
            learned = [step.segment for step in self.store.runs.steps()]
            evaluator = self.opened()
            closed = [q for q in evaluator.questions(learned) if q.closed]
            scored = _at_best(evaluator.ask("adapter", gguf, closed), self.config.decide)
            step = len(learned)
            self.store.runs.add_cells(
                step, [(s.question.id, s.question.conversation, s.correct, s.p_yes) for s in scored]
            )
            if cells is not None:
                cells(step, len(closed), scored)

        return after


def _at_best(scored: list[Scored], decide: Decide) -> list[Scored]:
    """Return answers of an adapter that is not examined yet as they are by the odds that it will claim a yes from."""
    odds = own_odds(scored, decide)
    return scored if odds is None else at_border(scored, ODDS, odds)
