"""From the weights of the last step to an adapter in use: averaged, written, proven, examined, judged; or refused.

Joins convert, the evaluator and the gate for the night. What is promoted is decided here, and never what is learned.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plum_edge.answer import border
from plum_edge.answer.remember import ODDS
from plum_edge.backends.base import State
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.convert import peft
from plum_edge.evaluate import calibration, gate
from plum_edge.evaluate.evaluator import Evaluator, figures
from plum_edge.evaluate.never import never_discussed
from plum_edge.evaluate.scoring import Scored
from plum_edge.night import proof
from plum_edge.paths import Home, atomic_dir, sha256_file
from plum_edge.records import Adapter, Progress, Question, Step
from plum_edge.store import Store
from plum_edge.train import general
from plum_edge.train.fold import Fold
from plum_edge.train.step import state_sha256


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of an adapter. ``reasons`` are the gate's; none where it was put to use."""

    adapter: str
    new: list[str]
    """Segments that the adapter in use until then had not learned."""
    reasons: list[str]
    parity: dict[str, Any]
    accuracy: dict[str, Any]
    previous: dict[str, Any] | None


@dataclass
class Promotion:
    """Makes adapters of a fold's last step."""

    home: Home
    store: Store
    config: Config
    base: Base
    progress: Progress
    stopped: Callable[[], bool] = lambda: False
    evaluator: Evaluator | None = None
    """One that is open anyway: it may know answers already, and memory need not hold the base twice."""

    def judge(self, fold: Fold) -> Judged:
        """Make an adapter of the last steps, averaged, hold it against the one in use, and use it if it passes.

        Raises:
            Interrupted: ``stopped()`` became true; averaging carries on at its last whole epoch or round.
            ConversionMismatch: the file does not compute what the trainer does; nothing was stored.
        """
        runs, previous = self.store.runs, self.previous()
        weights = fold.averaged(progress=self._averaging, stopped=self.stopped)
        new = self.fresh()
        adapter, parity = self.convert(fold, weights, previous, ends=len(fold.ends()))
        never = never_discussed(fold.known(runs.steps()[-1].seq), self.config.train.seed)
        verdict, summary, before = self._examine(adapter, previous, new, never)
        runs.add_evaluation(adapter.id, {**summary, "gate": verdict.figures, "parity": parity})
        if verdict.passed:
            runs.promote(adapter.id, [step.segment for step in runs.steps()])
        return Judged(adapter.id, new, list(verdict.reasons), parity, summary, before)

    def previous(self) -> Adapter | None:
        """Return the adapter in use if it was made for this base: what one for another base says is no measure."""
        active = self.store.runs.active()
        base = active and self.store.runs.manifest(active.id).get("base_sha256", self.base.sha256)
        return active if base == self.base.sha256 else None

    def fresh(self) -> list[str]:
        """Return the segments that the adapter in use has not learned: all of them where it is of another fold.

        Those that were set aside are not among them: nothing was learned of them.
        """
        steps, previous, aside = self.store.runs.steps(), self.previous(), self.store.log.aside()
        known = previous.segments if previous else 0
        state = self.store.runs.manifest(previous.id).get("state_sha256") if previous else None
        if state is not None and state not in {step.state_sha256 for step in steps}:
            known = 0
        return [step.segment for step in steps[known:] if step.segment not in aside]

    def falls_short(self) -> bool:
        """Whether less was learned again so far than the adapter in use knows, and the rest still waits."""
        previous, done = self.previous(), self.store.runs.done()
        return previous is not None and done < min(previous.segments, self.store.log.counts().segments)

    def _averaging(self, step: int, steps: int, loss: float) -> None:
        self.progress("average", step, steps, json.dumps({"loss": loss}))

    def convert(
        self, fold: Fold, weights: State, previous: Adapter | None, *, ends: int = 1
    ) -> tuple[Adapter, dict[str, Any]]:
        """Write and prove weights, the mean of so many ``ends``; return the adapter, stored now, and its parity."""
        runs, steps = self.store.runs, self.store.runs.steps()
        identity = runs.next_id()
        folder = self.home.adapters / identity
        if folder.exists():  # of a run that was killed before the store knew of it
            shutil.rmtree(folder)
        self.progress("convert", 0, 1, "")
        with atomic_dir(folder) as work:
            peft.save(work / "adapter.safetensors", weights, fold.metadata())
            proof.write(work / "adapter.gguf", weights, self.base, self.config)
            parity = proof.prove(work / "adapter.gguf", weights, fold)
            manifest = {**self._manifest(identity, previous, steps[-1], weights, parity), "ends": ends}
            border.keep(work / "adapter.gguf", manifest)
        self.progress("convert", 1, 1, json.dumps(parity))
        adapter = Adapter(
            id=identity,
            active=False,
            parent=previous.id if previous else None,
            gguf=str(folder / "adapter.gguf"),
            gguf_sha256=sha256_file(folder / "adapter.gguf"),
            segments=len(steps),
            created_at=dt.datetime.now(dt.UTC),
        )
        runs.add_adapter(adapter, manifest)
        return adapter, parity

    def _examine(
        self, adapter: Adapter, previous: Adapter | None, new: Sequence[str], never: Sequence[Question]
    ) -> tuple[gate.Verdict, dict[str, Any], dict[str, Any] | None]:
        """Ask the new adapter, and the old one what it knew, in llama.cpp; return the verdict and the figures."""
        limits, seed, path = self.config.gate, self.config.train.seed, Path(adapter.gguf)
        with self._examiner() as evaluator:
            aside = self.store.log.aside()
            learned_before = (step.segment for step in self.store.runs.steps() if step.segment not in aside)
            old = [segment for segment in learned_before if segment not in set(new)]
            earlier = gate.sample_earlier(evaluator.questions(old), limits.earlier, seed)
            fresh = evaluator.questions(new)
            before: list[Scored] = evaluator.ask("adapter", Path(previous.gguf), earlier) if previous else []
            after = evaluator.ask("adapter", path, earlier, self.progress)
            learned = evaluator.ask("adapter", path, fresh, self.progress)
            idle = [] if self.config.decide.odds else evaluator.ask("adapter", path, never)
            after, learned = self._at_border(adapter, after, learned, idle)
            denied = [s for s in learned + after if s.question.answer == "no"]
            moved = evaluator.divergence(path, general.probes(self.base, self.home, self.config))
        verdict = gate.decide(learned, before, after if previous else [], denied, moved, limits)
        summary = figures(after + learned, None, self.config.train.recipe, seed)
        past = figures(before, previous, self.config.train.recipe, seed) if before else None
        return verdict, {**summary, "divergence": moved}, past

    @contextmanager
    def _examiner(self) -> Iterator[Evaluator]:
        """Give who asks: the one that is open anyway, or another, that is closed afterwards."""
        if self.evaluator is not None:
            yield self.evaluator
            return
        evaluator = Evaluator(self.home, self.store, self.config, self.base)
        try:
            yield evaluator
        finally:
            evaluator.close()

    def _at_border(
        self, adapter: Adapter, after: list[Scored], learned: list[Scored], idle: list[Scored]
    ) -> tuple[list[Scored], list[Scored]]:
        """Find the odds from which on this adapter claims a yes, keep them, and return its answers by them."""
        odds = calibration.own_odds(after + learned, self.config.decide, idle)
        if odds is None:
            return after, learned
        manifest = {**self.store.runs.manifest(adapter.id), border.ODDS: odds}
        border.keep(Path(adapter.gguf), manifest)
        self.store.runs.add_adapter(adapter, manifest)
        return calibration.at_border(after, ODDS, odds), calibration.at_border(learned, ODDS, odds)

    def _manifest(
        self, identity: str, previous: Adapter | None, last: Step, weights: State, parity: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "id": identity,
            "base": self.base.name,
            "base_sha256": self.base.sha256,
            "architecture": self.base.architecture,
            "recipe": self.config.train.recipe,
            "rank": self.config.train.rank,
            "alpha": self.config.train.alpha,
            "parent": previous.id if previous else None,
            "pairs_sha256": last.pairs_sha256,
            "state_sha256": last.state_sha256,
            "weights_sha256": state_sha256(weights),
            "parity": parity,
        }
