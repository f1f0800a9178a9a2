"""Noun phrases in a sentence: the runs of words that end in a noun, by the classes of wordclasses.py.

Knows nothing of conversations or ranking.
"""

from __future__ import annotations

from dataclasses import dataclass

from frozen.wordclasses import bare, classes, possessive

_NOUNLIKE = frozenset("NPJQ")


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A run of 1–3 words that names something. ``proper``: the head is a name. ``offset``: index of its first token."""

    text: str
    proper: bool
    offset: int


def noun_phrases(sentence: str, names: frozenset[str] = frozenset()) -> list[NounPhrase]:
    """Return the noun phrases of a sentence, each with its shorter tails ("bicycle chain", "chain")."""
    found, marks = classes(sentence, names)
    phrases = []
    start = 0
    for index in range(len(marks) + 1):
        inside = index < len(marks) and marks[index] in _NOUNLIKE
        if not inside or (index > start and _splits(found, marks, index)):
            phrases += _tails(found, marks, start, index)
            start = index if inside else index + 1
    return phrases


def _splits(found: list[str], marks: list[str], index: int) -> bool:
    """Return whether a new phrase begins here inside a run: a contraction before, or an adjective after a noun."""
    before = marks[index - 1]
    return (marks[index] in "JQ" and before in "NP" and not possessive(found[index - 1])) or (
        before == "N" and marks[index] == "P" and not possessive(found[index - 1])
    )


def _tails(found: list[str], marks: list[str], start: int, end: int) -> list[NounPhrase]:
    while end > start and marks[end - 1] not in "NP":
        end -= 1
    made = []
    for first in range(max(start, end - 3), end):
        run = found[first:end]
        if first > start and _glued(found, marks, first):
            continue
        words_in = sum(1 + part.count(" ") for part in run)
        if words_in <= 3:
            text = " ".join([*run[:-1], bare(run[-1])])
            made.append(NounPhrase(text, marks[end - 1] == "P", first))
    return made


def _glued(found: list[str], marks: list[str], first: int) -> bool:
    """Return whether a phrase may not begin here: inside a name, or at a number after its noun."""
    return (
        (marks[first] == "P" and marks[first - 1] == "P" and not possessive(found[first - 1]))
        or found[first][0].isdigit()
        or found[first] == "&"
    )
