"""Crossed negatives: to each user, yes-questions of the others that this one never discussed, to be answered with no.

    PLUM_EDGE_DATA=DIR python -m benchmarks.crossed [--out DIR] [--doubtful]

In a set whose every "no" is somebody else's "yes", neither subject nor style tells which is which, unless one has seen
others of the user's questions (voice.py says how far that goes): only who had the conversation does. Users: the four of
RealMem that are for training (questions in samples/train), and the made-up ones for development (samples/dev). A
question is left out where one conversation of the other user holds more than `HOLDS` of its words, each weighed by how
rare it is in all logs; so is one that a reader found true of the other, or too near (samples/train/discussed.jsonl).
``--doubtful`` prints the nearest ones that stay, for reading. ``--out`` writes USER.jsonl, in the form that
``plum-edge evaluate --questions`` reads.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.experiment.logs import DEVELOPMENT_USERS as TRAINING
from benchmarks.experiment.logs import development_data
from benchmarks.voice import auc
from plum_edge.errors import PlumError
from plum_edge.importers import read
from plum_edge.records import Conversation
from plum_edge.retrieve.content import content_words

SAMPLES = Path(__file__).parents[1] / "samples"
DEVELOPMENT = ("amadeu", "tarek")
HOLDS = 0.7
"""Share of a question's words in one conversation, weighed, from which on it may have been discussed there."""
_ENDINGS = re.compile(r"(?<=.{4})(?:ing|ed|es|s)$")


@dataclass(frozen=True)
class User:
    """A log, and the yes-questions that are true of it."""

    name: str
    conversations: tuple[Conversation, ...]
    asked: tuple[str, ...]

    @cached_property
    def words(self) -> list[frozenset[str]]:
        """The different words of each conversation, without endings."""
        return [frozenset(stems(" ".join(m.content for m in c.messages))) for c in self.conversations]


def users(data: Path) -> list[User]:
    """Return the users for training and for development; ``data`` is the folder that $PLUM_EDGE_DATA names."""
    found = [
        User(
            name, read(data / "realmem" / f"{name}.json.xz", "realmem").conversations, _asked(SAMPLES / "train" / name)
        )
        for name in TRAINING
    ]
    for name in DEVELOPMENT:
        folder = SAMPLES / "dev" / name
        found.append(User(name, read(folder / "conversations.jsonl", None, None).conversations, _asked(folder)))
    return found


def crossed(user: User, everyone: Sequence[User]) -> Iterator[str]:
    """Yield the yes-questions of the others that this user never discussed."""
    known = discussed()
    for question, share in doubts(user, everyone):
        if share <= HOLDS and (user.name, question) not in known:
            yield question


def doubts(user: User, everyone: Sequence[User]) -> Iterator[tuple[str, float]]:
    """Yield each yes-question of the others with the largest share of its words in one conversation of this user."""
    others = [question for one in everyone if one.name != user.name for question in one.asked]
    return shares(user, others, everyone)


def shares(user: User, questions: Iterable[str], everyone: Sequence[User]) -> Iterator[tuple[str, float]]:
    """Yield questions with the largest share of their words in one conversation of this user."""
    logs = [words for one in everyone for words in one.words]
    seen = Counter(word for words in logs for word in words)
    for question in questions:
        weights = {word: math.log(len(logs) / (1 + seen[word])) for word in topic(question)}
        total = sum(weights.values())
        share = max(sum(weights[word] for word in weights if word in words) for words in user.words)
        yield question, share / total if total > 0 else 1.0


def discussed() -> set[tuple[str, str]]:
    """Return what a reader found to be true of another user too: (user, question)."""
    lines = (SAMPLES / "train" / "discussed.jsonl").read_text(encoding="utf-8").splitlines()
    return {(one["user"], one["question"]) for one in map(json.loads, lines)}


def _asked(folder: Path) -> tuple[str, ...]:
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(one["question"] for one in map(json.loads, lines) if one["asks"] == "closed")


def topic(question: str) -> set[str]:
    """Return the words that say what a question is about, without endings."""
    return {_ENDINGS.sub("", word) for word in content_words(question)}


def stems(text: str) -> Iterable[str]:
    """Return the words of a text without endings."""
    return (_ENDINGS.sub("", word) for word in re.findall(r"[^\W_]+", text.lower()))


def main() -> None:
    """Write or print them, and how many there are."""
    parser = argparse.ArgumentParser(description="Find yes-questions of others that a user never discussed.")
    parser.add_argument("--out", type=Path, help="folder for USER.jsonl")
    parser.add_argument("--doubtful", action="store_true", help="print the twenty nearest of each user")
    arguments = parser.parse_args()
    try:
        everyone = users(development_data())
    except PlumError as error:
        raise SystemExit(str(error)) from error
    for user in everyone:
        negatives = list(crossed(user, everyone))
        of = sum(len(other.asked) for other in everyone if other.name != user.name)
        near = dict(doubts(user, everyone))
        own = [share for _, share in shares(user, user.asked, everyone)]
        told = auc(own, [near[question] for question in negatives])
        print(f"{user.name}: {len(negatives)} of {of}; AUC of words alone {told:.2f}")
        if arguments.doubtful:
            for question in sorted(negatives, key=lambda question: -near[question])[:20]:
                print(f"    {near[question]:.2f} {question}")
        if arguments.out:
            arguments.out.mkdir(parents=True, exist_ok=True)
            lines = (
                json.dumps({"question": one, "answer": "no", "kind": "far"}, ensure_ascii=False) for one in negatives
            )
            (arguments.out / f"{user.name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
