"""The night: every conversation that waits is learned, and the adapter that comes out is used if it is better.

    lock → erase what was forgotten → write (where the base writes its pairs) → for each segment: augment, learn
         → average → convert → verify → examine → gate → promote

Killed at any point and run again, it carries on: what is recorded decides what is left to do. After a refusal the next
night judges smaller and smaller groups until the conversation is found that does harm; that one is tried again with
another seed and a smaller step, and at last set aside. Joins the rooms below.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from plum_edge.augment.checks import Mentions
from plum_edge.backends import pick
from plum_edge.backends.base import LoraSpec, State
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.convert.weights import open_weights
from plum_edge.errors import GateRefused, IntegrityError, Interrupted, NoSpace, Unavailable
from plum_edge.evaluate.evaluator import Evaluator
from plum_edge.night import erase, proof, space
from plum_edge.night.bisection import Bisection
from plum_edge.night.budget import Budget, peak_memory
from plum_edge.night.promotion import Judged, Promotion
from plum_edge.night.waiting import waiting
from plum_edge.paths import Home, disk_errors
from plum_edge.records import Progress, Segment
from plum_edge.store import Store
from plum_edge.store.lock import locked
from plum_edge.train import general
from plum_edge.train.fold import Fold


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
    evaluator: Evaluator | None = None
    """One that is open anyway, to examine with."""
    budget: Budget = field(default_factory=Budget)
    rebuild: bool = False
    """Learn everything again from the beginning. The adapter in use stays until the new one passes."""
    again: bool = False
    """Learn only what has its place in the order of learning already: what was learned before and must be again."""
    began: float = field(default_factory=time.monotonic)
    _passed: list[Judged] = field(default_factory=list)
    _set_aside: GateRefused | None = None

    def run(self) -> dict[str, Any]:
        """Learn what waits and promote the result; return what `consolidate --json` prints (docs/commands.md).

        Raises:
            StoreDamaged: nothing was learned.
            LockHeld, NoSpace, Interrupted, GateRefused, ConversionMismatch: nothing is lost; the old adapter stays.
        """
        with locked(self.home):
            return self.work()

    def work(self) -> dict[str, Any]:
        """Do the same under a lock that is held already."""
        self.store.check()
        with disk_errors(self.home.root):
            erase.leftovers(self.home)
        erase.carry_on(self.home, self.store)
        if not self._waiting():
            # The epoch in work of a run that was killed after its last step: of an averaging pass, if one is to come.
            erase.checkpoints(self.home, self.store, in_work=not self.store.head_is_new())
        if not self._waiting() and not self.store.head_is_new():
            erase.settle(self.store)
            return self._result("nothing", None, [], 0)
        run = self.store.runs.begin()
        try:
            result = self._learn_and_promote()
        except GateRefused as refusal:
            self.store.runs.end(run, "refused", {"reasons": refusal.reasons, "then": refusal.remedy})
            erase.settle(self.store)
            raise
        except Interrupted:
            self.store.runs.end(run, "postponed", {"waiting": len(self._left()), "why": "it was stopped"})
            raise
        except (Unavailable, NoSpace) as error:
            self.store.runs.end(run, "failed", {"error": type(error).__name__, "why": error.what})
            raise
        except BaseException as error:
            self.store.runs.end(run, "failed", {"error": type(error).__name__})
            raise
        self.store.runs.end(run, str(result["status"]), result)
        erase.settle(self.store)
        return result

    def dry_run(self) -> dict[str, Any]:
        """Return what would be learned, and what the augmenter makes of it; nothing is stored.

        ``conversations`` are those that pairs are made of, ``without_pairs`` those that nothing would be learned of.
        """
        fold = Fold(self.home, self.store, self.config, self.base)
        fold.generator.keep, fold.generator.stopped = False, self.stopped
        todo, rejected = self._waiting(), fold.rejected
        pairs: dict[str, int] = {}
        fold.generator.write(todo, enough=lambda: False, progress=self.progress)
        prior = Mentions.of(*(segment for segment in self.store.log.segments() if segment not in todo))
        for segment in todo:
            made, dropped = fold.pairs_of(segment, prior)
            pairs[segment.id] = len(made)
            rejected.update(dropped)
            prior.add(segment)
        learned = [segment for segment in todo if pairs[segment.id]]
        told = {segment.conversation for segment in learned}
        empty = [segment.conversation for segment in todo if segment.conversation not in told]
        result = self._result("nothing", None, learned, sum(pairs.values()))
        more = {"dry_run": True, "without_pairs": list(dict.fromkeys(empty)), "rejected": dict(rejected)}
        return {**result, **more, "notes": fold.notes}

    def _start_over(self) -> None:
        self.store.forgetting.unlearn(0)
        self.store.attempts.clear()
        erase.checkpoints(self.home, self.store)
        self.rebuild = False

    def _left(self) -> list[Segment]:
        return waiting(self.home, self.store, again=self.again, rebuild=self.rebuild)

    def _waiting(self) -> list[Segment]:
        """Return as much of what is left as this night may learn."""
        return self._left()[: self.limit]

    def _preflight(self) -> int:
        """Look whether disk, backend and memory are enough; return the bytes of memory that learning will take.

        Raises:
            NoSpace, NoBackend, NoMemory: before anything is done.
        """
        steps, adapters = len(self._waiting()), self._bisection.adapters()
        space.require(space.of_night(self.base, self.home, self.config, steps=steps, adapters=adapters), self.home)
        train = self.config.train
        spec = LoraSpec(train.rank, train.alpha, self.base.lora_targets)
        choice = pick.choose(train.backend)
        _, needed = pick.reckon(
            choice, open_weights(self.base.weights), spec,
            quantise=train.quantise, rows=train.batch, precision=train.precision,
        )  # fmt: skip
        return needed

    def _learn_and_promote(self) -> dict[str, Any]:
        why = self.budget.spent()
        if why:
            return self._postponed(why, 0, [])
        estimated, began_with = self._preflight(), self.base.sha256
        if self.rebuild:
            self._start_over()
        fold = Fold(self.home, self.store, self.config, self.base)
        fold.generator.stopped = self.stopped
        self._bisection.take_back(fold)
        planned = self._waiting()
        written = fold.write(planned, enough=self.budget.half().spent, progress=self.progress)
        if self.config.train.general and self.config.train.recipe != "plum":
            general.prepare(self.base, self.home, self.config, progress=self.progress, stopped=self.stopped)
        later = {segment.id for segment in planned[len(written) :]}
        state, at, made = fold.head(), 0, 0  # this may take steps back, which then wait again
        todo = [one for one in self._waiting() if one.id not in later]
        tonight = {segment.id for segment in todo} | set(self._promotion.fresh())
        while True:
            more = at < len(todo) and not why
            if more and not self._bisection.group_is_whole():
                pairs, state = self._learn(fold, state, todo, at)
                made, at, why = made + pairs, at + 1, self.budget.spent()
            elif self.store.head_is_new() and (self._bisection.group() or not self._promotion.falls_short()):
                self.progress("learn", len(todo), len(todo), "")
                if self.base.sha256 != began_with:
                    raise IntegrityError(
                        f"The base {self.base.name} changed while it was learned on.", "Run the command again."
                    )
                self._judge(fold)
                state, todo, at = fold.head(), [one for one in self._waiting() if one.id in tonight], 0
            else:
                break
        return self._outcome(why, made, fold.notes, estimated)

    def _learn(self, fold: Fold, state: State, todo: Sequence[Segment], at: int) -> tuple[int, State]:
        """Augment and learn one segment; return the number of its pairs, and the state after it."""
        segment = self.store.log.renewed(todo[at])
        if segment is None:  # it was taken back while others were learned
            return 0, state
        self.progress("augment", at, len(todo), segment.title)
        pairs = fold.augment(segment)

        def report(step: int, total: int, loss: float) -> None:
            note = json.dumps({"date": segment.created_at.isoformat(), "step": step, "steps": total, "loss": loss})
            self.progress("learn", at, len(todo), note)

        state = fold.learn(segment, state, progress=report, stopped=self.stopped).state
        if self.after_step is not None:
            self._show(segment, state)
        return len(pairs), state

    # --- what the gate says, and what follows

    @cached_property
    def _promotion(self) -> Promotion:
        return Promotion(
            self.home, self.store, self.config, self.base, self.progress, self.stopped, evaluator=self.evaluator
        )

    @cached_property
    def _bisection(self) -> Bisection:
        return Bisection(self.store, self.config, self._promotion)

    def _judge(self, fold: Fold) -> None:
        """Put what was learned to use, or find out what of it does harm.

        Raises:
            GateRefused: it was refused, and the next night is to go on.
        """
        judged = self._promotion.judge(fold)
        if judged.reasons:
            self._set_aside = self._bisection.refused(judged, fold) or self._set_aside
        else:
            self._passed.append(judged)

    def _outcome(self, why: str, made: int, notes: list[str], estimated: int) -> dict[str, Any]:
        """Return what came of the night.

        Raises:
            GateRefused: nothing was put to use, and a conversation was set aside.
        """
        memory = {"estimated": estimated, "peak": peak_memory()}
        if not self._passed:
            if self._set_aside:
                raise self._set_aside
            why = why or ("as many as it may learn were learned again" if self._waiting() else "")
            result = self._postponed(why, made, notes) if why else self._result("nothing", None, [], made)
            return {**result, "notes": notes, "memory": memory}
        last, new = self._passed[-1], {segment for judged in self._passed for segment in judged.new}
        learned = [segment for segment in self.store.log.segments() if segment.id in new]
        return {
            **self._result("promoted", last.adapter, learned, made),
            "waiting": len(self._left()),
            "accuracy": last.accuracy,
            "previous": self._passed[0].previous,
            "parity": last.parity,
            "memory": memory,
            "notes": notes,
            **({"why": why} if why else {}),
        }

    def _postponed(self, why: str, made: int, notes: list[str]) -> dict[str, Any]:
        result = self._result("postponed", None, [], made)
        return {**result, "why": why, "waiting": len(self._left()), "notes": notes}

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
        if not self._waiting() or not self.store.has_learned() or len(runs.steps()) <= known:
            return
        fold = Fold(self.home, self.store, self.config, self.base)
        state = fold.head()
        if self.store.has_learned() and len(runs.steps()) > known:
            adapter, _ = self._promotion.convert(fold, state, active)
            runs.use(adapter.id)

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
