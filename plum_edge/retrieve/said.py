"""What the user said that is nearest to a question, in their own words: a sentence, and what stands beside it.

A sentence by itself is often too little to tell what it is about, and a message too much to be shown. So the message
counts as well, and the conversation: what is asked about may be named in another message, of the assistant too. The
weights were measured (docs/experiments/2026-11-30-own-words.md). Knows nothing of the model that makes vectors, and of
answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from plum_edge.records import Conversation

LONGEST = 240
"""Characters of what is shown, at most: some forty words."""
_PIECE, _SHORTEST = 120, 20
"""Characters of a piece of a long sentence, for who dictates sets no full stops; and of one that stands by itself."""
_MESSAGES, _READ = 8, 4000
"""Messages whose sentences are compared, the nearest ones; and characters of each."""
_END = re.compile(r"[.!?…]+[\"”’»)\]]*(?=\s)|[。！？]+|\n")

_OF_MESSAGE, _OF_CONVERSATION = 0.3, 0.7
"""What the cosine of the message counts beside that of the sentence, and the best one of the conversation."""

Close = tuple[Conversation, int, float, float]
"""A message, its cosine, and the best one of a message of its conversation, whoever wrote that."""
Near = Callable[[str, int], list[Close]]
"""Messages of the user nearest to a text, best first."""
Span = tuple[int, int]
"""From the first character to the one behind the last."""


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of a message of the user, white space made single. ``begins`` and ``ends``: it goes from its beginning,
    or to its end.
    """

    conversation: Conversation
    message: int
    text: str
    begins: bool
    ends: bool
    score: float
    """The cosine of the message."""


def said(near: Near, encode: Callable[[Sequence[str]], np.ndarray], question: str, limit: int = 1) -> list[Said]:
    """Return what the user said that is nearest to a question, best first, one stretch of a message each."""
    found = [(one, parts) for one in near(question, _MESSAGES) if (parts := spans(_content(one)))]
    if not found:
        return []
    texts = [_content(one)[first:last] for one, parts in found for first, last in parts]
    likeness = encode(texts) @ encode([question])[0]
    stretches = []
    for one, parts in found:
        mine, likeness = likeness[: len(parts)], likeness[len(parts) :]
        around = _OF_MESSAGE * one[2] + _OF_CONVERSATION * one[3]
        stretches.append((float(mine.max()) + around, _shown(one, _stretch(parts, mine))))
    stretches.sort(key=lambda each: -each[0])
    return [each for _, each in stretches[:limit]]


def spans(text: str) -> list[Span]:
    """Return the sentences of a text in order, without the white space around them; a long one in pieces, a short one
    with the one before it.
    """
    found: list[Span] = []
    for first, last in _sentences(text[:_READ]):
        while last - first > _PIECE:
            blank = text.rfind(" ", first + 1, first + _PIECE)
            middle = blank if blank > 0 else first + _PIECE
            found.append((first, middle))
            first = _past_blanks(text, middle)
        joined = found and last - found[-1][0] <= _PIECE
        if joined and (last - first < _SHORTEST or found[-1][1] - found[-1][0] < _SHORTEST):
            first = found.pop()[0]
        if last > first:
            found.append((first, last))
    return found


def _sentences(text: str) -> list[Span]:
    edges = [0, *(end.end() for end in _END.finditer(text)), len(text)]
    trimmed = ((_past_blanks(text, first), last) for first, last in pairwise(edges))
    return [(first, first + len(text[first:last].rstrip())) for first, last in trimmed if text[first:last].strip()]


def _past_blanks(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip())


def _stretch(parts: Sequence[Span], likeness: np.ndarray) -> Span:
    """Return the nearest piece, and the nearer of its neighbours in turn, as far as there is room."""
    first = last = int(likeness.argmax())
    while True:
        beside = [at for at in (first - 1, last + 1) if 0 <= at < len(parts)]
        fits = [at for at in beside if parts[max(at, last)][1] - parts[min(at, first)][0] <= LONGEST]
        if not fits:
            return parts[first][0], parts[last][1]
        nearest = max(fits, key=lambda at: likeness[at])
        first, last = min(first, nearest), max(last, nearest)


def _shown(one: Close, stretch: Span) -> Said:
    (talk, at, score, _), (first, last), text = one, stretch, _content(one)
    plain = " ".join(text[first:last].split())
    return Said(talk, at, plain, begins=not text[:first].strip(), ends=not text[last:].strip(), score=score)


def _content(one: Close) -> str:
    return one[0].messages[one[1]].content
