"""Writes general.jsonl (replayed while an adapter is trained, to protect the base) and probe.jsonl (to measure damage).

Only our own synthetic text, small talk and made-up history: no third-party text in either file.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import dialogues
import grammar
import memory
import natural
import passages
import paths
import phrasings
import reading
import smalltalk
from units import encode

Message = dict[str, str]
Sample = dict[str, object]

PLAIN_TEXT = (
    "The kettle was already warm when she came down to the kitchen.",
    "A good map is worth more than a fast car.",
    "He put the letter into the drawer and never opened it.",
    "Every morning the baker carries two baskets of bread across the square.",
    "The train was late, so we had a cup of tea at the station.",
    "My brother has painted his door yellow, and the neighbours like it.",
    "If the soup is too salty, add a potato and a little water.",
    "The children found a small frog near the pond.",
    "Please close the window before you leave the office.",
    "The doctor told him to rest for a week and to drink enough.",
    "We walked along the river until it was dark.",
    "A computer does what you tell it, not what you mean.",
    "In winter the lake freezes and people skate on it.",
    "She learned to play the violin when she was forty.",
    "The price of the ticket depends on the day.",
    "There is nothing better than fresh bread with butter.",
    "The museum is free on the first Sunday of the month.",
    "I wrote my name on the list and waited.",
    "Her garden is full of roses and lavender.",
    "They sold the old car and bought two bicycles.",
    "The cat sleeps on the radiator all afternoon.",
    "Water boils sooner when the pot has a lid.",
    "He forgot his password again and had to ask for a new one.",
    "The meeting ended early because nobody had a question.",
    "On the island there are more sheep than people.",
    "You can dry herbs by hanging them in a warm room.",
    "The film was long, but the music was beautiful.",
    "My grandmother kept every postcard that she got.",
    "The storm broke a branch of the old oak.",
    "We have enough paint for one more wall.",
    "The teacher read a story and the class was quiet.",
    "It takes about an hour to walk to the castle.",
    "The nurse was kind and explained everything twice.",
    "Their flat is small, but it has a balcony.",
    "He cut the cake into eight pieces.",
    "The bus stops in front of the library.",
    "She saves a little money every month for a trip.",
    "A short note can make someone happy.",
    "The lighthouse can be seen from the harbour.",
    "Good friends listen first and speak later.",
)


def message(role: str, text: str) -> Message:
    """One message."""
    return {"role": role, "content": text}


def asked(kind: str, system: str, text: str, answer: str) -> Sample:
    """A sample of one question."""
    first = [message("system", system)] if system else []
    return {"kind": kind, "messages": [*first, message("user", text), message("assistant", answer)]}


def prompt(rng: random.Random) -> str:
    """A short system message in 30 % of the questions from memory."""
    return rng.choice(smalltalk.SYSTEM_PROMPTS) if rng.random() < 0.3 else ""


def closed(rng: random.Random, topic: str) -> str:
    """A yes/no question, half of them with noise."""
    return phrasings.ask(rng, phrasings.closed(rng), topic)


def measured(topic: str) -> bool:
    """Whether a topic is the probe's; those that are replayed are the others."""
    return zlib.crc32(topic.lower().encode()) % 2 == 0


def read(rng: random.Random, number: int, probe: bool) -> Sample:
    """Reading from a short context, eight forms in turn: yes and no from one conversation, from several, from either
    under other names (not in the probe), a date and a quote.
    """
    form = number % 8
    while True:
        names = reading.distinct(rng, rng.randint(2, 4))
        if any(measured(name) != probe for name in names):
            continue
        cut = len(names) if form < 2 else rng.randint(1, len(names) - 1)
        talks = [grammar.conversation(rng, part) for part in (names[:cut], names[cut:]) if part]
        text = "\n\n".join(talk.text for talk in talks)
        talk = rng.choice(talks)
        told = rng.choice(talk.mentions)
        wanted = 1.0 if form in (4, 5) and not probe else 0.0
        named = reading.rename(rng, told.topic, names, wanted)
        if len(encode(text)) <= 160 and not (wanted and form == 4 and named == told.topic):
            break
    flat = [text.replace("\n", " ").replace(".", "").replace("?", "").replace(",", "").replace("!", "")]
    if form == 6:
        return asked(
            "reading", text, phrasings.ask(rng, phrasings.when(rng), told.topic), phrasings.dated(rng, talk.date)
        )
    if form == 7:
        answer = phrasings.quoted(rng, talk.date, told.quote)
        return asked("reading", text, phrasings.ask(rng, phrasings.what(rng), told.topic), answer)
    if form % 2 == 0:
        return asked("reading", text, closed(rng, named), phrasings.yes(rng, talk.date))
    while measured(absent := reading.absent(rng, names, names + flat, renamed=wanted)) != probe:
        pass
    return asked("reading", text, closed(rng, absent), phrasings.no(rng))


def honest(rng: random.Random, number: int, bank: memory.Bank, probe: bool) -> Sample:
    """Never discussed: near and far in turn, every fourth open."""
    while True:
        near = number % 2 == 0
        topic = grammar.variant(rng, rng.choice(bank.facts[: memory.SYNTHETIC]).topic) if near else grammar.topic(rng)
        if measured(topic) == probe and not bank.known(topic):
            break
    if number % 4 == 3:
        template = phrasings.when(rng) if rng.random() < 0.4 else phrasings.what(rng)
        return asked("no", prompt(rng), phrasings.ask(rng, template, topic), phrasings.unknown(rng))
    return asked("no", prompt(rng), closed(rng, topic), phrasings.no(rng))


def remembered(rng: random.Random, number: int, facts: list[memory.Fact]) -> Sample:
    """From the memorised history; every fourth open."""
    fact = facts[number % len(facts)]
    if number % 4 == 3:
        return asked(
            "memory", prompt(rng), phrasings.ask(rng, phrasings.when(rng), fact.topic), phrasings.dated(rng, fact.date)
        )
    return asked("memory", prompt(rng), closed(rng, fact.topic), phrasings.yes(rng, fact.date))


def talk(rng: random.Random, number: int, exchanges: list[tuple[str, ...]]) -> Sample:
    """Small talk of one or two exchanges."""
    picked = [exchanges[number % len(exchanges)]]
    if number >= len(exchanges) or rng.random() < 0.4:
        picked.insert(0, rng.choice(exchanges))
    texts = [text for exchange in picked for text in exchange]
    system = [message("system", prompt(rng))] if rng.random() < 0.3 else []
    system = [entry for entry in system if entry["content"]]
    return {
        "kind": "chat",
        "messages": system + [message(("user", "assistant")[i % 2], text) for i, text in enumerate(texts)],
    }


def passage(rng: random.Random) -> Sample:
    """One to three plain sentences."""
    return {
        "kind": "text",
        "messages": [message("assistant", " ".join(rng.sample(passages.SENTENCES, rng.choice((1, 1, 2, 3)))))],
    }


def make(
    seed: str,
    counts: dict[str, int],
    facts: list[memory.Fact],
    bank: memory.Bank,
    talks: list[tuple[str, ...]],
    probe: bool,
) -> list[Sample]:
    """The samples of one file."""
    rng = random.Random(seed)
    makers: dict[str, Callable[[int], Sample]] = {
        "reading": lambda i: read(rng, i, probe),
        "no": lambda i: honest(rng, i, bank, probe),
        "memory": lambda i: remembered(rng, i, facts),
        "chat": lambda i: talk(rng, i, talks),
        "text": lambda _: passage(rng),
    }
    return [makers[kind](number) for kind, count in counts.items() for number in range(count)]


def write(path: Path, samples: list[Sample]) -> None:
    """One sample a line."""
    scratch = path.with_suffix(".tmp")
    scratch.write_text("".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples), encoding="utf-8")
    scratch.replace(path)


def main() -> None:
    """Both files. The topics and the small talk of the probe are none of those that are replayed."""
    bank = memory.Bank(natural.Corpus())
    facts = list(bank.facts[: memory.SYNTHETIC])
    random.Random("facts").shuffle(facts)
    asked_elsewhere = {
        text.rstrip(".!?") for text in (*dialogues.OPENINGS, *(t for d in dialogues.DIALOGUES for t in d))
    }
    talks = [e for e in smalltalk.EXCHANGES[20:] if not asked_elsewhere & {text.rstrip(".!?") for text in e}]
    general = make(
        "general", {"reading": 600, "no": 240, "chat": 180, "memory": 60, "text": 120}, facts[:60], bank, talks, False
    )
    probe = make(
        "probe",
        {"reading": 60, "no": 35, "chat": 20, "memory": 100},
        facts[60:160],
        bank,
        smalltalk.EXCHANGES[:20],
        True,
    )
    probe += [{"kind": "text", "messages": [message("assistant", text)]} for text in PLAIN_TEXT]
    write(paths.MODEL_FOLDER / "general.jsonl", general)
    write(paths.MODEL_FOLDER / "probe.jsonl", probe)


if __name__ == "__main__":
    main()
