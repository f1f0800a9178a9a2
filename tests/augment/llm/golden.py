"""The golden pairs (golden_*.toml), as candidates over their conversations."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plum_edge.augment.llm.reading import Candidate
from plum_edge.records import Kind, Message, Segment


@dataclass(frozen=True, slots=True)
class Golden:
    """A pair as a model writes it, and whether it may be believed."""

    talk: Segment
    language: str
    part: str
    """``tune``: the check was made with it; ``report``: measured before it was looked at; ``fresh``: written after
    that, and looked at since; ``last``: measured once, and never looked at for a change; ``second``, ``third``: written
    before the check was changed again, measured, and looked at since."""
    sort: str
    candidate: Candidate
    true: bool


def golden() -> Iterator[Golden]:
    """Yield all of them; which conversation belongs to which part is decided by its file, and its place there."""
    for name in ("pairs", "second", "third"):
        file = tomllib.loads(Path(__file__).with_name(f"golden_{name}.toml").read_text(encoding="utf-8"))
        for number, talk in enumerate(file["talk"]):
            part = name if name != "pairs" else _part(talk, number)
            yield from _of(talk, part)


def _part(talk: dict[str, Any], number: int) -> str:
    return "last" if talk.get("last") else "fresh" if talk.get("fresh") else ("tune", "report")[number % 2]


def _of(talk: dict[str, Any], part: str) -> Iterator[Golden]:
    turns = (Message("assistant" if n % 2 else "user", text) for n, text in enumerate(talk["turns"]))
    at = dt.datetime.combine(talk["date"], dt.time(18), dt.UTC)
    segment = Segment(f"{talk['id']}/0", talk["id"], "", at, tuple(turns))
    for truth in (True, False):
        for sort, cites, topic, question, answer in talk[str(truth).lower()]:
            closed = answer in ("Yes", "Ja")
            kind: Kind = "closed" if closed else "open"
            candidate = Candidate(kind, True, tuple(cites), topic, question, "" if closed else answer)
            yield Golden(segment, talk["language"], part, sort, candidate, truth)
