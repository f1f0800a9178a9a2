"""Another topic that was never discussed, drawn anew each time a negative is read.

`Negatives` draws the topics that negatives are stored with, each once and close to its conversation; `Undiscussed`
draws what is read in their place, in the form of any topic of the log; `sampled_negatives` draws from the whole
lexicon. Knows nothing of questions and phrasings; what the log mentions it knows as `Mentions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from plum_edge.augment.checks import Mentions, parts
from plum_edge.augment.phrases.lexicon import PEOPLE, PLACES, SURNAMES, THEMES, by_stem, held_out, stem_themes
from plum_edge.augment.phrases.synonyms import nouns, paraphrases
from plum_edge.augment.phrases.words import GENERIC, TITLES, stem, stems
from plum_edge.records import Pair, draw

_OTHER_TOPIC = 80
"""Percent of negatives that name something else than they were stored with."""
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Undiscussed:
    """Draws topics that the log up to a segment does not mention, in the form of ``discussed``, topics that it does."""

    prior: Mentions
    discussed: Sequence[str]

    def instead(self, pair: Pair, choice: int) -> Pair:
        """Return a negative on another topic than its own, mostly; ``choice`` is a drawn number.

        A near one shares a word or a theme with something that was discussed, or would if the word were not a name.
        """
        if choice % 100 >= _OTHER_TOPIC or not self.discussed:
            return pair
        for attempt in range(_TRIES):
            topic = self._topic(draw("instead", choice, attempt), near=pair.style != "far")
            if not held_out(topic) and not self._said(topic):
                return replace(pair, topic=topic)
        return pair

    def _said(self, topic: str) -> bool:
        """Whether the log mentions it, under this or another name: "couch" is no safe "no" where a sofa came up."""
        return any(self.prior.mentions(name) for name in (topic, *paraphrases(topic)[:4]))

    def _topic(self, choice: int, near: bool) -> str:
        like = parts(self.discussed[choice % len(self.discussed)])[0].split()
        other = parts(self.discussed[choice // 7919 % len(self.discussed)])[-1].split()
        rest = draw("topic", choice)
        if like[0][0].isupper():
            return _name(like, rest)
        if near and rest % 2 and (akin := _related(like, single=len(like) == 1)):
            return _take(akin, rest // 2)
        if len(like) == 1:
            return _take(_singles(), rest // 2)
        if not near:
            return f"{_take(_modifiers(), rest)} {_take(_heads(), rest // 4001)}" if rest % 2 else _take(_known(), rest)
        if rest % 3 == 0 and len(other) > 1 and other[-1].islower():
            return " ".join((*like[:-1], other[-1]))
        if rest % 3 == 1:
            return " ".join((*like[:-1], _take(_heads(), rest // 3)))
        return " ".join((_take(_modifiers(), rest // 3), *like[1:]))


def _related(like: Sequence[str], single: bool) -> tuple[str, ...]:
    """Return the lexicon's phrases that share a word with a topic, or a theme with one of its words.

    The likeliest to be taken for what was discussed: a log touches a theme here and there, and most of it never.
    """
    return _akin(frozenset(stems(" ".join(like))), single)


@lru_cache(maxsize=4096)
def _akin(wanted: frozenset[str], single: bool) -> tuple[str, ...]:
    themes = {theme for one in sorted(wanted) for theme in stem_themes().get(one, ())}
    shared = (phrase for one in sorted(wanted) for _, phrase in by_stem().get(one, ()))
    every = dict.fromkeys((*shared, *(phrase for theme in THEMES if theme in themes for phrase in THEMES[theme])))
    return tuple(phrase for phrase in every if (" " not in phrase) == single)


def _name(like: Sequence[str], choice: int) -> str:
    """Return a name of the same make: of one word, with a title, or of two."""
    if len(like) == 1:
        return _take((*PEOPLE, *PLACES, *SURNAMES), choice)
    if like[0].casefold().strip(".") in TITLES or choice % 2:
        return f"{like[0]} {_take(SURNAMES, choice // 2)}"
    return f"{_take(PEOPLE, choice // 2)} {_take(SURNAMES, choice // 251)}"


def _take(options: Sequence[str], choice: int) -> str:
    return options[choice % len(options)]


@cache
def _known() -> tuple[str, ...]:
    return tuple(phrase for phrases in THEMES.values() for phrase in phrases)


@cache
def _heads() -> tuple[str, ...]:
    lasts = (phrase.split()[-1] for phrase in _known() if " " in phrase)
    return tuple(dict.fromkeys(last for last in lasts if stem(last) not in GENERIC))


@cache
def _modifiers() -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase.split()[0] for phrase in _known() if " " in phrase))


@cache
def _singles() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(phrase for phrase in _known() if " " not in phrase), *_heads(), *nouns())))
