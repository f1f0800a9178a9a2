"""Many questions about what was never discussed: the honest "no" is learned from many topics, not from a few repeated.

The negatives of `phrases` draw the boundary close to a conversation; a few dozen of them, read again and again, are
learned by heart and teach nothing about the rest of the world. These are drawn anew for every segment, each read once
or twice. Knows nothing of storage or training.
"""

from __future__ import annotations

from functools import cache

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.determiners import determined
from plum_edge.augment.phrases.lexicon import PEOPLE, PLACES, THEMES, held_out
from plum_edge.augment.phrases.noise import noisy
from plum_edge.records import Pair, draw

_OPEN = 6
"""One in so many asks when or what, and is answered "you have not told me"."""


def sampled_negatives(prior: Mentions, count: int, *, seed: int, segment: str) -> list[Pair]:
    """Return ``count`` negatives on topics that ``prior`` does not mention, each topic once; fewer if the lexicon ends.

    Half of the topics are phrases of the lexicon's training part, half two of its words newly put together.
    """
    made: list[Pair] = []
    named: set[str] = set()
    for number in range(4 * count):
        if len(made) == count:
            break
        topic = _topic(draw(seed, segment, "honest", number))
        if topic in named or held_out(topic) or prior.mentions(topic):
            continue
        named.add(topic)
        made.append(_pair(topic, draw(seed, segment, "honest question", number), segment))
    return made


def _topic(choice: int) -> str:
    phrases = _training_part()
    one = phrases[choice % len(phrases)]
    if choice // 7919 % 2:
        return one
    other = phrases[choice // 104729 % len(phrases)]
    return f"{one.split()[0]} {other.split()[-1]}"


def _pair(topic: str, choice: int, segment: str) -> Pair:
    train = wordings.TRAIN
    is_open = choice % _OPEN == 0
    phrasings = (train.when, train.what)[choice // 11 % 2] if is_open else train.closed
    answers = wordings.UNKNOWN if is_open else wordings.NO
    named = determined(topic, choice // 13, proper=topic[0].isupper())
    question = noisy(phrasings[choice // 17 % len(phrasings)], choice // 23).format(topic=named)
    question = question[0].upper() + question[1:]
    answer = answers[choice // 19 % len(answers)]
    return Pair(segment, question, answer, "open" if is_open else "closed", "negative", "train", "far", topic)


@cache
def _training_part() -> tuple[str, ...]:
    every = (*(phrase for phrases in THEMES.values() for phrase in phrases), *PEOPLE, *PLACES)
    return tuple(phrase for phrase in every if not held_out(phrase))
