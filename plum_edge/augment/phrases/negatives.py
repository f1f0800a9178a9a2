"""What was not discussed: phrases for negatives, near to the conversation or far from it, and never named in the log.

Near: shares a word with a topic or belongs to its theme; far: from a theme that the conversation does not touch. A
negative takes the form of the positive that it answers to (a name for a name, as many words), so that form says
nothing. Knows nothing of questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.keyphrases import Phrase
from plum_edge.augment.phrases.lexicon import PEOPLE, PLACES, SURNAMES, THEMES, by_stem, held_out, stem_themes
from plum_edge.augment.phrases.words import GENERIC, TITLES, key, stem, stems
from plum_edge.records import Segment, Split, draw

_NAMED_AFTER = (
    "Street",
    "Road",
    "Park",
    "Bridge",
    "Society",
    "House",
    "Lane",
    "Trust",
    "Prize",
    "Hall",
    "Press",
    "Inn",
)
"""Put after the beginning of a longer name, to make another name of it."""
_LENGTHENED = ("old", "spare", "wooden", "Sunday", "red", "neighbour's", "local", "annual")
"""Put before a two-word phrase where a third word is wanted."""


@dataclass(slots=True)
class Negatives:
    """Draws phrases that neither the segment nor the log before it names; each at most once."""

    segment: Segment
    here: Mentions
    prior: Mentions
    seed: int
    topics: Sequence[Phrase]
    taken: set[str] = field(default_factory=set)
    themes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.taken.update(key(topic.text) for topic in self.topics)
        self.themes = _themes_of(self.segment, self.topics)

    def near(self, like: Phrase, split: Split, salt: object) -> str | None:
        """Return a phrase of the form of ``like`` and related to it or to its theme; None where there is none left."""
        if like.proper:
            pools = [self._renamed(like), self._names(like), self._related()]
        else:
            pools = [self._sharing(like), self._recombined(like), self._related()]
        turn = draw(self.seed, self.segment.id, "pool", salt) % len(pools)
        if turn == 0 and (found := self._first(pools[:1], like, split, salt)):
            return found
        return self._first([*pools[turn:], *pools[:turn], self._related()], like, split, salt)

    def far(self, like: Phrase, split: Split, salt: object) -> str | None:
        """Return a phrase of the form of ``like`` from themes that the conversation does not touch."""
        foreign = [phrase for theme, phrases in THEMES.items() if theme not in self.themes for phrase in phrases]
        if " " not in like.text:
            foreign = [phrase for phrase in foreign if " " not in phrase]
        pools = [self._names(like), foreign] if like.proper else [foreign]
        return self._first(pools, like, split, salt, apart=True)

    def _first(
        self, pools: Sequence[Sequence[str]], like: Phrase, split: Split, salt: object, apart: bool = False
    ) -> str | None:
        """Return the first free phrase, from a drawn place on: of the wanted number of words if there is one."""
        wanted = len(like.text.split())
        for exact in (True, False):
            for pool in pools:
                start = draw(self.seed, self.segment.id, split, salt, exact) % len(pool) if pool else 0
                for phrase in _shaped([*pool[start:], *pool[:start]], wanted, exact):
                    if self._is_free(phrase, split) and not (apart and self._shares(phrase)):
                        self.taken.add(key(phrase))
                        return phrase
        return None

    def _is_free(self, phrase: str, split: Split) -> bool:
        return (
            held_out(phrase) == (split == "held_out")
            and key(phrase) not in self.taken
            and not self.here.mentions(phrase)
            and not self.prior.mentions(phrase)
        )

    def _shares(self, phrase: str) -> bool:
        return any(set(stems(phrase)) & set(stems(topic.text)) for topic in self.topics)

    def _sharing(self, like: Phrase) -> list[str]:
        """Return phrases of the lexicon that share a word with the topic."""
        return [phrase for one in stems(like.text) for _, phrase in by_stem().get(one, ())]

    def _related(self) -> list[str]:
        """Return the phrases of the conversation's themes."""
        return [phrase for theme in self.themes for phrase in THEMES[theme]]

    def _recombined(self, like: Phrase) -> list[str]:
        """Return the topic with another head, or another modifier, from the conversation's themes."""
        found = like.text.split()
        if len(found) < 2:
            return []
        heads, modifiers = _ends(self.themes)
        if found[0].endswith("'s"):
            modifiers = tuple(f"{name}'s" for name in PEOPLE)
        swapped = [" ".join([*found[:-1], head]) for head in heads if not self.here.mentions(head)]
        swapped += [" ".join([other, *found[1:]]) for other in modifiers if not self.here.mentions(other)]
        return sorted(swapped, key=lambda phrase: draw(self.segment.id, phrase))

    def _renamed(self, like: Phrase) -> list[str]:
        """Return the beginning of a longer name with another end; with a title, other people of that title."""
        found = like.text.split()
        if len(found) < 2 or _has_title(like):
            return self._names(like)
        return [" ".join([*found[:-1], end]) for end in _NAMED_AFTER]

    def _names(self, like: Phrase) -> list[str]:
        """Return invented names of the same make: with a title, of two words, or of one."""
        found = like.text.split()
        if _has_title(like):
            return [f"{found[0]} {surname}" for surname in SURNAMES]
        if len(found) == 1:
            return _mixed((*PEOPLE, *(place for place in PLACES if " " not in place)))
        people = (f"{name} {SURNAMES[draw(name) % len(SURNAMES)]}" for name in PEOPLE)
        return _mixed((*people, *(place for place in PLACES if " " in place)))


def _has_title(like: Phrase) -> bool:
    return " " in like.text and like.text.split()[0].casefold().strip(".") in TITLES


def _mixed(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: draw("mixed", name))


def _shaped(pool: Iterable[str], wanted: int, exact: bool) -> Iterator[str]:
    """Yield the phrases of the pool in the wanted number of words, shortened or lengthened where that works."""
    for phrase in pool:
        length = phrase.count(" ") + 1
        if not exact or length == wanted:
            yield phrase
        elif wanted == 1 and (head := phrase.rsplit(" ", 1)[-1]) in _common_heads():
            yield head
        elif wanted == 3 and length == 2 and phrase.islower() and "'" not in phrase:
            yield f"{_LENGTHENED[draw(phrase) % len(_LENGTHENED)]} {phrase}"


@cache
def _common_heads() -> frozenset[str]:
    """Return the last words of at least two phrases of the lexicon: those that also stand alone."""
    heads = Counter(phrase.rsplit(" ", 1)[1] for phrases in THEMES.values() for phrase in phrases if " " in phrase)
    return frozenset(head for head, count in heads.items() if count > 1 and stem(head) not in GENERIC)


@cache
def _ends(themes: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the heads and the modifiers of the two-word phrases of these themes."""
    pairs = [phrase.split() for theme in themes for phrase in THEMES[theme] if phrase.count(" ") == 1]
    heads = dict.fromkeys(head for _, head in pairs if stem(head) not in GENERIC)
    return tuple(heads), tuple(dict.fromkeys(modifier for modifier, _ in pairs))


def _themes_of(segment: Segment, topics: Sequence[Phrase]) -> tuple[str, ...]:
    """Return the two or three themes that the conversation is nearest to; drawn where its words are in none."""
    score: dict[str, float] = {}
    named = stem_themes()
    for weight, text in (
        [(3, topic.text) for topic in topics] + [(2, segment.title)] + [(1, t.sentence) for t in topics]
    ):
        for one in stems(text):
            for theme in named.get(one, ()):
                score[theme] = score.get(theme, 0.0) + weight / len(named[one])
    order = list(THEMES)
    best = sorted(score, key=lambda theme: (-score[theme], order.index(theme)))[:3]
    spare = order[draw("theme", segment.id) % len(order)]
    return tuple(best) or (spare,)
