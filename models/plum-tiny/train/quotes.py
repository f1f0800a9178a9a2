"""Quoting: the sentence of the context that a topic stands in, word for word."""

from __future__ import annotations

import random

import grammar
import natural
import phrasings
import reading
import words
from units import Branch, Unit, question, system_context

LONGEST = 14
"""In words: the product quotes no more."""


def sentence(rng: random.Random) -> tuple[str, str]:
    """A topic and a sentence with it: from the grammar, or of words at random (so that copying cannot be guessing)."""
    about = grammar.topic(rng)
    if rng.random() < 0.5:
        return about, grammar.mention(rng, about).quote
    pool = words.NOISE + words.NOUNS + words.VERBS + words.ADJECTIVES
    drawn = [rng.choice(pool) for _ in range(rng.randint(2, 9))]
    drawn.insert(rng.randint(0, len(drawn)), about)
    text = " ".join(drawn)
    return about, text[0].upper() + text[1:] + rng.choice("..?!")


def short(rng: random.Random, corpus: natural.Corpus, held_out: bool = False) -> tuple[str, str] | None:
    """A phrase and the user's short sentence with it, out of a natural dialogue."""
    source = corpus.pick(rng, held_out)
    if not source.phrases:
        return None
    phrase, number = rng.choice(source.phrases)
    role, text = source.turns[number]
    found = natural.sentence_with(text, phrase, LONGEST) if role == "user" else None
    return (phrase, found) if found else None


def quoting(rng: random.Random, corpus: natural.Corpus, largest: int, count: int, held_out: bool = False) -> Unit:
    """A few sentences of the user in one to three dated conversations; what was said about each."""
    told: list[tuple[str, str]] = []
    wanted = rng.randint(1, largest)
    while len(told) < wanted:
        new = short(rng, corpus, held_out) if held_out or rng.random() < 0.5 else sentence(rng)
        if new and not any(reading.overlap(new[0], have) or new[0].lower() in text.lower() for have, text in told):
            told.append(new)
    parts = rng.randint(1, min(3, wanted))
    days = [grammar.date(rng) for _ in range(parts)]
    where = sorted(rng.randrange(parts) for _ in told)
    lines: list[str] = []
    last = -1
    for place, (_, text) in zip(where, told, strict=True):
        if place != last:
            lines += [*([""] if lines else []), f"Conversation of {days[place]}"]
            last = place
        before = f"{rng.choice(grammar.FOLLOW)} " if rng.random() < 0.2 else ""
        after = f" {rng.choice(grammar.FOLLOW)}" if rng.random() < 0.2 else ""
        lines.append(f"User: {before}{text}{after}")
        if rng.random() < 0.4:
            lines.append(f"Assistant: {rng.choice(grammar.REPLIES).format(t='this')}")
    unit = Unit(system_context("\n".join(lines)))
    for _ in range(count):
        number = rng.randrange(len(told))
        unit.branches.append(_branch(rng, told[number], days[where[number]]))
    return unit


def _branch(rng: random.Random, told: tuple[str, str], day: str) -> Branch:
    about, text = told
    return question(phrasings.ask(rng, phrasings.what(rng), about), phrasings.quoted(rng, day, text), "what", 1.5)


def copying(rng: random.Random) -> Unit:
    """Say a sentence again, and the rest of it from a word on."""
    lines = [sentence(rng)[1] for _ in range(rng.randint(1, 4))]
    unit = Unit(system_context("\n".join(f"User: {line}" for line in lines)))
    for line in lines:
        parts = line.split(" ")
        start = " ".join(parts[: rng.randint(1, min(4, len(parts)))])
        if sum(other.startswith(start) for other in lines) == 1:
            unit.branches.append(question(f"Repeat: {start}", line, "copy"))
    return unit
