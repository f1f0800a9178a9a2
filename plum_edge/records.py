"""The values that flow between the rooms: frozen, standard library only.

Knows nothing of storage, files or models. Identity (rows, order of learning) belongs to the store; the ids here are
content or source ids that mean the same on every device.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["system", "user", "assistant"]
Kind = Literal["open", "closed"]
Polarity = Literal["positive", "negative"]
Split = Literal["train", "held_out"]
Origin = Literal["phrases", "llm", "edit", "gold"]
Style = Literal["verbatim", "paraphrased", "indirect", "near", "far"]
"""How a question names its topic. Positives: in the conversation's words, in other words, by circumstance. Negatives:
near (related to what was discussed, or sharing its words) or far."""

Progress = Callable[[str, int, int, str], None]
"""``progress(stage, done, total, note)``: how long work tells how far it is. Stages never print."""


def content_hash(*parts: str) -> str:
    """Return 16 hex digits that name a content: the same parts give the same id on every device."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")  # JSON can spell half a pair
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()[:16]


def draw(*parts: object) -> int:
    """Return a 64-bit number from a hash of the parts: the only randomness of the fold."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def spoken_date(moment: datetime) -> str:
    """Return the date as answers say it, e.g. ``14 March 2026``, at the moment's own offset. Not locale-dependent."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def spoken_day(day: datetime | None) -> str:
    """Return the day of a conversation as a reader is told it; None is one that is not known."""
    return spoken_date(day) if day else "a day that is not known"


def heading(day: str) -> str:
    """Return the line that a conversation of this day, as `spoken_day` says it, is read under."""
    return f"Conversation of {day}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. ``created_at`` is aware (carries its offset) or None where the source did not say."""

    role: Role
    content: str
    created_at: datetime | None = None
    name: str = ""
    """Who spoke, where it was neither the user nor an assistant: somebody else in a group chat, whose role is
    ``assistant`` so that nothing of it is taken for the user's own words."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as logged or imported. ``id`` is the source's or a content hash; never random or a position."""

    id: str
    title: str
    created_at: datetime
    messages: tuple[Message, ...]
    source: str = ""
    position: int = 0
    trainable: bool = True
    """False for "log, but never train"."""
    dated: bool = True
    """False where ``created_at`` is a guess (by the neighbours or the file): to order by, and not to be told."""
    spare: str = field(default="", compare=False)
    """The id that it takes where the log has another chat between people under ``id``: such a chat has none of its own,
    and two may begin alike. It is not stored."""

    @property
    def day(self) -> datetime | None:
        """When it was, if that is known."""
        return self.created_at if self.dated else None


@dataclass(frozen=True, slots=True)
class Segment:
    """The unit of learning: a conversation, or what was added to it after it was learned."""

    id: str
    conversation: str
    title: str
    created_at: datetime
    messages: tuple[Message, ...]
    first: int = 0
    """Ordinal, within the conversation, of the first message."""
    dated: bool = True
    """False where ``created_at`` is a guess; no date is taught of it then."""

    @property
    def day(self) -> datetime | None:
        """When it was, if that is known."""
        return self.created_at if self.dated else None


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with its answer, and what it rests on.

    ``messages`` are ordinals within the conversation; empty for negatives.
    """

    segment: str
    question: str
    answer: str
    kind: Kind
    polarity: Polarity
    split: Split
    style: Style
    topic: str
    origin: Origin = "phrases"
    messages: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """Content id; the same pair has the same id on every device."""
        return content_hash(self.segment, self.split, self.question, self.answer)


@dataclass(frozen=True, slots=True)
class Question:
    """A held-out question to score. ``answer`` is ``yes``, ``no`` or the gold text of an open question."""

    question: str
    answer: str
    style: Style
    conversation: str | None = None
    """The conversation that it is about (or near to); None for far negatives."""
    origin: Origin = "gold"
    phrasing: Literal["held_out", "unseen", "free"] = "free"

    @property
    def id(self) -> str:
        """Content id."""
        return content_hash(self.question, self.answer, self.conversation or "")

    @property
    def closed(self) -> bool:
        """Whether it is answered with yes or no."""
        return self.answer in ("yes", "no")


@dataclass(frozen=True, slots=True)
class Example:
    """A pair as numbers: the same for every backend.

    ``ids[t]`` is a token; ``roles[t]`` says what it is: 0 template, 1 question, 2 answer. The target of position t is
    ``ids[t + 1]`` with the role of that token.
    """

    ids: tuple[int, ...]
    roles: bytes
    prompt: int
    """Number of leading tokens before the answer begins."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A log entry that bears on a question."""

    conversation: str
    date: datetime
    excerpt: str
    message: int = 0
    score: float = 0.0
    dated: bool = True
    """False where the source gave no date, and ``date`` is a guess."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What `ask` returns. ``p_yes`` is None for open questions, and 0.0 for yes/no ones while nothing is learned."""

    answer: str
    p_yes: float | None
    adapter: str | None
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0


Source = Literal["nothing", "base", "weights", "log"]
"""Who answered. ``nothing``: nothing that was learned is in use, and no model was asked. ``log``: the base, with texts
of the log before it."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer in a chat rests on."""

    source: Source
    adapter: str | None = None
    """The id of the one that was asked; with ``log`` it had its say in p(yes), too."""
    p_yes: float | None = None
    """Of all who were asked, where the answer is a yes or no."""
    asked: tuple[Message, ...] = ()
    """The prompt that was answered."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A promoted or refused adapter as the store lists it."""

    id: str
    active: bool
    parent: str | None
    gguf: str
    gguf_sha256: str
    segments: int
    accuracy: float | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the fold: what was learned, with what, and the bytes that came out."""

    seq: int
    segment: str
    recipe: str
    backend: str
    threads: int
    versions: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    pairs_sha256: str = ""
    state_sha256: str = ""
    seconds: float = 0.0
    loss: float = 0.0
