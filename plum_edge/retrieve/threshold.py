"""From which score on a topic counts as discussed: two ways to tune it, neither on a question that is ever scored.

`WordBar` makes up topics of the log's own words, `PairBar` asks the questions that the log was learned with. Know
nothing of how scores come about, and need no model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from plum_edge.records import Conversation, draw
from plum_edge.retrieve.content import content_words

CALIBRATION = 100
"""Made-up topics, or questions, of each sort that a threshold is tuned on."""
_LONGEST = 12
"""Content words of a question that its score looks at."""
_USUAL = (1, 2, 3)
"""Numbers of content words that topics usually have; on these it is measured how much a score says."""
_LEAST = 0.05
"""Of a threshold; scores below say no more than this one does."""
_STEEPEST = 64.0
_SUREST = 1 / (CALIBRATION + 2)
"""Nobody is surer than so many trials can show (Laplace)."""


@dataclass
class WordThreshold:
    """A threshold for each number of content words, for scores that grow with it, as BM25's do.

    Of topics made of the log's own words some were discussed: half of their words (at least two, where there are two)
    stand together in a message of the user, the others are drawn from the whole log. Some were not: all words are
    drawn, and no message holds them all. The threshold is where balanced accuracy on `CALIBRATION` of each is best; in
    an empty log nothing reaches it.
    """

    best: Callable[[str], float]
    """The score of the best message for a text; higher is better, 0 where nothing was found."""
    conversations: Callable[[], Iterable[Conversation]]
    """All of the log."""
    _thresholds: dict[int, float] = field(default_factory=dict)

    def score(self, question: str) -> float:
        """Return the score of the question's content words as a multiple of its threshold: from 1 on, yes."""
        words = content_words(question)[:_LONGEST]
        return self.best(" ".join(words)) / self.threshold(len(words)) if words else 0.0

    def likelihood(self, topic: str) -> float:
        """Return how likely it is that a topic was discussed, by its score alone: one half at the threshold."""
        says = _logistic(self._slope * _above(self.score(topic)))
        return min(max(says, _SUREST), 1.0 - _SUREST)

    @cached_property
    def _slope(self) -> float:
        """How fast the odds grow with the logarithm of a score over its threshold, on topics they are tuned on."""
        signed = []
        for count in _USUAL:
            for topics, sign in zip(made_up(self._said, count), (1.0, -1.0), strict=True):
                signed += [sign * _above(self.best(" ".join(topic)) / self.threshold(count)) for topic in topics]
        return steepness(signed)

    def threshold(self, count: int) -> float:
        """Return the score from which on a topic of so many content words counts as discussed."""
        if count not in self._thresholds:
            topics = made_up(self._said, count)
            present, absent = ([self.best(" ".join(topic)) for topic in sort] for sort in topics)
            self._thresholds[count] = best_cut(present, absent)
        return self._thresholds[count]

    @cached_property
    def _said(self) -> list[list[str]]:
        """The content words of every message of the user."""
        messages = (m for conversation in self.conversations() for m in conversation.messages if m.role == "user")
        return [words for m in messages if (words := content_words(m.content))]


@dataclass
class PairThreshold:
    """One threshold for all questions, for scores that do not grow with their length, as the cosine of vectors.

    It is where balanced accuracy is best on `CALIBRATION` yes/no questions of each sort that the log was learned with,
    drawn by hash; where there are none, nothing reaches it.
    """

    best: Callable[[str], float]
    """As `WordBar.best`."""
    questions: Callable[[], Iterable[tuple[str, bool]]]
    """The yes/no questions of training, with whether the answer is yes."""

    def score(self, question: str) -> float:
        """Return the question's score as a multiple of the threshold: from 1 on, yes."""
        return self.best(question) / self.threshold

    @cached_property
    def threshold(self) -> float:
        """The score from which on a question is answered with yes."""
        sorts: dict[bool, list[str]] = {True: [], False: []}
        for question, yes in self.questions():
            sorts[yes].append(question)
        for sort in sorts.values():
            sort.sort(key=lambda question: draw("bar", question))
        present, absent = ([self.best(question) for question in sorts[yes][:CALIBRATION]] for yes in (True, False))
        return best_cut(present, absent)


def made_up(said: Sequence[Sequence[str]], count: int) -> tuple[list[list[str]], list[list[str]]]:
    """Return topics of ``count`` words that were discussed and topics that were not, made of what was said."""
    together = max(min(count, 2), (count + 1) // 2)
    sources = [words for words in said if len(words) >= together]
    vocabulary = sorted({word for words in said for word in words})
    holds = [set(words) for words in said]

    def drawn(*key: object, number: int) -> list[str]:
        return [vocabulary[draw("bar", count, *key, k) % len(vocabulary)] for k in range(number)]

    present, absent = [], []
    for n in range(CALIBRATION if sources else 0):
        source = sources[draw("bar", count, "source", n) % len(sources)]
        start = draw("bar", count, "start", n) % (len(source) - together + 1)
        present.append([*source[start : start + together], *drawn("rest", n, number=count - together)])
        topic = drawn("absent", n, number=count)
        if not any(words.issuperset(topic) for words in holds):
            absent.append(topic)
    return present, absent or [[]]  # of one word: one that is nowhere in the log, and finds nothing


def steepness(signed: Sequence[float]) -> float:
    """Return the slope of the logistic curve through one half at 0 that is likeliest; at most 64.

    ``signed`` are the places of the trials, of those to be answered no with the sign turned: what is positive is right.
    """

    def gain(slope: float) -> float:
        return sum(x * _logistic(-slope * x) for x in signed)

    low, high = 0.0, _STEEPEST
    for _ in range(40):  # the log-likelihood is concave, so that its derivative falls through 0 once
        middle = (low + high) / 2
        low, high = (middle, high) if gain(middle) > 0 else (low, middle)
    return low


def _above(score: float) -> float:
    return math.log(max(score, _LEAST))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(min(max(-x, -700.0), 700.0)))


def best_cut(present: Sequence[float], absent: Sequence[float]) -> float:
    """Return the positive cut with the best balanced accuracy, in the middle of its gap; infinity where all is 0."""
    cuts = [
        max((low + high) / 2, math.nextafter(low, high)) for low, high in pairwise(sorted({0.0, *present, *absent}))
    ]

    def quality(cut: float) -> float:
        return sum(v >= cut for v in present) / len(present) + sum(v < cut for v in absent) / len(absent)

    return max(cuts, key=quality) if present and absent and cuts else math.inf
