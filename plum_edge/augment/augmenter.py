"""Whoever makes the pairs of a segment: one small protocol.

Behind it are `phrases.augmenter.PhraseAugmenter` and `llm.augmenter.LlmAugmenter`. Either goes through
tests/augment/test_augmenter.py. Knows nothing of storage, tokens or of how a model is run.
"""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from plum_edge.augment import language
from plum_edge.augment.checks import Checked, Mentions
from plum_edge.augment.phrases.teachable import teachable
from plum_edge.records import Segment

FOREIGN = "another language"
"""The reason under which a segment in a language that an augmenter does not know is counted."""


class Augmenter(Protocol):
    """Makes question–answer pairs of one segment.

    What it gives has passed `checks.check`; the same segment and log give the same pairs. A segment in a language that
    is not among ``languages`` gives none, and one refusal for the reason `FOREIGN`.
    """

    @property
    def name(self) -> str:
        """As the configuration names it."""

    @property
    def version(self) -> str:
        """Raised when the same segment would give other pairs."""

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes of the languages that it reads."""

    def pairs_of(self, segment: Segment, prior: Mentions) -> Checked:
        """Return the segment's pairs, given what the log before it names, and what was refused by reason."""


def prepare(segment: Segment) -> Segment:
    """Return a segment as augmenters see it: what may teach, and no more; messages keep their ordinals."""
    return teachable(segment)


def foreign(segment: Segment, languages: frozenset[str]) -> str:
    """Return the code of a segment's language where it is none of these, else nothing. No hint is no refusal."""
    found = language.spoken(prepare(segment))
    return "" if found in languages or found == language.UNKNOWN else found


def refused() -> Checked:
    """Return what is made of a segment in another language."""
    return Checked([], Counter({FOREIGN: 1}))
