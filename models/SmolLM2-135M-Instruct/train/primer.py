"""Learns the primer of a base: an adapter that knows how a memory is asked about, and answers "no" to everything.

Episodes: a pseudo-user (a run of conversations of one user) is taught by the pairs that the product makes of it, in
other words in each epoch, until it is known by heart, and asked natural questions where somebody has written some;
meanwhile the users before are unlearned: what they had discussed is answered with "no". At the end everybody is
unlearned. So the weights end where a memory is
quick to learn and empty. Crossed questions: a "no" to a natural question is a "yes" of somebody else, so that style
alone says nothing.

    python models/SmolLM2-135M-Instruct/train/primer.py --data DIR --out primer.safetensors --threads 1

The state after each episode is kept beside the result. Deterministic for one machine, thread count and set of
versions; 32 minutes on one core of an AMD EPYC (Zen 4).
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from plum_edge import bases, importers
from plum_edge.augment.checks import Mentions, check
from plum_edge.augment.phrases.pairs import augment
from plum_edge.augment.phrases.sampled_negatives import sampled_negatives
from plum_edge.augment.phrases.templates import NO, UNKNOWN, YES
from plum_edge.augment.phrases.variants import Undiscussed, reworded
from plum_edge.backends import pick
from plum_edge.backends.base import LoraSpec, Soft, State, Trainer, Weights, collate, initial_state
from plum_edge.bases import catalogue
from plum_edge.convert import peft
from plum_edge.convert.weights import open_weights
from plum_edge.paths import Home, data_dir
from plum_edge.records import Conversation, Example, Message, Pair, Segment, draw, spoken_date
from plum_edge.templates.tokens import ANSWER, ChatTokenizer
from plum_edge.train import general

RANK, ALPHA = 16, 32.0
RATE, LAST_RATE, CLIP, BATCH = 1e-3, 2e-4, 1.0, 8
DECISION = 8.0
"""Weight of an answer's first token: with 1 the few nats of yes or no drown in those of dates and phrases."""
TOPICS = 4
"""Key phrases a conversation: fewer than the product has, so that more conversations are seen in the same time."""
RUN = 6
"""Conversations of a pseudo-user."""
EPOCHS, KNOWN = 8, 0.2
"""Epochs of an episode at most, and the mean loss from which on it is known."""
UNLEARNED, HONEST, GENERAL, NATURAL = 0.3, 0.3, 0.03, 0.7
"""For each new pair: pairs of earlier users to be answered with no, made-up topics, general samples; and for each
natural question of the pseudo-user so many of somebody else."""
_FORMER = 4000
"""Pairs of earlier pseudo-users that are kept for unlearning."""
TRAINING = ("Adeleke_Okonjo", "Ethan_Hunt", "Kenta_Tanaka", "Liam_O_Connor")
"""The users of the development data that are for training."""
OWN = ("amadeu", "tarek")
"""Made-up users of ours with natural questions (samples/dev)."""


@dataclass(frozen=True, slots=True)
class User:
    """Conversations in order of time, and natural questions: conversation id → (question, answer)."""

    name: str
    conversations: list[Conversation]
    questions: dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Episode:
    """A pseudo-user."""

    user: User
    first: int
    count: int

    @property
    def conversations(self) -> list[Conversation]:
        return self.user.conversations[self.first : self.first + self.count]


def users(data: Path, samples: Path) -> list[User]:
    found = []
    for name in TRAINING:
        read = importers.read(data / "realmem" / f"{name}.json.xz").conversations
        found.append(User(name, sorted(read, key=lambda c: c.created_at), {}))
    for name in OWN:
        folder = samples / "dev" / name
        read = sorted(importers.read(folder / "conversations.jsonl").conversations, key=lambda c: c.created_at)
        asked: dict[str, list[tuple[str, str]]] = {}
        for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            asked.setdefault(one["conversation"], []).append((one["question"], one["answer"]))
        found.append(User(name, read, asked))
    return found


def episodes(everyone: Sequence[User], seed: int) -> Iterator[Episode]:
    """Yield runs of conversations, without end; every other one is of a user who has natural questions."""
    asked = [user for user in everyone if user.questions]
    other = [user for user in everyone if not user.questions]
    for turn in itertools.count():
        group = asked if turn % 2 else other
        user = group[turn // 2 % len(group)]
        yield Episode(user, draw(seed, "episode", turn) % (len(user.conversations) - RUN + 1), RUN)


class Maker:
    """Examples of an episode."""

    def __init__(self, tokenizer: ChatTokenizer, everyone: Sequence[User], seed: int) -> None:
        self.tokenizer, self.everyone, self.seed = tokenizer, everyone, seed

    def pairs(self, episode: Episode, turn: int) -> tuple[list[Pair], Mentions]:
        """Return the pairs that the product makes of an episode for training, and what it mentions."""
        known, found = Mentions(), []
        for talk in episode.conversations:
            segment = Segment(talk.id, talk.id, talk.title, talk.created_at, talk.messages)
            made = check(augment(segment, known, seed=self.seed + turn, topics=TOPICS), segment, known).kept
            known.add(segment)
            found += [pair for pair in made if pair.split == "train"]
        return found, known

    def epoch(
        self, episode: Episode, pairs: list[Pair], known: Mentions, former: list[Pair], place: tuple[int, int]
    ) -> list[Example]:
        """Return what is read in one epoch of an episode; ``place`` is (turn, epoch)."""
        elsewhere = Undiscussed(known, [pair.topic for pair in pairs if pair.polarity == "positive"])
        read = []
        for n, pair in enumerate(pairs):
            choice = draw(self.seed, *place, n)
            worded = elsewhere.instead(pair, choice) if pair.polarity == "negative" else pair
            read.append(reworded(worded, choice // 128))
        read += self._unlearned(former, round(UNLEARNED * len(pairs)), known, place)
        read += sampled_negatives(known, round(HONEST * len(pairs)), seed=self.seed, segment="/".join(map(str, place)))
        return [*(self._pair(pair) for pair in read), *self._natural(episode, draw(*place) % 2**32)]

    def unlearn(self, former: list[Pair], count: int, turn: int) -> list[Example]:
        """Return questions about what anybody discussed, answered with no."""
        pairs = self._unlearned(former, count, Mentions(), (turn, "unlearn"))
        crossed = self._crossed(None, round(0.4 * count), turn)
        return [*(self._pair(pair) for pair in pairs), *crossed]

    def _pair(self, pair: Pair) -> Example:
        return self.tokenizer.pair(pair)

    def _unlearned(self, former: list[Pair], count: int, known: Mentions, place: tuple[object, ...]) -> list[Pair]:
        pool = [pair for pair in former if not known.mentions(pair.topic)]
        drawn = sorted(pool, key=lambda pair: draw(self.seed, *place, pair.id))[:count]
        return [self._denied(pair, draw(self.seed, *place, "denied", pair.id)) for pair in drawn]

    @staticmethod
    def _denied(pair: Pair, choice: int) -> Pair:
        answers = NO if pair.kind == "closed" else UNKNOWN
        return replace(reworded(pair, choice), answer=answers[choice // 64 % len(answers)], polarity="negative")

    def _natural(self, episode: Episode, turn: int) -> list[Example]:
        made = []
        for talk in episode.conversations:
            date = spoken_date(talk.created_at)
            for question, answer in episode.user.questions.get(talk.id, ()):
                said = answer
                if answer == "yes":
                    said = YES[draw(self.seed, turn, question) % len(YES)].format(date=date)
                made.append(self._chat(question, said))
        return [*made, *self._crossed(episode, round(NATURAL * len(made)), turn)]

    def _crossed(self, episode: Episode | None, count: int, turn: int) -> list[Example]:
        """Return natural questions of conversations that a pseudo-user never had, answered with no."""
        mine = {talk.id for talk in episode.conversations} if episode else set()
        pool = [
            (question, answer)
            for user in self.everyone
            for talk, asked in user.questions.items()
            if talk not in mine
            for question, answer in asked
        ]
        drawn = sorted(pool, key=lambda one: draw(self.seed, "crossed", turn, one[0]))[:count]
        made = []
        for question, answer in drawn:
            answers = NO if answer == "yes" else UNKNOWN
            made.append(self._chat(question, answers[draw(self.seed, turn, "no", question) % len(answers)]))
        return made

    def _chat(self, question: str, answer: str) -> Example:
        return self.tokenizer.example([Message("user", question), Message("assistant", answer)])


class Learner:
    """Takes optimizer steps, general samples beside."""

    def __init__(self, trainer: Trainer, samples: Sequence[Example], seed: int) -> None:
        self.trainer, self.samples, self.seed = trainer, samples, seed
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
        wanted = sum(rng.random() < GENERAL for _ in batch)
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


def learn(trainer: Trainer, maker: Maker, learner: Learner, out: Path, rounds: tuple[int, int]) -> State:
    """Teach so many episodes, unlearn in so many rounds, and return the mean of the weights at the ends of these."""
    began, (count, last) = time.monotonic(), rounds
    former: list[Pair] = []
    for turn, episode in enumerate(itertools.islice(episodes(maker.everyone, maker.seed), count)):
        pairs, known = maker.pairs(episode, turn)
        losses: list[float] = []
        while len(losses) < EPOCHS and (not losses or losses[-1] > KNOWN):
            losses.append(learner.read(maker.epoch(episode, pairs, known, former, (turn, len(losses))), RATE))
        true = [pair for pair in pairs if pair.polarity == "positive"]
        former = sorted([*former, *true], key=lambda pair: draw(turn, pair.id))[:_FORMER]
        told = " ".join(f"{loss:.3f}" for loss in losses)
        print(f"{turn:4} {episode.user.name:16} {(time.monotonic() - began) / 60:5.1f} min  {told}", flush=True)
        peft.save(out.with_suffix(".work.safetensors"), trainer.state(), {"rank": str(RANK), "alpha": str(ALPHA)})
    mean = trainer.state()
    for number in range(1, last + 1):
        examples = maker.unlearn(former, 12 * BATCH, count - 1 + number - 1)
        made_up = sampled_negatives(Mentions(), 6 * BATCH, seed=maker.seed, segment=f"last/{number - 1}")
        lost = learner.read([*examples, *(maker._pair(pair) for pair in made_up)], LAST_RATE)
        state = trainer.state()
        mean = state if number == 1 else {k: mean[k] + (v - mean[k]) / number for k, v in state.items()}
        print(f"unlearn {number:3} {lost:.3f}", flush=True)
    return mean


def main() -> None:
    """Learn it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the development data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", default="SmolLM2-135M-Instruct")
    parser.add_argument("--episodes", type=int, default=8)
    parser.add_argument("--unlearn", type=int, default=6, metavar="ROUNDS")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    home = Home.find()
    base, config = bases.base(given.base, home), catalogue.merged(home, given.base).config
    tokenizer = ChatTokenizer(base.folder, base.chat_template, config.template)
    everyone = users(given.data, data_dir("samples"))
    trainer = make_trainer(base, given.threads)
    trainer.load(initial_state(trainer.shapes(), given.seed))
    samples = [tokenizer.example(one.messages, limit=160) for one in general.trained(base, home, config)]
    learner = Learner(trainer, samples, given.seed)
    state = learn(trainer, Maker(tokenizer, everyone, given.seed), learner, given.out, (given.episodes, given.unlearn))
    peft.save(given.out, state, {"rank": str(RANK), "alpha": str(ALPHA), "base_sha256": base.sha256}, "F16")


def make_trainer(base: bases.Base, threads: int) -> Trainer:
    """Open the trainer with fresh LoRA layers."""
    spec = LoraSpec(RANK, ALPHA, base.lora_targets)
    return pick.make(pick.choose("torch"), open_weights(base.weights), spec, threads)


if __name__ == "__main__":
    main()
