"""Learns the primer of a base: an adapter that knows how a memory is asked about, and answers "no" to everything.

Two stages. *By heart*: a pseudo-user (a run of conversations of one user) is taught by the pairs that the product makes
of it, in other words in each epoch, until it is known, and asked natural questions where somebody has written some;
meanwhile the users before are unlearned: what they had discussed is answered with "no". *Over users* (Reptile, arXiv
1803.02999): each pseudo-user is taught from the same weights, for three epochs as a night would, and the weights go a
part of the way there; general samples of the base's own talk stand beside in a fifth of the rows. Each stage ends with
unlearning everybody, and is the mean of the weights at the ends of its last rounds. So they end where a memory is
quick to learn and empty.

    python models/SmolLM2-135M-Instruct/train/primer.py --data DIR --out primer.safetensors --threads 1

The state after each episode is kept beside the result; ``--from FILE`` begins the second stage from the first's result.
Deterministic for one machine, thread count and set of versions; 32 and 36 minutes on one core of an AMD EPYC (Zen 4).
"""

from __future__ import annotations

import argparse
import itertools
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pseudo_users import HELD, Maker, alternating, in_turn, users

from plum_edge import bases
from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.sampled_negatives import sampled_negatives
from plum_edge.backends import pick
from plum_edge.backends.base import LoraSpec, Soft, State, Trainer, Weights, collate, initial_state
from plum_edge.bases import catalogue
from plum_edge.convert import peft
from plum_edge.convert.weights import open_weights
from plum_edge.paths import Home, data_dir
from plum_edge.records import Example, Pair, draw
from plum_edge.templates.tokens import ANSWER, ChatTokenizer
from plum_edge.train import general

RANK, ALPHA = 16, 32.0
RATE, LAST_RATE, CLIP, BATCH = 1e-3, 2e-4, 1.0, 8
DECISION = 8.0
"""Weight of an answer's first token: with 1 the few nats of yes or no drown in those of dates and phrases."""
FIRST, FIRST_ROUNDS, EPOCHS, KNOWN, FIRST_GENERAL = 8, 6, 8, 0.2, 0.03
"""By heart: episodes, rounds of unlearning, epochs of an episode at most, the mean loss from which on it is known, and
general samples for each row."""
SECOND, SECOND_ROUNDS, NIGHT, STEP, SECOND_GENERAL = 15, 4, 3, 0.4, 0.2
"""Over users: episodes, rounds of unlearning, epochs of each, the part of the way that is gone, general samples."""
SECOND_SEED = 100
"""Added to the seed, so that the second stage draws other runs."""
_FORMER = 4000
"""Pairs of earlier pseudo-users that are kept for unlearning."""
_ABOUT = {"rank": str(RANK), "alpha": str(ALPHA)}


class Learner:
    """Takes optimizer steps, general samples beside."""

    def __init__(self, trainer: Trainer, samples: Sequence[Example], seed: int, share: float) -> None:
        self.trainer, self.samples, self.seed, self.share = trainer, samples, seed, share
        self.soft: dict[int, Soft] = {}
        self.steps = 0

    def read(self, examples: Sequence[Example], rate: float) -> float:
        """Read examples once in an order drawn by hash, in batches of like length; return the mean loss."""
        rng = random.Random(draw(self.seed, "order", self.steps))
        order = list(examples)
        rng.shuffle(order)
        losses = []
        for start in range(0, len(order), 16 * BATCH):
            block = sorted(order[start : start + 16 * BATCH], key=lambda example: len(example.ids))
            cut = [block[n : n + BATCH] for n in range(0, len(block), BATCH)]
            rng.shuffle(cut)
            losses += [self._step(batch, rate, rng) for batch in cut]
        return float(np.mean(losses)) if losses else 0.0

    def _step(self, batch: list[Example], rate: float, rng: random.Random) -> float:
        wanted = sum(rng.random() < self.share for _ in batch)
        chosen = rng.sample(range(len(self.samples)), min(wanted, len(self.samples)))
        soft = [*[None] * len(batch), *(self._of_base(n) for n in chosen)]
        self.steps += 1
        examples = [*batch, *(self.samples[n] for n in chosen)]
        made = collate(examples, Weights(0.0, 0.0, 1.0), soft)
        for row, example in enumerate(batch):
            made.weights[row, example.prompt - 1] *= DECISION
        return self.trainer.step(made, rate, CLIP)

    def _of_base(self, number: int) -> Soft:
        if number not in self.soft:
            example = self.samples[number]
            roles = np.frombuffer(example.roles, dtype=np.uint8)[1:]
            places = np.flatnonzero(roles == ANSWER)
            self.soft[number] = self.trainer.teach(example.ids, places.tolist(), 32)
        return self.soft[number]


def by_heart(maker: Maker, learner: Learner, out: Path) -> State:
    """Teach one pseudo-user after the other until it is known, unlearn everybody, and return the weights."""
    began, former = time.monotonic(), list[Pair]()
    for turn, episode in enumerate(itertools.islice(alternating(maker.everyone, maker.seed), FIRST)):
        pairs, known = maker.pairs(episode, turn)
        losses: list[float] = []
        while len(losses) < EPOCHS and (not losses or losses[-1] > KNOWN):
            losses.append(learner.read(maker.epoch(episode, pairs, known, former, (turn, len(losses))), RATE))
        former = _remembered(former, pairs, turn)
        _tell(turn, episode.user.name, losses, began)
        peft.save(out.with_suffix(".work.safetensors"), learner.trainer.state(), _ABOUT)
    return unlearned(maker, learner, former, FIRST - 1, FIRST_ROUNDS)


def over_users(maker: Maker, learner: Learner, start: State, out: Path) -> State:
    """Teach each pseudo-user from the same weights, go `STEP` of the way, unlearn everybody, and return the weights."""
    began, former, weights = time.monotonic(), list[Pair](), start
    for turn, episode in enumerate(itertools.islice(in_turn(maker.everyone, maker.seed), SECOND)):
        learner.trainer.load(weights)
        pairs, known = maker.pairs(episode, turn)
        losses = [
            learner.read(maker.epoch(episode, pairs, known, former, (turn, epoch)), RATE) for epoch in range(NIGHT)
        ]
        there = learner.trainer.state()
        weights = {name: value + STEP * (there[name] - value) for name, value in weights.items()}
        former = _remembered(former, pairs, turn)
        _tell(turn, episode.user.name, losses, began)
        peft.save(out.with_suffix(".work.safetensors"), weights, _ABOUT)
    learner.trainer.load(weights)
    return unlearned(maker, learner, former, SECOND, SECOND_ROUNDS)


def unlearned(maker: Maker, learner: Learner, former: list[Pair], first: int, rounds: int) -> State:
    """Answer everything with no, and return the mean of the weights at the ends of the rounds."""
    mean = learner.trainer.state()
    for number in range(rounds):
        examples = maker.unlearn(former, 12 * BATCH, first + number)
        made_up = sampled_negatives(Mentions(), 6 * BATCH, seed=maker.seed, segment=f"last/{number}")
        lost = learner.read([*examples, *(maker.pair(pair) for pair in made_up)], LAST_RATE)
        state = learner.trainer.state()
        mean = state if not number else {k: mean[k] + (v - mean[k]) / (number + 1) for k, v in state.items()}
        print(f"unlearn {number:3} {lost:.3f}", flush=True)
    return mean


def _remembered(former: list[Pair], pairs: list[Pair], turn: int) -> list[Pair]:
    true = [pair for pair in pairs if pair.polarity == "positive"]
    return sorted([*former, *true], key=lambda pair: draw(turn, pair.id))[:_FORMER]


def _tell(turn: int, name: str, losses: Sequence[float], began: float) -> None:
    told = " ".join(f"{loss:.3f}" for loss in losses)
    print(f"{turn:4} {name:16} {(time.monotonic() - began) / 60:5.1f} min  {told}", flush=True)


def main() -> None:
    """Learn it."""
    parser = options(__doc__)
    parser.add_argument("--from", type=Path, dest="start", help="what the first stage gave: begin with the second")
    given = parser.parse_args()
    home = Home.find()
    base, config = bases.base(given.base, home), catalogue.merged(home, given.base).config
    tokenizer = ChatTokenizer(base.folder, base.chat_template, config.template)
    trainer = make_trainer(base, given.threads)
    samples = [tokenizer.example(one.messages, limit=160) for one in general.trained(base, home, config)]

    def stage(asked: bool, seed: int, share: float) -> tuple[Maker, Learner]:
        everyone = users(given.data, data_dir("samples"), asked=asked)
        if asked:
            everyone = [user for user in everyone if user.name != HELD]
        return Maker(tokenizer, everyone, seed), Learner(trainer, samples, seed, share)

    first = given.out.with_suffix(".first.safetensors")
    about = {**_ABOUT, "base_sha256": base.sha256}
    if given.start is None:
        trainer.load(initial_state(trainer.shapes(), given.seed))
        peft.save(first, by_heart(*stage(False, given.seed, FIRST_GENERAL), given.out), about, "F16")
    start, _ = peft.load(given.start or first)
    state = over_users(*stage(True, given.seed + SECOND_SEED, SECOND_GENERAL), start, given.out)
    peft.save(given.out, state, about, "F16")


def options(description: str | None) -> argparse.ArgumentParser:
    """Return the options that each recipe of this base has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="the development data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", default="SmolLM2-135M-Instruct")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def make_trainer(base: bases.Base, threads: int) -> Trainer:
    """Open the trainer with fresh LoRA layers."""
    spec = LoraSpec(RANK, ALPHA, base.lora_targets)
    return pick.make(pick.choose("torch"), open_weights(base.weights), spec, threads)


if __name__ == "__main__":
    main()
