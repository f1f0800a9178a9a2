"""Synthetic units: copying, list membership, and reading made-up conversations."""

from __future__ import annotations

import random

import grammar
import naming
import phrasings
import words
from frozen.synonyms import Part, may_mean
from units import Branch, Unit, question, system_context


def copying(rng: random.Random) -> Unit:
    """Say again what the system message holds."""
    items = [
        rng.choice(words.NOUNS + words.ADJECTIVES) if rng.random() < 0.7 else grammar.coined(rng)
        for _ in range(rng.randint(3, 14))
    ]
    text = " ".join(items)
    unit = Unit(system_context(text))
    unit.branches.append(question("Repeat.", text, "copy"))
    start = rng.randrange(len(items) - 1)
    unit.branches.append(question(f"What comes after {items[start]}?", items[start + 1], "copy"))
    return unit


def membership(rng: random.Random, count: int, renamed: float = 0.15, near: float = 0.65) -> Unit:
    """Is it on one of the dated lists? `renamed`: how often another name is tried."""
    topics = distinct(rng, rng.randint(3, 10))
    lists = rng.choice((1, 1, 1, 2, 3))
    days = [grammar.date(rng) for _ in range(lists)]
    parts = [topics[number::lists] for number in range(lists)]
    texts = [f"Conversation of {day}\nUser: {', '.join(part)}." for day, part in zip(days, parts, strict=True)]
    unit = Unit(system_context("\n\n".join(texts)))
    for _ in range(count):
        if rng.random() < 0.5:
            number = rng.randrange(len(topics))
            asked, answer = rename(rng, topics[number], topics, renamed), phrasings.yes(rng, days[number % lists])
        else:
            asked, answer = absent(rng, topics, topics, near, renamed), phrasings.no(rng)
        short = rng.random() < 0.6
        text = f"{asked}?" if short else phrasings.ask(rng, phrasings.closed(rng), asked)
        unit.branches.append(question(text, answer, "list"))
    return unit


def distinct(rng: random.Random, count: int, avoid: frozenset[str] = frozenset()) -> list[str]:
    """Topics that do not contain one another; about a third share a word with an earlier one."""
    topics: list[str] = []
    while len(topics) < count:
        new = grammar.variant(rng, rng.choice(topics)) if topics and rng.random() < 0.25 else grammar.topic(rng)
        if new not in avoid and not any(overlap(new, old) or may_mean(new, old) for old in topics):
            topics.append(new)
    return topics


def overlap(one: str, other: str) -> bool:
    """Whether all words of one are in the other."""
    first, second = set(one.lower().split()), set(other.lower().split())
    return first <= second or second <= first


def absent(
    rng: random.Random,
    topics: list[str],
    context: list[str],
    near: float = 0.65,
    renamed: float = 0.0,
    part: Part = "train",
) -> str:
    """A topic that the context does not hold under any name: near (shares a word) or far; now and then renamed."""
    known = [set(text.lower().split()) for text in context]
    while True:
        new = grammar.variant(rng, rng.choice(topics)) if rng.random() < near else grammar.topic(rng)
        if rng.random() < renamed:
            new = naming.other(rng, new, topics, part) or new
        mine = set(new.lower().split())
        if not any(mine <= have for have in known) and not any(may_mean(new, topic) for topic in topics):
            return new


def rename(rng: random.Random, topic: str, others: list[str], chance: float = naming.TRY, part: Part = "train") -> str:
    """Now and then another name that could mean none of the others."""
    return (naming.other(rng, topic, others, part) if rng.random() < chance else None) or topic


def partial(rng: random.Random, topic: str, others: list[str]) -> str:
    """Now and then only the end of a longer topic, where it stays unambiguous."""
    parts = topic.split(" ")
    if len(parts) < 2 or topic[0].isupper() or rng.random() > 0.12:
        return topic
    tail = " ".join(parts[1:])
    return topic if any(tail in other for other in others if other != topic) else tail


def reading(
    rng: random.Random, topics: tuple[int, int], count: int, noise: float = 0.5, renamed: float = naming.TRY
) -> Unit:
    """Questions about one or more dated conversations in the context."""
    names = distinct(rng, rng.randint(*topics))
    talks: list[grammar.Conversation] = []
    rest = list(names)
    while rest:
        take = rng.choice((1, 1, 2, 2, 3))
        talks.append(grammar.conversation(rng, rest[:take], extra=rng.choice((0.0, 0.2, 0.6))))
        rest = rest[take:]
    text = "\n\n".join(talk.text for talk in talks)
    unit = Unit(system_context(text))
    told = [(talk, mention) for talk in talks for mention in talk.mentions]
    known = [text.replace("\n", " ").replace(".", "").replace("?", "").replace(",", "").replace("!", "")]
    for _ in range(count):
        unit.branches.append(_branch(rng, told, names, known, noise, renamed))
    return unit


def dates(rng: random.Random, count: int, largest: int = 4, renamed: float = naming.TRY) -> Unit:
    """Two to five very short conversations, most of one topic: which date belongs to which."""
    names = distinct(rng, rng.randint(2, largest))
    talks = [grammar.conversation(rng, [name], extra=0.0) for name in names]
    bare = rng.random() < 0.4
    texts = [talk.text if rng.random() < 0.4 else talk.text.split("\nAssistant")[0] for talk in talks]
    if bare:
        texts = [f"Conversation of {talk.date}\nUser: {name}." for talk, name in zip(talks, names, strict=True)]
    unit = Unit(system_context("\n\n".join(texts)))
    for _ in range(count):
        talk = rng.choice(talks)
        topic = talk.mentions[0].topic
        roll = rng.random()
        if roll < 0.35:
            text = phrasings.ask(rng, phrasings.closed(rng), rename(rng, topic, names, renamed))
            unit.branches.append(question(text, phrasings.yes(rng, talk.date), "pos"))
        elif roll < 0.8:
            text = phrasings.ask(rng, phrasings.when(rng), topic)
            unit.branches.append(question(text, phrasings.dated(rng, talk.date), "when"))
        elif roll < 0.86 and not bare:
            text = phrasings.ask(rng, phrasings.what(rng), topic)
            unit.branches.append(question(text, phrasings.quoted(rng, talk.date, talk.mentions[0].quote), "what"))
        else:
            text = phrasings.ask(rng, phrasings.closed(rng), absent(rng, names, names + texts, renamed=renamed))
            unit.branches.append(question(text, phrasings.no(rng), "near"))
    return unit


def _branch(
    rng: random.Random,
    told: list[tuple[grammar.Conversation, grammar.Mention]],
    names: list[str],
    known: list[str],
    noise: float,
    renamed: float,
) -> Branch:
    talk, mention = rng.choice(told)
    roll = rng.random()
    if roll < 0.39:
        asked = rename(rng, mention.topic, names, renamed)
        asked = partial(rng, mention.topic, names) if asked == mention.topic else asked
        return question(phrasings.ask(rng, phrasings.closed(rng), asked, noise), phrasings.yes(rng, talk.date), "pos")
    if roll < 0.76:
        near = rng.random() < 0.65
        asked = absent(rng, names, known + names, 1.0 if near else 0.0, renamed)
        return question(
            phrasings.ask(rng, phrasings.closed(rng), asked, noise), phrasings.no(rng), "near" if near else "far"
        )
    if roll < 0.83:
        return question(
            phrasings.ask(rng, phrasings.when(rng), rename(rng, mention.topic, names, renamed), noise),
            phrasings.dated(rng, talk.date),
            "when",
        )
    if roll < 0.91:
        return question(
            phrasings.ask(rng, phrasings.what(rng), rename(rng, mention.topic, names, renamed), noise),
            phrasings.quoted(rng, talk.date, mention.quote),
            "what",
        )
    if roll < 0.95 and mention.asked:
        return question(mention.asked, mention.answer, "attribute", 1.5)
    template = phrasings.when(rng) if rng.random() < 0.4 else phrasings.what(rng)
    return question(
        phrasings.ask(rng, template, absent(rng, names, known + names), noise), phrasings.unknown(rng), "unknown"
    )
