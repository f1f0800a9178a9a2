"""The phrase augmenter: topics and templates, of what is English in a segment. Knows nothing of how they are found."""

from __future__ import annotations

from dataclasses import dataclass

from plum_edge.augment import language
from plum_edge.augment.augmenter import foreign, prepare, refused
from plum_edge.augment.checks import Checked, Mentions, check
from plum_edge.augment.phrases.pairs import augment
from plum_edge.records import Segment


@dataclass(frozen=True, slots=True)
class PhraseAugmenter:
    """Pairs without a language model: topics and templates (pairs.py). Reads English."""

    seed: int
    topics: int
    name: str = "phrases"
    version: str = "1"
    languages: frozenset[str] = frozenset(("en",))

    def pairs_of(self, segment: Segment, prior: Mentions) -> Checked:
        """Return the pairs of an English segment; what is clearly in another language in it is not read."""
        if foreign(segment, self.languages):
            return refused()
        shown = language.only(prepare(segment), "en")
        return check(augment(shown, prior, seed=self.seed, topics=self.topics), segment, prior)
