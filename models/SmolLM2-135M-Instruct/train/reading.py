"""What reading is learned from: passages of logs, and questions with what each passage says to them.

*Written for a passage* (reading.jsonl beside the users' questions): true of it, in its words, in others or from the
side; near to it and not said there; for a fact that stands there; for one that does not. *Written for a conversation*
(questions.jsonl): asked of the passage of that conversation that is nearest in meaning, of those that hold the fact if
one is asked for. *Written with its chat* (samples/train/chats): short chats of many people, of each six facts. And to
each passage the questions of other conversations that lie nearest to it, answered with no: what a search would confuse.
A passage is cut and headed as the product does it. Knows nothing of how one learns it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pseudo_users import TRAINING

from plum_edge import importers
from plum_edge.augment.phrases.wordings import NO, UNKNOWN, YES
from plum_edge.evaluate.marking import contains
from plum_edge.records import Conversation, Evidence, Message, draw, spoken_date
from plum_edge.retrieve import PASSAGE
from plum_edge.retrieve.passages import passage

DEVELOPED = "amadeu"
"""Of the two users for development the one that is learned from; the other is to look at."""
SAID, NOT_SAID, NOT_TOLD = YES[1], NO[2], UNKNOWN[0]
"""What is answered to a question of yes or no, and for a fact that does not stand in the passage. One wording each: who
reads is no memory, and has nothing to tell apart by them."""
UNTOLD = "unknown"
"""The answer to a question for a fact that a passage does not give, as reading.jsonl has it."""
CHATS = "chats"
"""Short chats that were written to be read, each whole."""
AGAIN = 4
"""Of so many passages of logs one comes again among the chats."""
LAST = 2, 4
"""For the last pass: of so many passages of logs one, and of so many chats one."""
OTHERS = 80
"""Passages that nobody wrote questions for, of the eight hundred that a conversation's questions fell to."""
NEAR, NEAREST = 3, 8
"""Of the so many questions of other conversations that lie nearest to a passage, so many are asked of it."""
_LOOKED_AT = 400
"""Characters of a message that are compared: the search by meaning reads little more."""

Encode = Callable[[Sequence[str]], np.ndarray]
Place = tuple[str, str, int]
"""User, conversation and message that a passage is cut around."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as its file has it: the answer yes, no, `UNTOLD` or a fact."""

    question: str
    answer: str
    user: str
    conversation: str

    @property
    def closed(self) -> bool:
        return self.answer in ("yes", "no")


@dataclass(frozen=True, slots=True)
class Read:
    """A passage, and questions with what it says to them."""

    passage: str
    asked: tuple[tuple[str, str], ...]

    def chats(self) -> list[list[Message]]:
        """Return each question as it is asked of the passage, with the answer."""
        before = Message("system", self.passage)
        return [[before, Message("user", asked), Message("assistant", said)] for asked, said in self.asked]


class Maker:
    """Passages of all users. ``count`` counts tokens of the base that reads."""

    def __init__(self, data: Path, samples: Path, encode: Encode, count: Callable[[str], int], seed: int) -> None:
        self.encode, self.count, self.seed = encode, count, seed
        self.logs: dict[tuple[str, str], Conversation] = {}
        self.places: dict[Place, list[Asked]] = defaultdict(list)
        self.chats: dict[Place, list[Asked]] = defaultdict(list)
        self.written: set[Place] = set()
        self.natural: list[Asked] = []
        for name in (*TRAINING, DEVELOPED):
            folder = samples / ("dev" if name == DEVELOPED else "train") / name
            log = folder / "conversations.jsonl" if name == DEVELOPED else data / "realmem" / f"{name}.json.xz"
            self.logs |= {(name, talk.id): talk for talk in importers.read(log).conversations}
            self._add(name, folder)
        self._add_chats(samples / "train" / CHATS)

    def of_logs(self) -> list[Read]:
        """Return all passages of logs with all their questions, in an order drawn by hash."""
        drawn = sorted(self.places, key=lambda place: draw(self.seed, *place))
        others = [place for place in drawn if place not in self.written]
        order = sorted({*self.written, *others[:OTHERS]}, key=drawn.index)
        near = self._near(order, self.natural)
        return [self._read(place, near[place]) for place in order]

    def of_chats(self) -> list[Read]:
        """Return all chats with all their questions, in the order of the file."""
        near = self._near([*self.chats], [one for asked in self.chats.values() for one in asked])
        return [self._read(place, near[place]) for place in self.chats]

    def passes(self, count: int) -> list[list[Read]]:
        """Return what is read in each pass: the logs; the chats, and some passages of logs again; some of both.

        The third is there because no question about a chat that is to be answered with yes is in the chat's words: who
        ends with them takes the same words for a trap.
        """
        logs, chats = self.of_logs(), self.of_chats() if count > 1 else []
        mixed = [*chats, *logs[::AGAIN]], [*logs[:: LAST[0]], *chats[:: LAST[1]]]
        second, third = (sorted(part, key=lambda one: draw(self.seed, one.passage)) for part in mixed)
        return [logs, second, third][:count]

    def _add_chats(self, folder: Path) -> None:
        self.logs |= {(CHATS, talk.id): talk for talk in importers.read(folder / "conversations.jsonl").conversations}
        for one in _lines(folder / "reading.jsonl"):
            asked = Asked(one["question"], one["answer"], CHATS, one["conversation"])
            self.chats[CHATS, asked.conversation, 0].append(asked)

    def _add(self, name: str, folder: Path) -> None:
        for one in _lines(folder / "reading.jsonl"):
            place = name, one["conversation"], one["message"]
            self.written.add(place)
            self.places[place].append(Asked(one["question"], one["answer"], name, one["conversation"]))
        for one in _lines(folder / "questions.jsonl"):
            if one["answer"] != "no" and one["conversation"]:
                asked = Asked(one["question"], one["answer"], name, one["conversation"])
                self.natural.append(asked)
                if (at := self._holding(asked)) is not None:
                    self.places[name, asked.conversation, at].append(asked)

    def _holding(self, asked: Asked) -> int | None:
        """Return the message of a conversation that is nearest to a question, of those whose passage has the fact."""
        talk = self.logs[asked.user, asked.conversation]
        places = [at for at, m in enumerate(talk.messages) if m.role != "system" and m.content.strip()]
        vectors = self.encode([talk.messages[at].content[:_LOOKED_AT] for at in places])
        for nth in np.argsort(-(vectors @ self.encode([asked.question])[0]), kind="stable"):
            if asked.closed or contains(self._passage(talk, places[nth]), asked.answer):
                return places[nth]
        return None

    def _near(self, places: Sequence[Place], asked: Sequence[Asked]) -> dict[Place, list[Asked]]:
        """Return for each place some questions of other conversations that lie near to it."""
        questions = self.encode([one.question for one in asked])
        texts = [self.logs[user, talk].messages[at].content[:_LOOKED_AT] for user, talk, at in places]
        cosines = self.encode(texts) @ questions.T
        found = {}
        for place, row in zip(places, cosines, strict=True):
            others = (asked[n] for n in np.argsort(-row, kind="stable"))
            apart = list(_first(others, NEAREST, place))
            found[place] = sorted(apart, key=lambda one: draw(self.seed, *place, one.question))[:NEAR]
        return found

    def _read(self, place: Place, near: Sequence[Asked]) -> Read:
        user, ident, at = place
        talk = self.logs[user, ident]
        said = SAID.format(date=spoken_date(talk.created_at))
        answers = {"yes": said, "no": NOT_SAID, UNTOLD: NOT_TOLD}
        asked = self.chats[place] if user == CHATS else self.places[place]
        own = [(one.question, answers.get(one.answer) or _sentence(one.answer)) for one in asked]
        other = [(one.question, NOT_SAID if one.closed else NOT_TOLD) for one in near]
        room = 2 * PASSAGE if user == CHATS else PASSAGE  # a chat is read whole
        return Read(self._passage(talk, at, room), (*own, *other))

    def _passage(self, talk: Conversation, at: int, room: int = PASSAGE) -> str:
        return passage(talk, Evidence(talk.id, talk.created_at, "", at), room, self.count)


def _first(asked: Iterator[Asked], count: int, place: Place) -> Iterator[Asked]:
    """Yield the first few questions that are not of this place's undertaking."""
    user, ident, _ = place
    for one in asked:
        if (one.user, _project(one.conversation)) != (user, _project(ident)):
            yield one
            count -= 1
            if not count:
                return


def _project(ident: str) -> str:
    """Return what RealMem's sessions of one undertaking have in common; of any other log the conversation itself."""
    parts = ident.split(":")
    return ident if len(parts) < 3 or parts[1] == "Enhanced" else parts[1]


def _sentence(fact: str) -> str:
    return f"{fact[:1].upper()}{fact[1:].rstrip('.')}."


def _lines(path: Path) -> Iterator[dict[str, object]]:
    if path.is_file():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
