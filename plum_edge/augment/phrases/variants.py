"""A stored pair in other words each time it is read: a topic is to be remembered, not a sentence.

A pair that is read thirty times in one phrasing is learned as that phrasing: measured, nine in ten were answered right
as trained and two in three in other words (docs/experiments/2026-11-20-other-words.md). So with each reading a positive
keeps its topic and its answer and takes another phrasing of training, now and then another name of the topic. A
negative mostly takes another topic (undiscussed.py), since the same few, read again and again, are learned by heart and
teach nothing about the rest of the world. Knows nothing of storage, training, or what the log mentions.
"""

from __future__ import annotations

from dataclasses import replace

from plum_edge.augment.checks import parts
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.determiners import determined
from plum_edge.augment.phrases.noise import noisy, scrambled
from plum_edge.augment.phrases.synonyms import paraphrase
from plum_edge.records import Pair, draw

_SCRAMBLED = 40
"""Percent of closed questions put in a broken phrasing; the others are clean or noisy, half and half."""
_RENAMED = 25
"""Percent of closed questions that name the topic by a paraphrase, where it has one."""


def reworded(pair: Pair, choice: int) -> Pair:
    """Return the pair with its question put in the phrasing of training that ``choice``, a drawn number, picks."""
    options = _phrasings(pair)
    phrasing = options[choice % len(options)]
    topic = pair.topic
    if pair.kind == "closed":
        if draw("scrambled", choice) % 100 < _SCRAMBLED:
            phrasing = scrambled(phrasing, options[choice // 64 % len(options)], choice // 4096)
        else:
            phrasing = noisy(phrasing, choice // 64)
        if draw("renamed", choice) % 100 < _RENAMED:
            topic = paraphrase(topic, choice // 8192) or topic
    named = " and ".join(
        determined(part, choice // 4099 + place, proper=part[0].isupper()) for place, part in enumerate(parts(topic))
    )
    question = phrasing.format(topic=named)
    return replace(pair, question=question[0].upper() + question[1:])


def _phrasings(pair: Pair) -> tuple[str, ...]:
    train = wordings.TRAIN
    if pair.kind == "open":
        if pair.polarity == "negative":
            return (*train.when, *train.what)
        found = train.what if '"' in pair.answer else train.when
    else:
        found = train.closed
        if len(parts(pair.topic)) > 1:
            found = tuple(phrasing for phrasing in found if phrasing.endswith("{topic}?"))
    return wordings.open_to_both(found) if _from_assistant(pair.answer) else found


def _from_assistant(answer: str) -> bool:
    """Return whether an answer says that it was not the user who spoke of it: who told may then not be asked."""
    return answer.startswith(tuple(head.split("{")[0] for head in wordings.NOT_FROM_USER))
