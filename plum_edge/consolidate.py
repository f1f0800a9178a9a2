"""The night: every conversation that waits is learned, and the adapter that comes out is used if it is better.

    lock → erase what was forgotten → for each segment: augment, learn → convert → verify → examine → gate → promote

Killed at any point and run again, it carries on: what is recorded decides what is left to do. Joins the stages.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock
import psutil

from plum_edge import erase, gate, proof
from plum_edge.augment.checks import Mentions
from plum_edge.backends.base import State
from plum_edge.config import Config
from plum_edge.convert import peft
from plum_edge.errors import GateRefused, IntegrityError, Interrupted, LockHeld, NoSpace
from plum_edge.evaluate import Scored
from plum_edge.exam import Exam, figures
from plum_edge.fold import Fold
from plum_edge.paths import Home, atomic_dir, disk_errors, sha256_file
from plum_edge.records import Adapter, Progress, Segment, Step
from plum_edge.registry import Base
from plum_edge.store import Store

_SPARE = 64 << 20
"""Bytes that must be free beyond what checkpoints and adapter take."""


def _silent(stage: str, done: int, total: int, note: str) -> None:
    """Report progress to nobody."""


@dataclass
class Night:
    """One run of `consolidate`, and what it is told from outside."""

    home: Home
    store: Store
    config: Config
    base: Base
    limit: int | None = None
    progress: Progress = _silent
    stopped: Callable[[], bool] = lambda: False
    after_step: Callable[[Segment, Path], None] | None = None
    """Called with each learned segment and a GGUF of the adapter as it then is."""
    deadline: float | None = None
    """`time.monotonic()` after which no new segment is begun."""
    rebuild: bool = False
    """Learn everything again from the beginning. The adapter in use stays until the new one passes."""
    again: bool = False
    """Learn only what has its place in the order of learning already: what was learned before and must be again."""
    began: float = field(default_factory=time.monotonic)

    def run(self) -> dict[str, Any]:
        """Learn what waits and promote the result; return the contract's JSON (design.md §6).

        Raises:
            LockHeld, NoSpace, Interrupted, GateRefused, ConversionMismatch: nothing is lost; the old adapter stays.
        """
        with locked(self.home):
            return self.work()

    def work(self) -> dict[str, Any]:
        """Do the same under a lock that is held already."""
        erase.carry_on(self.home, self.store)
        if self.rebuild:
            self._start_over()
        if not self._waiting() and not self._head_is_new():
            erase.settle(self.store)
            return self._result("nothing", None, [], 0)
        self._preflight()
        run = self.store.runs.begin()
        try:
            result = self._learn_and_promote()
        except GateRefused as refusal:
            self.store.runs.end(run, "refused", {"reasons": refusal.reasons})
            erase.settle(self.store)
            raise
        except Interrupted:
            self.store.runs.end(run, "postponed", {"waiting": len(self._waiting())})
            raise
        except BaseException as error:
            self.store.runs.end(run, "failed", {"error": type(error).__name__})
            raise
        self.store.runs.end(run, str(result["status"]), result)
        erase.settle(self.store)
        return result

    def dry_run(self) -> dict[str, Any]:
        """Return what would be learned, and what the augmenter makes of it; nothing is stored."""
        fold = Fold(self.home, self.store, self.config, self.base)
        waiting, pairs, rejected = self._waiting(), 0, fold.rejected
        prior = Mentions.of(*(segment for segment in self.store.log.segments() if segment not in waiting))
        for segment in waiting:
            made, dropped = fold.pairs_of(segment, prior)
            pairs += len(made)
            rejected.update(dropped)
            prior.add(segment)
        return {**self._result("nothing", None, waiting, pairs), "dry_run": True, "rejected": dict(rejected)}

    def _start_over(self) -> None:
        self.store.forgetting.unlearn(0)
        erase.checkpoints(self.home, self.store)
        self.rebuild = False

    def _waiting(self) -> list[Segment]:
        learned = set() if self.rebuild else {step.segment for step in self.store.runs.steps()}
        recorded = [segment for segment in self.store.log.segments() if segment.id not in learned]
        return (recorded if self.again else recorded + self.store.log.plan())[: self.limit]

    def _head_is_new(self) -> bool:
        """Whether what was learned last was never promoted. After a rollback it was: it waits for something new."""
        return self._has_learned() and not any(self._is_head(adapter) for adapter in self.store.runs.promoted())

    def _is_head(self, adapter: Adapter) -> bool:
        """Whether an adapter is what was learned last: by its weights' hash, or where none was noted by its number."""
        steps, state = self.store.runs.steps(), self.store.runs.manifest(adapter.id).get("state_sha256")
        return state == steps[-1].state_sha256 if state else adapter.segments == len(steps)

    def _has_learned(self) -> bool:
        """Whether any step changed the weights: where all were set aside there is nothing to convert."""
        aside = self.store.log.aside()
        return any(step.segment not in aside for step in self.store.runs.steps())

    def _previous(self) -> Adapter | None:
        """Return the adapter in use if it was made for this base: what one for another base says is no measure."""
        active = self.store.runs.active()
        base = active and self.store.runs.manifest(active.id).get("base_sha256", self.base.sha256)
        return active if base == self.base.sha256 else None

    def _fresh(self, previous: Adapter | None) -> list[str]:
        """Return the segments that the adapter in use has not learned: all of them where it is of another fold."""
        steps = self.store.runs.steps()
        known = previous.segments if previous else 0
        state = self.store.runs.manifest(previous.id).get("state_sha256") if previous else None
        if state is not None and state not in {step.state_sha256 for step in steps}:
            known = 0
        return [step.segment for step in steps][known:]

    def _preflight(self) -> None:
        needed = _SPARE + 12 * self.base.folder.joinpath("model.safetensors").stat().st_size
        with disk_errors(self.home.root):
            if shutil.disk_usage(self.home.root).free < needed:
                raise NoSpace(self.home.root, needed)

    def _learn_and_promote(self) -> dict[str, Any]:
        fold, began_with = Fold(self.home, self.store, self.config, self.base), self.base.sha256
        state = fold.head()
        todo, made = self._waiting(), 0
        for number, segment in enumerate(todo):
            if self.deadline is not None and time.monotonic() > self.deadline:
                break
            self.progress("augment", number, len(todo), segment.title)
            pairs = fold.augment(segment)
            made += len(pairs)

            def report(step: int, total: int, loss: float, number: int = number, segment: Segment = segment) -> None:
                note = json.dumps({"date": segment.created_at.isoformat(), "step": step, "steps": total, "loss": loss})
                self.progress("learn", number, len(todo), note)

            state = fold.learn(segment, state, progress=report, stopped=self.stopped).state
            if self.after_step is not None:
                self._show(segment, state)
        self.progress("learn", len(todo), len(todo), "")
        if self.base.sha256 != began_with:
            raise IntegrityError(
                f"The base {self.base.name} changed while it was learned on.", "Run the command again."
            )
        if not self._has_learned():
            return {**self._result("nothing", None, [], made), "notes": fold.notes}
        return self._promote(fold, state, made)

    def _show(self, segment: Segment, state: State) -> None:
        """Hand the adapter as it now is to who watches."""
        passing = self.home.checkpoints / "passing.gguf"
        proof.write(passing, state, self.base, self.config)
        assert self.after_step is not None
        self.after_step(segment, passing)
        passing.unlink(missing_ok=True)

    def stand_in(self) -> None:
        """Put the last step that is left to use, unless an adapter that knows as much is: while the rest is learned.

        It is proven and not examined: it is a beginning of what was in use until now.
        """
        runs, active = self.store.runs, self.store.runs.active()
        known = active.segments if active else 0
        if not self._waiting() or not self._has_learned() or len(runs.steps()) <= known:
            return
        fold = Fold(self.home, self.store, self.config, self.base)
        state = fold.head()
        if self._has_learned() and len(runs.steps()) > known:
            adapter, _ = self._convert(fold, state, active)
            runs.use(adapter.id)

    def _convert(self, fold: Fold, state: State, previous: Adapter | None) -> tuple[Adapter, dict[str, Any]]:
        """Write and prove the adapter of the last step; return it, as the store now knows it, and its parity."""
        runs, steps = self.store.runs, self.store.runs.steps()
        identity = runs.next_id()
        folder = self.home.adapters / identity
        if folder.exists():  # of a run that was killed before the store knew of it
            shutil.rmtree(folder)
        self.progress("convert", 0, 1, "")
        with atomic_dir(folder) as work:
            peft.save(work / "adapter.safetensors", state, fold.metadata())
            proof.write(work / "adapter.gguf", state, self.base, self.config)
            parity = proof.prove(work / "adapter.gguf", state, fold)
            manifest = self._manifest(identity, previous, steps[-1], parity)
            (work / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
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

    def _promote(self, fold: Fold, state: State, made: int) -> dict[str, Any]:
        runs, previous = self.store.runs, self._previous()
        new = self._fresh(previous)
        adapter, parity = self._convert(fold, state, previous)
        verdict, summary, before = self._examine(Path(adapter.gguf), previous, new)
        runs.add_evaluation(adapter.id, {**summary, "gate": verdict.figures, "parity": parity}, [])
        if not verdict.passed:
            kept = runs.active()
            raise GateRefused(list(verdict.reasons), kept.id if kept else None)
        runs.promote(adapter.id, [step.segment for step in runs.steps()])
        segments = {segment.id: segment for segment in self.store.log.segments()}
        result = self._result("promoted", adapter.id, [segments[s] for s in new if s in segments], made)
        left = self._waiting()
        return {
            **result,
            "status": "promoted",
            "waiting": len(left),
            "accuracy": summary,
            "previous": before,
            "parity": parity,
            "notes": fold.notes,
        }

    def _examine(
        self, path: Path, previous: Adapter | None, new: Sequence[str]
    ) -> tuple[gate.Verdict, dict[str, Any], dict[str, Any] | None]:
        """Ask the new adapter, and the old one what it knew, in llama.cpp; return the verdict and the figures."""
        limits, seed = self.config.gate, self.config.train.seed
        exam = Exam(self.home, self.store, self.config, self.base)
        try:
            old = [step.segment for step in self.store.runs.steps() if step.segment not in set(new)]
            earlier = gate.sample_earlier(exam.questions(old), limits.earlier, seed)
            fresh = exam.questions(new)
            before: list[Scored] = exam.ask("adapter", Path(previous.gguf), earlier) if previous else []
            after = exam.ask("adapter", path, earlier, self.progress)
            learned = exam.ask("adapter", path, fresh, self.progress)
            never = [s for s in learned + after if s.question.answer == "no"]
            losses = exam.text_loss(None), exam.text_loss(path)
        finally:
            exam.close()
        probe = (losses[0], losses[1]) if losses[0] is not None and losses[1] is not None else None
        verdict = gate.decide(learned, before, after if previous else [], never, probe, limits)
        summary = figures(after + learned, None, self.config.train.recipe, seed)
        past = figures(before, previous, self.config.train.recipe, seed) if before else None
        return verdict, {**summary, "text_loss": probe}, past

    def _manifest(self, identity: str, previous: Adapter | None, last: Step, parity: dict[str, Any]) -> dict[str, Any]:
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
            "parity": parity,
        }

    def _result(self, status: str, adapter: str | None, segments: Sequence[Segment], pairs: int) -> dict[str, Any]:
        return {
            "status": status,
            "adapter": adapter,
            "conversations": [segment.conversation for segment in segments],
            "pairs": pairs,
            "seconds": round(time.monotonic() - self.began, 2),
            "accuracy": None,
            "previous": None,
        }


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the one lock; it dies with its holder. Process and start stand in the file for the message only."""
    lock = filelock.FileLock(home.lock, mode=0o600)
    note = home.root / "consolidate.holder"
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        holder = note.read_text(encoding="utf-8") if note.is_file() else "another process"
        raise LockHeld(holder) from error
    try:
        start = dt.datetime.fromtimestamp(psutil.Process().create_time()).strftime("%H:%M")
        note.write_text(f"process {psutil.Process().pid}, since {start}", encoding="utf-8")
        note.chmod(0o600)
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()
