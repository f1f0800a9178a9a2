"""Questions about everyday topics that were never discussed: what a yes may hardly ever be said to.

A log's own held-out negatives are near to what was said, and of the make of what was said. What people ask idly ("Did I
tell you about a parking fine?") is neither, and an adapter can be right about the ones and wrong about the others. The
topics are of life (lexicon_life.py), and that part of the lexicon which training never names. Knows nothing of who is
asked.
"""

from __future__ import annotations

from itertools import chain

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.determiners import determined
from plum_edge.augment.phrases.lexicon import THEMES, held_out
from plum_edge.augment.phrases.lexicon_life import LIFE
from plum_edge.augment.phrases.synonyms import paraphrases
from plum_edge.records import Question, draw

COUNT = 100
"""Questions: enough to tell two in a hundred from ten, three seconds of a night."""


def never_discussed(known: Mentions, seed: int, count: int = COUNT) -> list[Question]:
    """Return questions about what ``known`` does not mention by any name, each topic once, in held-out phrasings.

    The same for the same log and seed; fewer where the log mentions nearly everything.
    """
    things = filter(held_out, chain.from_iterable(THEMES.values()))
    topics = dict.fromkeys((*chain.from_iterable(LIFE.values()), *things))
    drawn = sorted(topics, key=lambda topic: draw(seed, "never", topic))
    free = (topic for topic in drawn if not any(known.mentions(name) for name in (topic, *paraphrases(topic))))
    return [_asked(topic, seed) for _, topic in zip(range(count), free, strict=False)]


def _asked(topic: str, seed: int) -> Question:
    choice = draw(seed, "never asked", topic)
    phrasings = wordings.HELD_OUT.closed
    named = determined(topic, choice, proper=topic[0].isupper())
    question = phrasings[choice // 64 % len(phrasings)].format(topic=named)
    return Question(question[0].upper() + question[1:], "no", "far", phrasing="held_out")
