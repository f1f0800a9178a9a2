"""Writes ability.jsonl: what the base can do before an adapter, to be asked again with it (evaluate/ability.py).

Only our own made-up text. Each reading sample holds four questions about one dated conversation, so that a runtime
reads the conversation once. To be written again when the memorised history changes: what the base knows from its
weights is no honest "no". Takes none of the samples that are replayed while an adapter is trained.
"""

from __future__ import annotations

import random

import dialogues
import grammar
import memory
import natural
import paths
import phrasings
import reading
import smalltalk
from units import encode

from samples import Sample, message, write

CONVERSATIONS, HONEST = 150, 500
LONGEST = 150
"""Tokens of a conversation that is read."""


def read(rng: random.Random) -> Sample:
    """One dated conversation, two questions about what is in it, and two that are near to it."""
    while True:
        names = reading.distinct(rng, rng.randint(2, 4))
        talk = grammar.conversation(rng, names)
        if len(encode(talk.text)) <= LONGEST:
            break
    flat = talk.text.replace("\n", " ")
    for mark in ".?,!":
        flat = flat.replace(mark, "")
    told = rng.sample(names, 2)
    absent = [reading.absent(rng, names, [*names, flat], near=1.0) for _ in told]
    questions = [asked(rng, name, "yes") for name in told] + [asked(rng, name, "no") for name in absent]
    return {"kind": "reading", "messages": [message("system", talk.text)], "questions": questions}


def honest(rng: random.Random, bank: memory.Bank, near: bool) -> Sample:
    """One question, without a context, about what was never discussed: near to the memorised history, or far."""
    while True:
        topic = grammar.variant(rng, rng.choice(bank.facts[: memory.SYNTHETIC]).topic) if near else grammar.topic(rng)
        if not bank.known(topic):
            return {"kind": "no", "messages": [], "questions": [asked(rng, topic, "no")]}


def asked(rng: random.Random, topic: str, answer: str) -> dict[str, str]:
    """A yes/no question in plain English: the damage is looked for, and not the limits of the base."""
    question = phrasings.ask(rng, phrasings.closed(rng), topic, noise=0.0)
    told = {"topic": topic} if answer == "no" else {}  # a log that mentions it makes the "no" wrong
    return {"question": question, "answer": answer, **told}


def main() -> None:
    """The file."""
    bank, rng = memory.Bank(natural.Corpus()), random.Random("ability")
    made = [read(rng) for _ in range(CONVERSATIONS)]
    made += [honest(rng, bank, near=number % 2 == 0) for number in range(HONEST)]
    openings = [exchange[0] for exchange in smalltalk.EXCHANGES[:20]] + list(dialogues.OPENINGS)
    made += [{"kind": "chat", "messages": [message("user", text)]} for text in openings]
    made += [
        {"kind": "dialogue", "messages": [message(("user", "assistant")[i % 2], text) for i, text in enumerate(turns)]}
        for turns in dialogues.DIALOGUES
    ]
    write(paths.MODEL_FOLDER / "ability.jsonl", made)


if __name__ == "__main__":
    main()
