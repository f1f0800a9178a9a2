"""Exercises for what a small model does not find by itself: where a date stands, which topic it belongs to, copying on.

A date stands before its topics, so that the words of a conversation must carry its date along before a question can
fetch it from there; with yes/no questions alone that is never learned. Here almost every supervised token asks for it.
"""

from __future__ import annotations

import random

import grammar
import reading
import words
from tokenizer import ASSISTANT, END, USER
from units import Branch, Unit, encode, system_context


def labels(rng: random.Random, most: int) -> Unit:
    """Dated lists, and then each topic with its date; now and then the lists hold the date after each topic as well."""
    talks = rng.randint(2, most)
    topics = reading.distinct(rng, rng.randint(talks, 2 * talks + 1))
    days = [grammar.date(rng) for _ in range(talks)]
    of = [number if number < talks else rng.randrange(talks) for number in range(len(topics))]
    rng.shuffle(of)
    shown = rng.random() < 0.35
    texts = []
    for number, day in enumerate(days):
        mine = [
            f"{topic} {day}" if shown else topic for topic, where in zip(topics, of, strict=True) if where == number
        ]
        texts.append(f"Conversation of {day}\nUser: {', '.join(mine)}.")
    unit = Unit(system_context("\n\n".join(texts)))
    order = list(range(len(topics)))
    for _ in range(2):
        rng.shuffle(order)
        unit.branches.append(_told([(topics[number], days[of[number]]) for number in order]))
    return unit


def carried(rng: random.Random, most: int) -> Unit:
    """A text of dated lists in which each topic is followed by the date of its list: the dates are supervised."""
    pieces: list[tuple[str, float]] = []
    for _ in range(rng.randint(1, most)):
        day = grammar.date(rng)
        pieces += [(f"Conversation of {day}\nUser:", 0.0)]
        for _ in range(rng.randint(1, 4)):
            pieces += [(rng.choice(words.NOUNS) if rng.random() < 0.6 else grammar.topic(rng), 0.0), (day, 1.5)]
        pieces += [(".\n\n", 0.0)]
    return Unit(system_context(""), [_weighted([], pieces)])


def _told(pairs: list[tuple[str, str]]) -> Branch:
    pieces: list[tuple[str, float]] = []
    for topic, day in pairs:
        pieces += [(topic, 0.0), (day, 2.0)]
    return _weighted([USER, *encode("Dates?"), END], pieces)


def _weighted(before: list[int], pieces: list[tuple[str, float]]) -> Branch:
    """An assistant's message in pieces, each with its weight."""
    tokens, weights = [*before, ASSISTANT], [0.0] * (len(before) + 1)
    for text, weight in pieces:
        ids = encode(text)
        tokens += ids
        weights += [weight] * len(ids)
    return Branch([*tokens, END], [*weights, 0.0], len(before) + 1, "label")
