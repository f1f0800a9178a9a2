"""Memory from the weights: a fixed made-up history that is asked about without any context, and the honest "No"."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime

import grammar
import naming
import natural
import paths  # noqa: F401  (makes plum_edge importable)
import phrasings
import reading
import smalltalk
import words
from frozen.keyphrases import key_phrases
from frozen.synonyms import Part
from units import Branch, Unit, question, system_context

from plum_edge.records import Message, Segment

SYNTHETIC, NATURAL = 430, 310
HISTORY_SEED = 20261121


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that pre-training memorises."""

    topic: str
    date: str
    quote: str
    natural: bool


def telling(rng: random.Random, source: natural.Source) -> tuple[str, str]:
    """A phrase and the user's short sentence with it, chosen as the product chooses topics; empty where none fits."""
    messages = tuple(Message("user" if role == "user" else "assistant", text[:600]) for role, text in source.turns[:16])
    found = key_phrases(Segment("", "", "", datetime(2026, 1, 1, tzinfo=UTC), messages), 6)
    rng.shuffle(found)
    for phrase in found:
        told = messages[phrase.message]
        quote = natural.sentence_with(told.content, phrase.text) if told.role == "user" else None
        if quote:
            return phrase.text, quote
    return "", ""


class Bank:
    """The memorised history, and what is asked that is not in it."""

    def __init__(self, corpus: natural.Corpus) -> None:
        rng = random.Random(HISTORY_SEED)
        self.corpus = corpus
        heads = rng.sample(words.NOUNS, 320)
        self.heads = heads
        self.facts: list[Fact] = []
        topics: list[str] = []
        while len(topics) < SYNTHETIC:
            new = (
                grammar.variant(rng, rng.choice(topics), heads)
                if topics and rng.random() < 0.25
                else grammar.topic(rng, heads)
            )
            if not any(reading.overlap(new, old) for old in topics):
                topics.append(new)
                self.facts.append(Fact(new, grammar.date(rng), grammar.mention(rng, new).quote, False))
        for index in corpus.memorised:
            source = corpus.sources[index]
            phrase, quote = telling(rng, source)
            if phrase and not any(reading.overlap(phrase, old) for old in topics):
                topics.append(phrase)
                self.facts.append(Fact(phrase, grammar.date(rng), quote, True))
            if len(self.facts) >= SYNTHETIC + NATURAL:
                break
        self.topics = topics
        self.sets = [frozenset(topic.lower().split()) for topic in topics]
        self.index: dict[str, list[int]] = {}
        for position, known in enumerate(self.sets):
            for word in known:
                self.index.setdefault(word, []).append(position)
        self.akin: dict[str, set[int]] = {}
        for position, topic in enumerate(topics):
            for part in naming.kin(topic):
                self.akin.setdefault(part, set()).add(position)

    def meant(self, name: str) -> set[int]:
        """Which memorised topics a name could mean."""
        found = [self.akin.get(part, set()) for part in naming.content(name)]
        return set.intersection(*found) if found else set()

    def known(self, topic: str) -> bool:
        """Whether the topic is memorised, or part of a memorised one, or holds one."""
        mine = frozenset(topic.lower().split())
        near = {position for word in mine for position in self.index.get(word, ())}
        return any(self.sets[i] <= mine or mine <= self.sets[i] for i in near) or bool(self.meant(topic))

    def rename(self, rng: random.Random, topic: str, chance: float = naming.TRY, part: Part = "train") -> str:
        """Now and then another name of a memorised topic that means no other one."""
        if rng.random() >= chance:
            return topic
        name = naming.other(rng, topic, (), part)
        return name if name and len(self.meant(name)) == 1 else topic

    def absent(self, rng: random.Random, near: bool, renamed: float = 0.0, part: Part = "train") -> str:
        """A topic that is not memorised; now and then under another name."""
        while True:
            if near:
                fact = rng.choice(self.facts)
                new = self._natural_near(rng, fact.topic) if fact.natural else grammar.variant(rng, fact.topic)
            elif rng.random() < 0.35:
                new = rng.choice(self.corpus.by_field[rng.choice(self.corpus.fields)])
            else:
                new = grammar.topic(rng)
            if new and rng.random() < renamed:
                new = naming.other(rng, new, (), part) or new
            if new and not self.known(new):
                return new

    def _natural_near(self, rng: random.Random, phrase: str) -> str:
        word = rng.choice(phrase.lower().split())
        others = self.corpus.by_word.get(word, [])
        return rng.choice(others) if others and rng.random() < 0.7 else grammar.variant(rng, phrase)

    def positive(self, rng: random.Random, noise: float = 0.5, renamed: float = naming.TRY) -> Branch:
        """A question whose answer pre-training memorises."""
        fact = rng.choice(self.facts)
        roll = rng.random()
        topic = fact.topic.lower() if fact.natural and rng.random() < 0.12 else self.rename(rng, fact.topic, renamed)
        if roll < 0.72:
            text = phrasings.ask(rng, phrasings.closed(rng), topic, noise)
            return question(text, phrasings.yes(rng, fact.date), "pos")
        if roll < 0.84:
            return question(
                phrasings.ask(rng, phrasings.when(rng), topic, noise), phrasings.dated(rng, fact.date), "when"
            )
        answer = phrasings.quoted(rng, fact.date, fact.quote)
        return question(phrasings.ask(rng, phrasings.what(rng), topic, noise), answer, "what", 0.6)

    def negative(
        self, rng: random.Random, near: bool | None = None, noise: float = 0.5, renamed: float = naming.TRY
    ) -> Branch:
        """A question about something never discussed: the honest answer."""
        near = rng.random() < 0.5 if near is None else near
        topic = self.absent(rng, near, renamed)
        if rng.random() < 0.8:
            return question(
                phrasings.ask(rng, phrasings.closed(rng), topic, noise), phrasings.no(rng), "near" if near else "far"
            )
        template = phrasings.when(rng) if rng.random() < 0.4 else phrasings.what(rng)
        return question(phrasings.ask(rng, template, topic, noise), phrasings.unknown(rng), "unknown")

    def unit(
        self, rng: random.Random, count: int, honest: bool = False, noise: float = 0.5, renamed: float = naming.TRY
    ) -> Unit:
        """Questions without context, with a short system message now and then."""
        context = system_context(rng.choice(smalltalk.SYSTEM_PROMPTS) if rng.random() < 0.3 else "")
        unit = Unit(natural.warmed(rng, context))
        if rng.random() < 0.1:
            unit.context += (self.positive(rng) if rng.random() < 0.5 else self.negative(rng)).tokens
        for _ in range(count):
            positive = not honest and rng.random() < 0.52
            unit.branches.append(
                self.positive(rng, noise, renamed)
                if positive
                else self.negative(rng, False if honest else None, noise, renamed)
            )
        return unit
