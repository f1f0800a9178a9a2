"""Words that the base has never seen, and questions that turn on them.

A positive is a held-out question whose topic holds such a word ("Leith"); its negative is the same question with the
word replaced by one that nobody has ever seen ("Borvan"), so that nothing but the word tells them apart. What the base
has seen is what its pre-training could read: the third-party texts of $PLUM_EDGE_DATA and every word of its own recipe
and of plum-edge's augmenter. More is counted as seen than was, never less.
"""

from __future__ import annotations

import functools
import gzip
import lzma
import re
from collections.abc import Iterable, Set

from benchmarks.experiment.logs import DEVELOPMENT_USERS, ROOT, development_data
from plum_edge.records import Conversation, Pair, Question, draw

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 3
_ONSETS = (
    "b",
    "br",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "r",
    "s",
    "t",
    "tr",
    "v",
    "z",
)
_VOWELS = tuple("aeiou")
_CODAS = ("b", "d", "k", "l", "m", "n", "p", "r", "t", "x", "nd", "rk", "lt", "sk")


@functools.cache
def seen() -> frozenset[str]:
    """Return every word that pre-training may have read, in lower case.

    Raises:
        UsageError: the development data is not here.
    """
    data = development_data()
    found: set[str] = set()
    for path in sorted((data / "pretrain").glob("*.gz")):
        found.update(_words(gzip.decompress(path.read_bytes()).decode("utf-8", "replace")))
    for user in DEVELOPMENT_USERS:
        raw = lzma.decompress((data / "realmem" / f"{user}.json.xz").read_bytes())
        found.update(_words(raw.decode("utf-8", "replace")))
    for folder in (ROOT / "models" / "plum-tiny", ROOT / "plum_edge" / "augment"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".jsonl", ".tsv", ".txt"):
                found.update(_words(path.read_text(encoding="utf-8")))
    return frozenset(found)


def questions(pairs: Iterable[Pair], conversations: Iterable[Conversation], seed: int) -> list[Question]:
    """Return the questions on never-seen words among held-out pairs: each positive, and after it its negative."""
    known = seen() | {w for c in conversations for m in c.messages for w in _words(m.content)}
    found: list[Question] = []
    for pair in pairs:
        rare = [w for w in _words(pair.topic) if len(w) >= _SHORTEST and w not in seen()]
        if pair.kind != "closed" or pair.polarity != "positive" or not rare:
            continue
        conversation = pair.segment.rsplit("/", 1)[0]
        question = pair.question
        for word in rare:
            question = _replaced(question, word, made_up(known, seed, pair.id, word))
        if question != pair.question:
            found.append(Question(pair.question, "yes", pair.style, conversation, pair.origin, "held_out"))
            found.append(Question(question, "no", "near", conversation, pair.origin, "held_out"))
    return found


def made_up(known: Set[str], *place: object) -> str:
    """Return a word that can be said and that is not among the known ones, drawn by ``place``."""
    for attempt in range(1_000):
        sounds = enumerate((_ONSETS, _VOWELS, _CODAS, _VOWELS, _CODAS))
        word = "".join(options[draw("made up", *place, attempt, at) % len(options)] for at, options in sounds)
        if word not in known:
            return word
    raise AssertionError("a thousand made-up words in a row are known")


def _replaced(question: str, word: str, other: str) -> str:
    """Return the question with a word replaced wherever it stands, a capital kept."""

    def put(found: re.Match[str]) -> str:
        return other.capitalize() if found[0][0].isupper() else other

    return re.sub(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", put, question, flags=re.IGNORECASE)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
