"""Conversations without end: those of the sample user, then the same with every longer word replaced by another.

So a log of 1,000 has texts of one kind and few topics twice. Deterministic.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.speed.apart import ROOT

_SAMPLE = ROOT / "samples" / "nora" / "conversations.jsonl"
_LONG = re.compile(r"[A-Za-z]{6,}")
_BEGAN = dt.datetime(2020, 1, 1, 8, tzinfo=dt.UTC)
_APART = dt.timedelta(hours=5)


def write(path: Path, count: int) -> None:
    """Write so many conversations for ``plum-edge import``; the last is the sample's first, whatever the number."""
    with path.open("w", encoding="utf-8") as file:
        for n, talk in enumerate([*islice(_endless(), 1, count), next(_endless()) | {"id": "the-last"}]):
            file.write(json.dumps(talk | {"created_at": (_BEGAN + _APART * n).isoformat()}) + "\n")


def _endless() -> Iterator[dict[str, Any]]:
    sample = [json.loads(line) for line in _SAMPLE.read_text(encoding="utf-8").splitlines()]
    words = sorted({word.lower() for talk in sample for text in _texts(talk) for word in _LONG.findall(text)})
    places = {word: n for n, word in enumerate(words)}
    turn = 0
    while True:
        for talk in sample:
            messages = [
                {"role": one["role"], "content": _other(one["content"], words, places, turn)}
                for one in talk["messages"]
            ]
            yield {
                "id": f"{talk['id']}-{turn}",
                "title": _other(talk["title"], words, places, turn),
                "messages": messages,
            }
        turn += 1


def _texts(talk: dict[str, Any]) -> list[str]:
    return [talk["title"], *(message["content"] for message in talk["messages"])]


def _other(text: str, words: list[str], places: dict[str, int], turn: int) -> str:
    """Return a text with each longer word replaced by the one that stands so many turns further on."""

    def instead(found: re.Match[str]) -> str:
        word = words[(places[found.group().lower()] + 37 * turn) % len(words)]
        return word.capitalize() if found.group()[0].isupper() else word

    return _LONG.sub(instead, text) if turn else text
