"""What the check of written pairs knows of a language: its small words, and how it says no, perhaps, then and who.

The languages are in english.py and german.py; support.py and proofs.py read conversations with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """One language. Patterns are searched for in text as it was written; words and stems are lower case."""

    code: str
    name: str
    stem: Callable[[str], str]
    akin: Callable[[str], frozenset[str]]
    """The stems that a word may stand for; its own among them."""
    function: frozenset[str]
    """Words that carry no content."""
    loose: frozenset[str]
    """Stems that a question or an answer may add to what was said: of talking, of asking, and verbs that say little."""
    numbers: Mapping[str, int]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """Monday first."""
    days: Mapping[str, int]
    """Words for a day by its distance from the day of talking."""
    asks: frozenset[str]
    """Words that begin an open question."""
    measure: re.Pattern[str]
    """How a question asks for a number: "how long" is no thing that was said."""
    relative: re.Pattern[str]
    """Dates that mean nothing without the day of talking."""
    negation: re.Pattern[str]
    doubt: re.Pattern[str]
    """Marks what is supposed, wished or asked for: not told as a fact."""
    condition: re.Pattern[str]
    """Begins a clause that the rest of its sentence hangs on."""
    ahead: re.Pattern[str]
    """Marks what is still to come."""
    over: re.Pattern[str]
    """Marks what was so and is no more."""
    past: re.Pattern[str]
    changed: re.Pattern[str]
    """Marks that something is otherwise than it was before."""
    off: re.Pattern[str]
    """Marks that something will not be."""
    often: frozenset[str]
    """Words of how often and when: what a change of mind changes."""
    clause: re.Pattern[str]
    """Where one clause ends and the next begins."""
    user: re.Pattern[str]
    """The user as the subject, in the user's own words."""
    done_to: re.Pattern[str]
    """The user as the object, in the user's own words."""
    addressed: re.Pattern[str]
    """The user as the subject, in an answer."""
    third: re.Pattern[str]
    """Somebody else as the subject, by a pronoun."""
    meant: re.Pattern[str]
    """What stands for a thing that was named before."""
    bidden: re.Pattern[str]
    """Somebody has the user do something."""
    told: re.Pattern[str]
    """A question about what the assistant said."""
    saying: re.Pattern[str]
    """A question or an answer about what the user said."""
    wrong: re.Pattern[str]
    """How a user tells the assistant that it is mistaken."""
    states: re.Pattern[str]
    """A verb that says what is, not who does what to whom."""
    acts: re.Pattern[str]
    """A name at the beginning of a clause, and the verb after it."""


def pattern(words: str, *, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """Return what finds any of these."""
    return re.compile(rf"(?:{words})", flags)


def stemmed(stem: Callable[[str], str], words: str) -> frozenset[str]:
    """Return the stems of words in a list."""
    return frozenset(map(stem, words.split()))


def listed(words: str) -> tuple[str, ...]:
    """Return the words of a list in their order."""
    return tuple(words.split())


def counted(words: str, **more: int) -> dict[str, int]:
    """Return the value of each word: the first is two, the next three; ``more`` go on as they say."""
    return {**{word: number for number, word in enumerate(words.split(), 2)}, **more}
