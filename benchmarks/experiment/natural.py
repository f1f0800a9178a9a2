"""What a person would ask, crossed: to be answered with yes where the user has talked of it, else with no.

    crossed    the user's own yes-questions, and those of others that this user never discussed
    partner    the crossed questions of another user, put to this user's adapter: a control, which knows of none of them
    later      own yes-questions, and own ones about conversations that are still to come: one voice on both sides
    open       own questions for a fact, and others' for facts that this user never told
    everyday   topics that anybody may have (benchmarks/everyday.jsonl), never discussed

A question of others counts as never discussed where no conversation of the user's whole log holds most of its words
(benchmarks/crossed.py), and near.jsonl does not name it: what lies near in meaning to a message of the user (near.py).
Whose questions stand against whom is in `AGAINST`: the primer was taught those of samples/train and samples/dev, so
that the users of the final table have each other's and the sample user's alone. Of a user who writes German only what
is asked in English is crossed: the language would tell the rest. Samples are drawn by hash. Knows nothing of who is
asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from benchmarks.crossed import HOLDS, User, shares
from benchmarks.everyday import QUESTIONS as EVERYDAY
from benchmarks.experiment import logs
from plum_edge.augment.checks import Mentions
from plum_edge.augment.language import language
from plum_edge.paths import data_dir
from plum_edge.records import Question, Segment, Style, content_hash, draw

AGAINST: dict[str, tuple[str, ...]] = {
    "delroy": ("gisela", "nora"),
    "gisela": ("delroy", "nora"),
    "tarek": ("amadeu", *logs.DEVELOPMENT_USERS),
    "amadeu": ("tarek", *logs.DEVELOPMENT_USERS),
    "nora": ("delroy", "gisela"),
}
"""Users who are asked what a person would ask, and whose questions they are to deny."""
PARTNER = {"delroy": "gisela", "gisela": "delroy", "tarek": "amadeu", "amadeu": "tarek", "nora": "delroy"}
"""Whose crossed questions a user's adapter is asked as one that knows of none of them."""
SETS = ("crossed", "partner", "later", "open", "everyday")
EACH = {"crossed": 60, "later": 60, "open": 30}
"""At most so many questions of each sort at a point."""
NEAR = Path(__file__).with_name("near.jsonl")
"""A line for each question that lies near to what a user said: {"user", "question"}, the question as its hash."""
_UNKNOWN = "I do not know."


class Asked(NamedTuple):
    """A question as its file has it."""

    question: str
    answer: str
    kind: Style
    conversation: str

    @property
    def closed(self) -> bool:
        """Whether it is answered with yes."""
        return self.answer == "yes"


def questions(asked: str, log: str, point: int) -> list[Question]:
    """Return one of `SETS` about the first ``point`` conversations of a log.

    Raises:
        KeyError: nobody wrote questions about this log.
    """
    if log not in AGAINST:
        raise KeyError(log)
    match asked:
        case "crossed":
            return _crossed(log, point)
        case "partner":
            mine = {one.question for one in own(log)}
            return [one for one in _crossed(PARTNER[log], point) if one.question not in mine]
        case "later":
            return _later(log, point)
        case "open":
            return _open(log, point)
        case "everyday":
            return list(everyday(log))
    raise KeyError(asked)


@cache
def own(log: str) -> tuple[Asked, ...]:
    """Return the questions that were written about a log and are true of it; of the sample user's her own "no" go."""
    folder = logs.folder(log) if log in logs.MADE_UP else data_dir("samples") / "train" / log
    lines = map(json.loads, (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines())
    return tuple(
        Asked(one["question"], one["answer"], one["kind"], one["conversation"])
        for one in lines
        if one["answer"] != "no" and one["conversation"]
    )


def _crossed(log: str, point: int) -> list[Question]:
    learned = {one.id for one in logs.load(log)[:point]}
    true = [one for one in own(log) if one.closed and one.conversation in learned and _in_english(one, log)]
    return [*_yes(drawn(true, EACH["crossed"])), *_no(drawn(never(log, closed=True), EACH["crossed"]))]


def _later(log: str, point: int) -> list[Question]:
    learned = logs.load(log)[:point]
    ids = {one.id for one in learned}
    mine = [one for one in own(log) if one.closed]
    true, coming = ([one for one in mine if (one.conversation in ids) is sort] for sort in (True, False))
    false = _unsaid(coming, User(log, learned, ()))
    return [*_yes(drawn(true, EACH["later"])), *_no(drawn(false, EACH["later"]))]


def _open(log: str, point: int) -> list[Question]:
    learned = {one.id for one in logs.load(log)[:point]}
    told = drawn([one for one in own(log) if not one.closed and one.conversation in learned], EACH["open"])
    untold = drawn(never(log, closed=False), EACH["open"])
    return [
        *(Question(one.question, one.answer, one.kind, one.conversation) for one in told),
        *(Question(one.question, _UNKNOWN, "far") for one in untold),
    ]


def everyday(log: str) -> Iterator[Question]:
    """Yield the everyday topics that no message of the whole log names."""
    known = Mentions.of(
        *(Segment(f"{one.id}/0", one.id, one.title, one.created_at, one.messages) for one in logs.load(log))
    )
    for line in EVERYDAY.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if not known.mentions(one["topic"]):
            yield Question(one["question"], "no", "far")


@cache
def never(log: str, *, closed: bool) -> tuple[Asked, ...]:
    """Return the others' questions, as `AGAINST` has them, that this user never discussed."""
    theirs = (one for name in AGAINST[log] for one in own(name) if one.closed is closed and _in_english(one, name))
    return tuple(_unsaid(theirs, User(log, logs.load(log), ())))


def drawn(asked: Iterable[Asked], most: int) -> list[Asked]:
    """Return at most so many questions, drawn by hash."""
    return sorted(asked, key=lambda one: draw("asked", one.question))[:most]


def _unsaid(asked: Iterable[Asked], user: User) -> Iterator[Asked]:
    """Yield the questions of which this log holds neither the words nor the meaning."""
    listed, near = list(asked), _near()
    held = dict(shares(user, (one.question for one in listed), _everyone()))
    for one in listed:
        if held[one.question] <= HOLDS and (user.name, content_hash(one.question)) not in near:
            yield one


@cache
def _near() -> frozenset[tuple[str, str]]:
    lines = NEAR.read_text(encoding="utf-8").splitlines() if NEAR.is_file() else ()
    return frozenset((one["user"], one["question"]) for one in map(json.loads, lines))


@cache
def _everyone() -> list[User]:
    return [User(name, logs.load(name), ()) for name in AGAINST]


def _in_english(one: Asked, log: str) -> bool:
    return log != "gisela" or language(one.question) == "en"


def _yes(asked: Sequence[Asked]) -> Iterator[Question]:
    return (Question(one.question, "yes", one.kind, one.conversation) for one in asked)


def _no(asked: Sequence[Asked]) -> Iterator[Question]:
    return (Question(one.question, "no", "far") for one in asked)
