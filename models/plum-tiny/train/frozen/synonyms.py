"""Other names for a topic: "kitchen tap" → "kitchen faucet", "bread" → "loaf", "food with flour".

``synonyms.tsv`` (derived from WordNet 3.0, see NOTICE) is the table as it was when plum-tiny was trained. Names
(capitals) have no other name here, and a word that the table lacks stays as it is.

Every paraphrase is in exactly one part, decided by its spelling: ``train`` may be trained on, ``held_out`` and ``new``
not; ``new`` rests on a pair of words (tap = faucet) that no training ever shows.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import product
from typing import Literal

from frozen.words import FUNCTION, stem, stems, words

Part = Literal["train", "held_out", "new"]

_HELD_OUT, _NEW = 6, 10
"""One in so many."""
_ABOUT = ("{kind} with {told}", "{told} {kind}", "{kind} thing with {told}", "{kind} for {told}")


@dataclass(frozen=True, slots=True)
class _Entry:
    synonyms: tuple[str, ...]
    kinds: tuple[str, ...]
    told: tuple[str, ...]


@lru_cache(maxsize=4096)
def paraphrases(topic: str, part: Part = "train") -> tuple[str, ...]:
    """Return the topic's other names that belong to the part, the nearest first; none where none is known.

    A determiner is neither expected nor given. None of them holds all words of the topic, or words of the topic alone.
    """
    own = frozenset(stems(topic))
    found: dict[str, None] = {}
    for text, pairs in _candidates(topic.split()):
        mine = frozenset(stems(text))
        if not (mine <= own or own <= mine) and _part(text, pairs) == part:
            found.setdefault(text)
    return tuple(found)


def paraphrase(topic: str, choice: int, part: Part = "train") -> str | None:
    """Return one of the topic's other names, the one that a drawn number picks; None where none is known."""
    known = paraphrases(topic, part)
    return known[choice % len(known)] if known else None


def nouns() -> tuple[str, ...]:
    """Return the nouns that have another name, in alphabetical order."""
    return tuple(word for word, pos in _table() if pos == "n")


def may_mean(name: str, topic: str) -> bool:
    """Return whether the name could be said of the topic: each content word is the topic's, or akin to one of its.

    For negatives: "couch" is no safe "no" where a sofa was discussed. Says yes rather too often than too seldom: a name
    without a content word ("going away") may mean anything.
    """
    akin = frozenset(kin for word in words(topic) for kin in kin_of(word))
    asked = [part for word in words(name) if word not in FUNCTION and (part := stem(word)) != "thing"]
    return all(part in akin for part in asked)


@lru_cache(maxsize=16384)
def kin_of(word: str) -> frozenset[str]:
    """Return the stems of all words that the table names a lower-case word by, or the other way round; itself too."""
    mine = stem(word)
    return frozenset((mine, *_kin().get(mine, ())))


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, str], _Entry]:
    """Return the entries by word and part of speech (n, v, a)."""
    text = resources.files(__package__).joinpath("synonyms.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {
        (word, pos): _Entry(_listed(synonyms), _listed(kinds), tuple(told.split()))
        for word, pos, synonyms, kinds, told in rows
    }


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


@lru_cache(maxsize=1)
def _kin() -> dict[str, set[str]]:
    kin: dict[str, set[str]] = {}
    for (word, _), entry in _table().items():
        mine = stem(word)
        for name in (*entry.synonyms, *entry.kinds, *entry.told):
            for other in map(stem, name.split()):
                kin.setdefault(mine, set()).add(other)
                if name not in entry.told:
                    kin.setdefault(other, set()).add(mine)
    return kin


def _part(text: str, pairs: tuple[str, ...]) -> Part:
    if any(zlib.crc32(pair.encode()) % _NEW == 0 for pair in pairs):
        return "new"
    return "held_out" if zlib.crc32(text.casefold().encode()) % _HELD_OUT == 0 else "train"


def _candidates(parts: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield paraphrases with the pairs they rest on: a synonym of the last word, then its kind, then a description.

    In a name of several words the last alone is replaced, and it is not described: what stands before it has its
    meaning from the whole ("cream cheese" is no "ointment cheese"), and without it the name says too little.
    """
    if not parts:
        return
    *before, head = parts
    for name in _synonyms(head):
        yield " ".join((*before, name)), (f"{head}={name}",)
    found = _noun(head)
    if found is None:
        return
    entry, plural = found
    pairs = {kind: (f"{head.lower()}={kind}",) for kind in entry.kinds}
    for kind in entry.kinds:
        yield " ".join((*before, _plural(kind) if plural else kind)), pairs[kind]
    if not before:
        for kind, told, form in product([k for k in entry.kinds if " " not in k][:1], entry.told[:3], _ABOUT):
            yield form.format(kind=kind, told=told), pairs[kind]


def _synonyms(word: str) -> list[str]:
    """Return the synonyms of the last word of a topic, or the only one."""
    if not word.islower() or not word.isalpha() or word in FUNCTION:
        return []
    verb = _verb(word)
    if verb is not None and (word, "n") not in _table():
        return [_gerund(name) for name in verb.synonyms]
    found = _noun(word)
    if found is None:
        return []
    entry, plural = found
    return [_plural(name) if plural else name for name in entry.synonyms]


def _noun(word: str) -> tuple[_Entry, bool] | None:
    """Return a noun's entry, and whether the word is its plural."""
    table = _table()
    if (word, "n") in table:
        return table[word, "n"], False
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        base = word.removesuffix(ending) + instead
        if word.endswith(ending) and not word.endswith("ss") and (base, "n") in table:
            return table[base, "n"], True
    return None


def _verb(word: str) -> _Entry | None:
    if not word.endswith("ing") or len(word) < 6:
        return None
    base = word[:-3]
    bases = [base, base + "e", *([base[:-1]] if base[-1] == base[-2] else [])]
    return next((entry for b in bases if (entry := _table().get((b, "v")))), None)


def _plural(name: str) -> str:
    if name.endswith("s"):
        return name
    if name.endswith("y") and name[-2:-1] not in "aeou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("x", "ch", "sh", "z")) else "s")


def _gerund(name: str) -> str:
    """Return the -ing form of a verb, or of the first word of a phrasal one."""
    verb, _, rest = name.partition(" ")
    vowels = "aeiou"
    if verb.endswith("ie"):
        verb = verb[:-2] + "y"
    elif verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        verb = verb[:-1]
    elif len(verb) <= 4 and verb[-1] not in "aeiouwxy" and verb[-2:-1] in vowels and verb[-3:-2] not in vowels:
        verb += verb[-1]
    return f"{verb}ing {rest}".strip()
