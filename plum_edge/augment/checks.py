"""What every pair must pass, whoever made it: grounded, not said twice, balanced, and no negative about what was said.

`Mentions` is the memory of what the log names: an inverted index from stems to messages, cheap for thousands of
conversations. A phrase counts as mentioned when all its content stems stand in one message; that errs towards
"mentioned", which costs a negative and never makes a false one. Knows nothing of how pairs are made.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from plum_edge.augment.phrases.teachable import told
from plum_edge.augment.phrases.words import stem, stems, words
from plum_edge.records import Pair, Segment

_INNER_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][^\W\d_]+")
_NAMES_FROM = 6_000
"""Characters of a message in which names are looked for."""
_QUOTED = re.compile(r'"(.+)"', re.DOTALL)


class Mentions:
    """What the segments so far name. Add them in recorded order."""

    def __init__(self) -> None:
        self._messages: dict[str, list[int]] = {}
        self._segments: Counter[str] = Counter()
        self._capitals: Counter[str] = Counter()
        self._message_count = 0
        self._segment_count = 0

    @classmethod
    def of(cls, *segments: Segment) -> Mentions:
        """Return an index of these segments."""
        mentions = cls()
        for segment in segments:
            mentions.add(segment)
        return mentions

    def add(self, segment: Segment) -> None:
        """Index the turns of user and assistant, but for what the user asked the memory and was answered."""
        seen: set[str] = set()
        for message in told(segment).messages:
            if message.role == "system":
                continue
            found = {stem(word) for word in set(words(message.content))}
            for one in found:
                self._messages.setdefault(one, []).append(self._message_count)
            self._message_count += 1
            self._capitals.update({word.casefold() for word in _INNER_CAPITAL.findall(message.content[:_NAMES_FROM])})
            seen |= found
        self._segments.update(seen)
        self._segment_count += 1

    def mentions(self, phrase: str) -> bool:
        """Return whether all content stems of the phrase stand in one message."""
        lists = sorted((self._messages.get(one, []) for one in stems(phrase)), key=len)
        if not lists or not lists[0]:
            return False
        common = set(lists[0])
        for postings in lists[1:]:
            common.intersection_update(postings)
        return bool(common)

    def names(self, topic: str) -> bool:
        """Return whether any of the topics joined in ``topic`` is mentioned: what makes a negative false."""
        return any(self.mentions(part) for part in parts(topic))

    def is_name(self, word: str) -> bool:
        """Return whether most messages that hold this lower-case word write it as a name."""
        capitals = self._capitals[word]
        return capitals > 2 and capitals * 2 > len(self._messages.get(stem(word), []))

    def rarity(self, stem_: str) -> float:
        """Return a factor of 1 for a stem that half of the segments have, more for rarer ones (2 at most)."""
        share = (self._segments[stem_] + 0.5) / (self._segment_count + 1)
        return min(2.0, max(0.6, 1 + 0.25 * math.log2(0.5 / share))) if self._segment_count else 1.0


@dataclass(frozen=True, slots=True)
class Checked:
    """Pairs that passed, in their order, and how many did not, by reason."""

    kept: list[Pair]
    rejected: Counter[str] = field(default_factory=Counter)


def parts(topic: str) -> list[str]:
    """Return the topics that a topic joins with "and"; most are one."""
    return topic.split(" and ")


def normal(question: str) -> str:
    """Return a question as compared for duplicates: words only, lower case."""
    return " ".join(words(question))


def check(pairs: Iterable[Pair], segment: Segment, prior: Mentions) -> Checked:
    """Return the pairs of a segment that may be trained on or asked, given the log before it.

    Reasons for refusal: ``other segment``, ``no question``, ``no topic``, ``duplicate``, ``not grounded`` (positive),
    ``quote not grounded``, ``already discussed`` (negative), ``unbalanced`` (closed pairs beyond the rarer polarity).
    """
    here = Mentions.of(segment)
    rejected: Counter[str] = Counter()
    kept: list[Pair] = []
    asked: set[str] = set()
    for pair in pairs:
        question = normal(pair.question)
        reason = "duplicate" if question in asked else _objection(pair, segment, prior, here)
        if reason:
            rejected[reason] += 1
        else:
            asked.add(question)
            kept.append(pair)
    balanced = _balanced(kept)
    rejected["unbalanced"] += len(kept) - len(balanced)
    return Checked(balanced, +rejected)


def contradicted(pairs: Iterable[Pair], segment: Segment) -> list[str]:
    """Return the ids of negatives, training or held-out, that this segment makes false by naming their topic."""
    here = Mentions.of(segment)
    return [pair.id for pair in pairs if pair.polarity == "negative" and here.names(pair.topic)]


def _objection(pair: Pair, segment: Segment, prior: Mentions, here: Mentions) -> str:
    if pair.segment != segment.id:
        return "other segment"
    if not pair.question.strip() or not pair.answer.strip():
        return "no question"
    if not stems(pair.topic):
        return "no topic"
    if pair.polarity == "negative":
        return "already discussed" if prior.names(pair.topic) or here.names(pair.topic) else ""
    return _ungrounded(pair, segment)


def _ungrounded(pair: Pair, segment: Segment) -> str:
    """Return why a positive does not rest on the messages that it cites, or nothing."""
    cited: set[str] = set()
    for ordinal in pair.messages:
        index = ordinal - segment.first
        if 0 <= index < len(segment.messages):
            cited.update(stem(word) for word in words(segment.messages[index].content))
    if not cited.issuperset(stems(pair.topic)):
        return "not grounded"
    quote = _QUOTED.search(pair.answer)
    return "quote not grounded" if quote and not cited.issuperset(stems(quote[1])) else ""


def _balanced(pairs: Sequence[Pair]) -> list[Pair]:
    """Drop the last closed pairs of the commoner polarity, in each split by itself."""
    closed = Counter((pair.split, pair.polarity) for pair in pairs if pair.kind == "closed")
    taken: Counter[tuple[str, str]] = Counter()
    kept = []
    for pair in pairs:
        if pair.kind == "closed":
            taken[pair.split, pair.polarity] += 1
            allowed = min(closed[pair.split, "positive"], closed[pair.split, "negative"])
            if taken[pair.split, pair.polarity] > allowed:
                continue
        kept.append(pair)
    return kept
