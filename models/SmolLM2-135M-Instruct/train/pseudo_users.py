"""Pseudo-users: runs of conversations of made-up users, what the product makes of them, and natural questions.

Crossed questions: a "no" to a natural question is a "yes" of somebody else, so that style alone says nothing. Knows
nothing of how a primer is learned.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from plum_edge import importers
from plum_edge.augment.checks import Mentions, check
from plum_edge.augment.phrases.pairs import augment
from plum_edge.augment.phrases.sampled_negatives import sampled_negatives
from plum_edge.augment.phrases.undiscussed import Undiscussed
from plum_edge.augment.phrases.variants import reworded
from plum_edge.augment.phrases.wordings import NO, UNKNOWN, YES
from plum_edge.records import Conversation, Example, Message, Pair, Segment, draw, spoken_date
from plum_edge.templates.tokens import ChatTokenizer

TOPICS = 4
"""Key phrases a conversation: fewer than the product has, so that more conversations are seen in the same time."""
RUN = 6
"""Conversations of a pseudo-user."""
UNLEARNED, SAMPLED, NATURAL = 0.3, 0.3, 0.7
"""For each new pair: pairs of earlier users to be answered with no, and made-up topics; and for each natural question
of the pseudo-user so many of somebody else."""
TRAINING = ("Adeleke_Okonjo", "Ethan_Hunt", "Kenta_Tanaka", "Liam_O_Connor")
"""The users of the development data that are for training."""
HELD = TRAINING[-1]
"""Not in the second stage: to look at what it does to somebody new."""
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


def users(data: Path, samples: Path, *, asked: bool) -> list[User]:
    """Return everybody; with ``asked`` RealMem's users with the natural questions of samples/train."""
    found = []
    for name in TRAINING:
        read = importers.read(data / "realmem" / f"{name}.json.xz").conversations
        questions = _questions(samples / "train" / name) if asked else {}
        found.append(User(name, sorted(read, key=lambda c: c.created_at), questions))
    for name in OWN:
        folder = samples / "dev" / name
        read = importers.read(folder / "conversations.jsonl").conversations
        found.append(User(name, sorted(read, key=lambda c: c.created_at), _questions(folder)))
    return found


def _questions(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Return the natural questions that are true, by conversation."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if one["answer"] != "no" and one["conversation"]:
            found.setdefault(one["conversation"], []).append((one["question"], one["answer"]))
    return found


def alternating(everyone: Sequence[User], seed: int) -> Iterator[Episode]:
    """Yield runs of conversations, without end; every other one is of a user who has natural questions."""
    asked = [user for user in everyone if user.questions]
    other = [user for user in everyone if not user.questions]
    for turn in itertools.count():
        group = asked if turn % 2 else other
        yield _run(group[turn // 2 % len(group)], seed, turn)


def in_turn(everyone: Sequence[User], seed: int) -> Iterator[Episode]:
    """Yield runs of conversations, without end, of one user after the other."""
    for turn in itertools.count():
        yield _run(everyone[turn % len(everyone)], seed, turn)


def _run(user: User, seed: int, turn: int) -> Episode:
    return Episode(user, draw(seed, "episode", turn) % (len(user.conversations) - RUN + 1), RUN)


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
        read += sampled_negatives(known, round(SAMPLED * len(pairs)), seed=self.seed, segment="/".join(map(str, place)))
        return [*(self.pair(pair) for pair in read), *self._natural(episode, draw(*place) % 2**32)]

    def unlearn(self, former: list[Pair], count: int, turn: int) -> list[Example]:
        """Return questions about what anybody discussed, answered with no."""
        pairs = self._unlearned(former, count, Mentions(), (turn, "unlearn"))
        crossed = self._crossed(None, round(0.4 * count), turn)
        return [*(self.pair(pair) for pair in pairs), *crossed]

    def pair(self, pair: Pair) -> Example:
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
