"""What is measured of a model while it trains and at the end: reading, memory, honesty, phrasings, chat."""

from __future__ import annotations

import random
from collections.abc import Callable

import grammar
import memory
import naming
import natural
import packing
import phrasings
import quotes
import reading
import smalltalk
import torch
from frozen.synonyms import Part
from model import Llama
from stream import Stream
from units import Unit, processor, question, system_context

YES_ID, NO_ID = (processor().encode(word)[0] for word in ("Yes", "No"))
LENGTH = 512
PRODUCT_CLOSED = phrasings.TRAIN.closed + phrasings.HELD_OUT.closed


def _collect(
    make: Callable[[random.Random], Unit | None], seed: str, wanted: int, kinds: tuple[str, ...] | None = None
) -> list[Unit]:
    rng = random.Random(seed)
    units: list[Unit] = []
    count = 0
    while count < wanted:
        unit = make(rng)
        if unit is None:
            continue
        unit.branches = [b for b in unit.branches if kinds is None or b.kind in kinds]
        count += len(unit.branches)
        if unit.branches:
            units.append(unit)
    return units


def _phrased(
    rng: random.Random, unit: Unit, templates: tuple[str, ...], told: list[tuple[str, str]], nots: list[str]
) -> Unit:
    for topic, day in told:
        unit.branches.append(
            question(phrasings.ask(rng, rng.choice(templates), topic, 0.0), phrasings.yes(rng, day), "pos")
        )
    for topic in nots:
        unit.branches.append(question(phrasings.ask(rng, rng.choice(templates), topic, 0.0), phrasings.no(rng), "near"))
    return unit


def phrased_reading(rng: random.Random, templates: tuple[str, ...]) -> Unit:
    """Reading with given phrasings and no noise: one positive and one near negative for each topic."""
    topics = reading.distinct(rng, rng.randint(2, 5))
    talk = grammar.conversation(rng, topics)
    flat = [talk.text.replace("\n", " ").replace(".", "").replace("?", "")]
    nots = [reading.absent(rng, topics, topics + flat, 1.0) for _ in topics]
    return _phrased(rng, Unit(system_context(talk.text)), templates, [(t, talk.date) for t in topics], nots)


def renamed_reading(rng: random.Random, part: Part) -> Unit:
    """Reading with the topics under other names, in the product's phrasings: positives and near negatives alike."""
    topics = reading.distinct(rng, rng.randint(2, 5))
    talk = grammar.conversation(rng, topics)
    flat = [talk.text.replace("\n", " ").replace(".", "").replace("?", "")]
    told = [(name, talk.date) for t in topics if (name := naming.other(rng, t, topics, part))]
    nots = [reading.absent(rng, topics, topics + flat, 1.0, 1.0, part) for _ in told]
    return _phrased(rng, Unit(system_context(talk.text)), PRODUCT_CLOSED, told, nots)


def renamed_memory(rng: random.Random, bank: memory.Bank, part: Part) -> Unit:
    """What pre-training memorised, under other names; and as many other names of what it did not."""
    facts = rng.sample(bank.facts, 12)
    told = [(name, f.date) for f in facts if (name := bank.rename(rng, f.topic, 1.0, part)) != f.topic]
    nots = [bank.absent(rng, True, 1.0, part) for _ in told]
    return _phrased(rng, Unit(system_context("")), PRODUCT_CLOSED, told, nots)


def build(stream: Stream, size: int = 300) -> dict[str, list[Unit]]:
    """The fixed sets of questions, by name."""
    corpus, bank = stream.corpus, stream.bank

    def remembered(rng: random.Random, templates: tuple[str, ...]) -> Unit:
        facts = rng.sample(bank.facts, 6)
        unit = Unit(system_context(rng.choice(smalltalk.SYSTEM_PROMPTS) if rng.random() < 0.3 else ""))
        return _phrased(
            rng, unit, templates, [(f.topic, f.date) for f in facts], [bank.absent(rng, True) for _ in facts]
        )

    def honest(rng: random.Random, near: bool) -> Unit:
        unit = Unit(system_context(rng.choice(smalltalk.SYSTEM_PROMPTS) if rng.random() < 0.3 else ""))
        unit.branches = [bank.negative(rng, near, 0.3, 0.0) for _ in range(8)]
        return unit

    closed = ("pos", "near", "far")
    return {
        "reading": _collect(lambda r: reading.reading(r, (2, 6), 10, renamed=0.0), "c1", size, closed),
        "natural": _collect(
            lambda r: natural.reading(r, corpus, r.randint(60, 190), 10, True, renaming=0.0), "c2", size, closed
        ),
        "memory": _collect(lambda r: bank.unit(r, 12, renamed=0.0), "c3", size, closed),
        "memory_unseen_phrasing": _collect(lambda r: remembered(r, phrasings.EVAL_ONLY), "c4", size // 2),
        "reading_unseen_phrasing": _collect(lambda r: phrased_reading(r, phrasings.EVAL_ONLY), "c5", size // 2),
        "reading_product_phrasing": _collect(lambda r: phrased_reading(r, PRODUCT_CLOSED), "c6", size // 2),
        "honest_far": _collect(lambda r: honest(r, False), "c7", size, closed),
        "honest_near": _collect(lambda r: honest(r, True), "c8", size, closed),
        "when": _collect(lambda r: reading.reading(r, (2, 5), 30, renamed=0.0), "c9", size // 4, ("when", "unknown")),
        "what": _collect(lambda r: reading.reading(r, (2, 5), 30, renamed=0.0), "c10", size // 4, ("what",)),
        "natural_what": _collect(
            lambda r: natural.reading(r, corpus, 150, 30, True, renaming=0.0), "c11", size // 6, ("what",)
        ),
        "attribute": _collect(lambda r: reading.reading(r, (2, 5), 30, renamed=0.0), "c12", size // 4, ("attribute",)),
        "reading_renamed": _collect(lambda r: renamed_reading(r, "held_out"), "c14", size // 2),
        "reading_new_names": _collect(lambda r: renamed_reading(r, "new"), "c15", size // 2),
        "memory_renamed": _collect(lambda r: renamed_memory(r, bank, "held_out"), "c16", size // 2),
        "memory_new_names": _collect(lambda r: renamed_memory(r, bank, "new"), "c17", size // 2),
        "dates": _collect(lambda r: reading.dates(r, 8, renamed=0.0), "c18", size // 2, ("pos", "when")),
        "quotes": _collect(lambda r: quotes.quoting(r, corpus, 3, 4), "c19", size // 3, ("what",)),
        "natural_quotes": _collect(lambda r: quotes.quoting(r, corpus, 3, 4, True), "c20", size // 3, ("what",)),
        "chat": _collect(lambda r: natural.chatting(r, corpus, 300, held_out=True), "c13", 60),
    }


@torch.no_grad()
def measure(model: Llama, sets: dict[str, list[Unit]], half: bool = True) -> dict[str, float]:
    """Shares of right answers and the chat loss, by name of the set and kind of the question.

    Closed questions: p(Yes) against p(No), by polarity, and the date of the positive ones. When, what, attribute: the
    answer right after its first token, by teacher-forced argmax. Chat: the mean loss of the last turn of each dialogue.
    """
    model.eval()
    result: dict[str, float] = {}
    for name, units in sets.items():
        scores: dict[str, list[float]] = {}
        for rows in _rows(units):
            _score(model, rows, scores, half)
        for kind, values in scores.items():
            if values:
                result[f"{name}.{kind}"] = round(sum(values) / len(values), 4)
    model.train()
    return result


def _rows(units: list[Unit]) -> list[list[packing.Row]]:
    rows = [packing.Row(LENGTH)]
    for unit in units:
        if unit.branches and sum(len(b.tokens) for b in unit.branches) + len(unit.context) > rows[-1].free:
            rows.append(packing.Row(LENGTH))
        rows[-1].add(unit)
    return [rows[i : i + 16] for i in range(0, len(rows), 16)]


def _score(model: Llama, rows: list[packing.Row], scores: dict[str, list[float]], half: bool) -> None:
    batch = packing.pack(random.Random(0), rows, 1)
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        hidden = model(*(torch.from_numpy(batch[key]) for key in ("ids", "positions", "units", "branches")))
    for number, row in enumerate(rows):
        for at, branch in row.answers:
            answer = branch.tokens[branch.answer_at :]
            logits = model.logits(hidden[number, at : at + len(answer)].float())
            if branch.kind == "chat":
                losses = torch.nn.functional.cross_entropy(logits, torch.tensor(answer))
                scores.setdefault("loss", []).append(float(losses))
                continue
            # The first token chooses between forms of the answer that are equally right; after it all is determined.
            whole = float((logits.argmax(-1) == torch.tensor(answer))[1:].all())
            if branch.kind in ("pos", "near", "far"):
                said_yes = bool(logits[0, YES_ID] > logits[0, NO_ID])
                scores.setdefault(branch.kind, []).append(float(said_yes == (branch.kind == "pos")))
                if branch.kind == "pos":
                    scores.setdefault("date", []).append(_date_right(logits, answer))
                elif int(logits[0].argmax()) not in (YES_ID, NO_ID):
                    scores.setdefault("neither", []).append(1.0)
            else:
                scores.setdefault(branch.kind, []).append(whole)


def _date_right(logits: torch.Tensor, answer: list[int]) -> float:
    """The last four tokens before the full stop and the end: "on 14 March 2026"."""
    guess = logits.argmax(-1).tolist()
    return float(guess[-5:-2] == answer[-5:-2])
