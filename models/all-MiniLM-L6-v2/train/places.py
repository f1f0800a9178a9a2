"""What a search by meaning is learned from: places of logs, what was said there, and what a person asks of it.

*Written for a place* (reading.jsonl): true of it, for a fact that stands there, near to it and not said there. *Written
for a conversation* (questions.jsonl): of the whole of it. Knows nothing of how one learns it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plum_edge import importers
from plum_edge.evaluate.marking import words
from plum_edge.records import Conversation, draw

OF_REALMEM = ("Adeleke_Okonjo", "Ethan_Hunt", "Kenta_Tanaka", "Liam_O_Connor")
"""The users of the development data that are for training."""
MADE_UP, CHATS = "amadeu", "chats"
"""Of the two users for development the one that is learned from, and the short chats of many people."""
NEAR = ("no-near", "open-untold")
"""Sorts of questions that a place does not answer."""
_MESSAGES, _CHARS, _LOOKED_AT = 5, 600, 300
"""Of a conversation, the messages that questions are nearest to; of a message, its beginning; and what of that is
compared.
"""
_SHORTEST, _PIECE = 4, 20
"""Words of a sentence that stands by itself, and of a piece of a long one."""
_END = re.compile(r"(?<=[.!?…])[\"”’»)\]]*\s+|(?<=[。！？])|\s*\n\s*")

Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a log. ``asked`` are questions that it answers, with the fact where one is asked for; ``near`` some
    that it does not. ``of``: the user and the undertaking, within which an answer may stand elsewhere, too.
    """

    of: tuple[str, str]
    messages: tuple[str, ...]
    asked: tuple[tuple[str, str | None], ...]
    near: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        """What was said, by whom ever, in pieces of a sentence."""
        return [piece for message in self.messages for piece in pieces(message)]


def pieces(text: str) -> list[str]:
    """Return the sentences of a text in order; a long one in pieces, a short one with the one before it.

    By words, as the adapter that ships was learned; the product parts by characters (retrieve/said.py).
    """
    found: list[str] = []
    for sentence in _END.split(text):
        spoken = sentence.split()
        for at in range(0, len(spoken), _PIECE):
            part = spoken[at : at + _PIECE]
            if found and (len(part) < _SHORTEST or len(found[-1].split()) < _SHORTEST):
                found[-1] += f" {' '.join(part)}"
            else:
                found.append(" ".join(part))
    return found


def holds(text: str, fact: str) -> bool:
    """Return whether the words of a fact stand in a text in a row."""
    said, wanted = words(text), words(fact)
    return bool(wanted) and any(said[at : at + len(wanted)] == wanted for at in range(len(said) - len(wanted) + 1))


def places(data: Path, samples: Path, encode: Encode, seed: int) -> list[Place]:
    """Return all places, in an order drawn by hash."""
    found = [
        place
        for user in (*OF_REALMEM, MADE_UP, CHATS)
        for place in _of_user(user, samples / ("dev" if user == MADE_UP else "train") / user, data, encode)
    ]
    return sorted(found, key=lambda place: draw(seed, *place.of, place.asked[0][0]))


def _of_user(user: str, folder: Path, data: Path, encode: Encode) -> Iterator[Place]:
    log = data / "realmem" / f"{user}.json.xz" if user in OF_REALMEM else folder / "conversations.jsonl"
    talks = {talk.id: talk for talk in importers.read(log).conversations}
    written, natural = defaultdict(list), defaultdict(list)
    for one in _lines(folder / "reading.jsonl"):
        written[one["conversation"], one["message"]].append(one)
    for one in _lines(folder / "questions.jsonl"):
        if one["answer"] != "no" and one["conversation"]:
            natural[one["conversation"]].append((one["question"], None if one["answer"] == "yes" else one["answer"]))
    for (ident, at), lines in written.items():
        near = tuple(one["question"] for one in lines if one["sort"] in NEAR)
        asked = tuple((one["question"], _fact(one)) for one in lines if one["sort"] not in NEAR)
        around = None if user == CHATS else range(at - 1, at + 2)
        yield Place((user, _undertaking(ident)), _said(talks[ident], around), asked, near)
    for ident, told in natural.items():
        yield Place(
            (user, _undertaking(ident)), _nearest(_said(talks[ident], None), told, encode), tuple(told), near=()
        )


def _fact(line: dict[str, str]) -> str | None:
    return line["answer"] if line["sort"] == "open" else None


def _said(talk: Conversation, around: range | None) -> tuple[str, ...]:
    return tuple(
        message.content[:_CHARS]
        for at, message in enumerate(talk.messages)
        if message.role != "system" and message.content.strip() and (around is None or at in around)
    )


def _nearest(messages: Sequence[str], asked: Sequence[tuple[str, str | None]], encode: Encode) -> tuple[str, ...]:
    """Return the messages that hold a fact, and those that questions are nearest to, in order."""
    if len(messages) <= _MESSAGES:
        return tuple(messages)
    likeness = (
        encode([message[:_LOOKED_AT] for message in messages]) @ encode([question for question, _ in asked]).T
    ).max(axis=1)
    holding = np.array([any(fact and holds(message, fact) for _, fact in asked) for message in messages])
    chosen = np.argsort(-(likeness + 10.0 * holding), kind="stable")[:_MESSAGES]
    return tuple(messages[at] for at in sorted(chosen))


def _undertaking(ident: str) -> str:
    """Return what RealMem's sessions of one undertaking have in common; of any other log the conversation itself."""
    parts = ident.split(":")
    return ident if len(parts) < 3 or parts[1] == "Enhanced" else parts[1]


def _lines(path: Path) -> Iterator[dict[str, str]]:
    if path.is_file():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
