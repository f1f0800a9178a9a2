"""Topics named by other words than those that were used: the thesaurus, with care for what is ambiguous."""

from __future__ import annotations

import random
from collections.abc import Iterable

from frozen.synonyms import Part, kin_of, may_mean, paraphrases
from frozen.words import FUNCTION, stem
from frozen.words import words as words_of

TRY = 0.36
"""How often another name is tried, for positives and negatives alike; where there is one, it is taken."""


def other(rng: random.Random, topic: str, others: Iterable[str] = (), part: Part = "train") -> str | None:
    """Another name of the topic that could mean none of the others; the nearer ones more often."""
    known = paraphrases(topic, part)
    if not known:
        return None
    name = known[min(rng.randrange(len(known)), rng.randrange(len(known)))]
    return None if any(may_mean(name, rival) for rival in others if rival != topic) else name


def content(name: str) -> frozenset[str]:
    """The stems that a name is recognised by."""
    return frozenset(part for word in words_of(name) if word not in FUNCTION and (part := stem(word)) != "thing")


def kin(text: str) -> frozenset[str]:
    """The stems of everything that a text's words could be called."""
    found: set[str] = set()
    for word in set(words_of(text)):
        if word not in FUNCTION:
            found |= kin_of(word)
    return frozenset(found)
