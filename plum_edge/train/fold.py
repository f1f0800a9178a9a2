"""The adapter as a left fold over segments: record, augment, learn, keep the state (docs/concepts.md).

Joins store, augment, tokens, schedule, train and convert for one segment at a time. Every step is a function of the
segments before it and of recorded inputs: killed at any moment and run again, it ends with the same bytes.

Which checkpoints of steps stay is said in checkpoints.py. Where one is lost, what comes after the one before is learned
again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cached_property
from importlib.metadata import version

from plum_edge.augment.checks import Mentions, contradicted
from plum_edge.augment.pipeline import PairGenerator
from plum_edge.backends import pick
from plum_edge.backends.base import LoraSpec, State, Trainer, initial_state
from plum_edge.bases import Base
from plum_edge.config import Config, Template, Train, recorded
from plum_edge.convert import peft
from plum_edge.convert.weights import open_weights
from plum_edge.paths import Home
from plum_edge.records import Pair, Progress, Segment, Step, content_hash, draw
from plum_edge.store import Store
from plum_edge.templates.tokens import ChatTokenizer
from plum_edge.train import general
from plum_edge.train.checkpoints import checkpoint, ends_kept, last_ends, mean, stored, superseded, unfinished
from plum_edge.train.dataset import Datasets
from plum_edge.train.primer import primer
from plum_edge.train.recipes import averaging_pass, ends_averaged
from plum_edge.train.recipes import make as make_recipe
from plum_edge.train.step import Learned, learn, state_sha256

Report = Callable[[int, int, float], None]
"""Told of an optimizer step, of how many, and its loss."""
Stopped = Callable[[], bool]
_AS_IT_TURNED_OUT = ("backend", "threads", "precision")
"""Settings that a step records by what came of them, not by what was wanted."""


class Fold:
    """The steps learned so far, and the next one. Opens the backend only when a segment is learned."""

    def __init__(self, home: Home, store: Store, config: Config, base: Base) -> None:
        self.home, self.store, self.config, self.base = home, store, config, base
        tokenizer = ChatTokenizer(base.folder, base.chat_template, config.template)
        self.datasets = Datasets(store, config, base, tokenizer, lambda: general.trained(base, home, config))
        self.generator = PairGenerator(home, store, config, base)
        self.rejected: Counter[str] = Counter()
        self._notes: list[str] = []
        self._mentions, self._reached = Mentions(), 0

    @cached_property
    def trainer(self) -> Trainer:
        """The backend with the base and fresh LoRA layers."""
        settings = self.config.train
        spec = LoraSpec(settings.rank, settings.alpha, self.base.lora_targets, settings.layers)
        choice = pick.choose(settings.backend)
        self._notes.append(f"trained by {choice.name}: {choice.why}")
        return pick.make(
            choice,
            open_weights(self.base.weights),
            spec,
            settings.threads,
            quantise=settings.quantise,
            rows=settings.batch,
            precision=settings.precision,
        )

    @property
    def notes(self) -> list[str]:
        """What the user should know of how it went."""
        return [*self._notes, *self.generator.notes()]

    def known(self, seq: int) -> Mentions:
        """Return what the log mentions up to this place in the order of learning; it grows with the next call.

        Every recorded segment counts, also one that no pairs came of: the same for any split into nights.
        """
        if seq < self._reached:
            self._mentions, self._reached = Mentions(), 0
        for segment in self.store.log.segments(after=self._reached, upto=seq):
            self._mentions.add(segment)
        self._reached = seq
        return self._mentions

    def head(self) -> State:
        """Return the state after the steps learned so far.

        A step whose checkpoint is gone or damaged is taken back, with all after it: they are learned again.
        """
        steps = self.store.runs.steps()
        for position in range(len(steps), 0, -1):
            state = self._stored(steps[position - 1])
            if state is not None:
                if position < len(steps):
                    self.store.runs.truncate(steps[position].seq)
                return state
        if steps:
            self.store.runs.truncate(steps[0].seq)
        begun = primer(self.base, self.config.train)
        return begun.state if begun else initial_state(self.trainer.shapes(), self.config.train.seed)

    def augment(self, segment: Segment) -> list[Pair]:
        """Return the segment's pairs, made and stored now where they are not yet; retire what it makes false."""
        seq = self.store.log.record(segment)
        stored = self.store.pairs.of(segment.id)
        if stored:
            return stored
        pairs, rejected = self.pairs_of(segment, self.known(seq - 1))
        if self._given_up(segment):
            pairs = []
        self.rejected.update(rejected)
        with self.store.transaction():
            earlier = self.store.pairs.live("train", before_seq=seq) + self.store.pairs.live("held_out", before_seq=seq)
            self.store.pairs.retire(contradicted(earlier, segment), segment.id)
            self.store.pairs.replace(segment.id, pairs)
        return pairs

    def write(self, segments: list[Segment], *, enough: Callable[[], object], progress: Progress) -> list[Segment]:
        """Have the base write of those that there are no pairs of (`Writer.write`); return those that can be learned.

        Before the trainer is opened: memory need not hold the base twice.
        """
        recorded = {segment.id for segment in self.store.log.segments()}
        new = [one for one in segments if one.id not in recorded or not self.store.pairs.of(one.id)]
        written = self.generator.write(new, enough=enough, progress=progress)
        return segments if len(written) == len(new) else segments[: segments.index(new[len(written)])]

    def pairs_of(self, segment: Segment, prior: Mentions) -> tuple[list[Pair], Counter[str]]:
        """Return what the augmenter makes of a segment, checked and edited, and what was refused. No pair is stored."""
        checked = self.generator.pairs_of(segment, prior)
        return self.store.edits.applied(segment.id, checked.kept), checked.rejected

    def learn(
        self,
        segment: Segment,
        before: State,
        *,
        progress: Report | None = None,
        stopped: Stopped | None = None,
    ) -> Learned:
        """Learn one augmented segment, keep its state and record its step."""
        seq = self.store.log.record(segment)
        pairs = [pair for pair in self.augment(segment) if pair.split == "train"]
        settings = self.settings(segment.id)
        recipe = make_recipe(
            settings.recipe,
            replay=settings.replay,
            general=settings.general,
            sampled_negatives=settings.sampled_negatives,
        )
        dataset = self.datasets.of(segment, pairs, self.known(seq), self.trainer)
        epoch_in_work = unfinished(self.home)
        learned = learn(
            self.trainer,
            before,
            dataset,
            recipe,
            settings,
            checkpoint=epoch_in_work,
            progress=progress,
            stopped=stopped,
        )
        aside = learned.aside and (self._given_up(segment) or learned.aside)
        self.store.log.set_aside(segment.id, aside)
        if aside:
            self._notes.append(f"{segment.id} was set aside: {aside}")
        if self.datasets.tokenizer.cut:
            self._notes.append(f"{segment.id}: what was longer than {self.base.context:,} tokens was cut")
            self.datasets.tokenizer.cut = 0
        self._save(seq, learned.state)
        self.store.runs.add_step(
            Step(
                seq=seq,
                segment=segment.id,
                recipe=settings.recipe,
                backend=self.trainer.name,
                threads=self.trainer.threads,
                versions=self._made_with(settings),
                seed=settings.seed,
                pairs_sha256=_pairs_sha256(pairs),
                state_sha256=state_sha256(learned.state),
                seconds=learned.seconds,
                loss=learned.loss,
            )
        )
        epoch_in_work.unlink(missing_ok=True)
        self._prune(seq)
        return learned

    def averaged(
        self,
        *,
        progress: Report | None = None,
        stopped: Stopped | None = None,
    ) -> State:
        """Return the weights to use after the last step: the mean of the last ends, then the averaging pass from there.

        A function of the steps and of the log up to the last of them; the next step goes on from the last state itself.

        Raises:
            Interrupted: ``stopped()`` became true; the last whole epoch or round is kept.
        """
        lost = next((step for step in self.ends() if self._stored(step) is None), None)
        if lost is not None:
            self._learn_again(lost, progress, stopped)
        states = [state for step in self.ends() if (state := self._stored(step)) is not None]
        return self._averaging_pass(mean(states or [self.head()]), progress, stopped)

    def ends(self) -> list[Step]:
        """Return the last steps whose states are averaged for use, in order; none where nothing was learned."""
        return self._last_ends(ends_averaged(self.config.train))

    def _last_ends(self, count: int) -> list[Step]:
        return last_ends(self.store.runs.steps(), self.store.log.aside(), count)

    def _learn_again(self, lost: Step, progress: Report | None, stopped: Stopped | None) -> None:
        """Learn again from the checkpoint before a lost one up to the last: the same bytes where they can be."""
        steps, segments = self.store.runs.steps(), {one.id: one for one in self.store.log.segments()}
        self.store.runs.truncate(lost.seq)
        state, left = self.head(), self.store.runs.done()
        for step in steps[left:]:
            state = self.learn(segments[step.segment], state, progress=progress, stopped=stopped).state

    def _averaging_pass(self, state: State, progress: Report | None, stopped: Stopped | None) -> State:
        """Return the mean of the weights while everything is read once more.

        Where the loss or the weights are no numbers, the state is used as it is, and a note says so.
        """
        settings, last = self.config.train, self.store.runs.steps()[-1]
        epoch_in_work = unfinished(self.home)
        if averaging_pass(settings):
            segment = self.store.log.segments(after=last.seq - 1, upto=last.seq)[0]
            pairs = self.store.pairs.of(segment.id, "train")
            dataset, recipe = self.datasets.averaging(segment, pairs, self.known(last.seq))
            settings = replace(settings, epochs=recipe.rounds, decay=0.0)
            learned = learn(
                self.trainer,
                state,
                dataset,
                recipe,
                settings,
                checkpoint=epoch_in_work,
                averaged=True,
                progress=progress,
                stopped=stopped,
            )
            state = learned.state
            if learned.aside:
                self._notes.append(f"used as it was learned, without an averaging pass: {learned.aside}")
        epoch_in_work.unlink(missing_ok=True)
        return state

    def settings(self, segment_id: str) -> Train:
        """Return how a recorded segment is learned: after each refusal with another seed and a smaller step."""
        train, attempt = self.config.train, self.store.attempts.of(segment_id)
        if attempt is None or not attempt.number:
            return train
        seed = draw(train.seed, "attempt", attempt.number) % 2**31
        return replace(train, seed=seed, learning_rate=train.learning_rate * self.config.gate.smaller**attempt.number)

    def _given_up(self, segment: Segment) -> str:
        """Return why a recorded segment is not tried any more, or nothing."""
        attempt = self.store.attempts.of(segment.id)
        return attempt.why if attempt else ""

    def metadata(self) -> dict[str, str]:
        """Return what the neutral adapter file says of itself."""
        settings = self.config.train
        return {"rank": str(settings.rank), "alpha": str(settings.alpha), "base_sha256": self.base.sha256}

    def _made_with(self, settings: Train) -> dict[str, str]:
        """Return what the bytes of a step depend on besides its inputs: where it changed they cannot be made again."""
        train = recorded(settings)
        of_train = {key: train[key] for key in train if key not in _AS_IT_TURNED_OUT}
        ours = {
            "plum-edge": version("plum-edge"),
            "base": self.base.sha256[:16],
            "settings": content_hash(json.dumps([of_train, asdict(self.config.augment)], sort_keys=True)),
        }
        if self.config.template != Template():
            ours["template"] = content_hash(json.dumps(asdict(self.config.template), sort_keys=True, default=str))
        if samples := general.fingerprint(self.base, self.home, self.config):
            ours["general"] = samples
        if begun := primer(self.base, self.config.train):
            ours["primer"] = begun.sha256[:16]
        return ours | self.generator.made_with() | self.trainer.versions()

    def _stored(self, step: Step) -> State | None:
        """Return the state after a step, or None where its checkpoint is gone, damaged or of other bytes."""
        return stored(self.home, step, self.metadata())

    def _save(self, seq: int, state: State) -> None:
        peft.save(checkpoint(self.home, seq), state, self.metadata())

    def _prune(self, newest: int) -> None:
        steps = [step for step in self.store.runs.steps() if step.seq <= newest]
        for seq in superseded(steps, self._last_ends(ends_kept(ends_averaged(self.config.train)))):
            checkpoint(self.home, seq).unlink(missing_ok=True)


def _pairs_sha256(pairs: list[Pair]) -> str:
    return hashlib.sha256("\n".join(pair.id for pair in pairs).encode()).hexdigest()
