"""What a language model wrote, as candidates for pairs; whatever it is, something is made of it and nothing breaks.

An answer that broke off gives the candidates that are whole. Knows nothing of the conversation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plum_edge.augment.llm.prompts import LONGEST_TEXT, LONGEST_TOPIC, MOST
from plum_edge.records import Kind

_LONGEST = 65_536
"""Characters of an answer that are looked at."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair as it was written; nothing in it is believed yet."""

    kind: Kind
    discussed: bool
    cites: tuple[int, ...]
    topic: str
    question: str
    answer: str


def read(written: str) -> tuple[list[Candidate], int]:
    """Return the candidates of one answer, at most as many as were asked for, and how many objects were none."""
    found: list[Candidate] = []
    broken = 0
    for value in _objects(written[:_LONGEST]):
        candidate = _candidate(value)
        if candidate is None or len(found) == MOST:
            broken += 1
        else:
            found.append(candidate)
    return found, broken


def _objects(text: str) -> Iterator[Any]:
    """Yield the objects of the list; the one that broke off, or is no JSON, as None, and then no more."""
    decoder = json.JSONDecoder()
    start = text.find("[")
    if start < 0:
        yield None
        return
    at = text.find("{", start)
    while at >= 0:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield None
            return
        yield value
        at = text.find("{", at)


def _candidate(value: Any) -> Candidate | None:
    if not isinstance(value, dict):
        return None
    kind, discussed, cites = value.get("kind"), value.get("discussed"), value.get("cites")
    topic, question, answer = (_line(value.get(name)) for name in ("topic", "question", "answer"))
    if kind not in ("open", "closed") or not isinstance(discussed, bool) or not isinstance(cites, list):
        return None
    if not topic or not question or len(topic) > LONGEST_TOPIC or max(len(question), len(answer)) > LONGEST_TEXT:
        return None
    if not all(type(cite) is int for cite in cites):
        return None
    return Candidate(kind, discussed, tuple(sorted(set(cites))), topic, question, answer)


def _line(value: Any) -> str:
    """Return text on one line, without what cannot be printed."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
