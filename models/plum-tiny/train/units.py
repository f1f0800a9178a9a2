"""Training units: a shared context and the questions that each see it, but not one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import paths
import sentencepiece as spm
import words
from tokenizer import ASSISTANT, BOS, END, SYSTEM, USER

ANSWER_WEIGHT = 4.0
"""Weight of the Yes/No token in the loss."""
DATE_WEIGHT = 2.5
"""Weight of the tokens of a date in an answer."""

_ROLE = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}


@dataclass(slots=True)
class Branch:
    """One question with its answer (or a whole chat): tokens, and the loss weight of predicting each of them."""

    tokens: list[int]
    weights: list[float]
    answer_at: int = 0
    """Where in `tokens` the answer starts."""
    kind: str = ""


@dataclass(slots=True)
class Unit:
    """A context that several branches continue."""

    context: list[int]
    branches: list[Branch] = field(default_factory=list)


@lru_cache(maxsize=1)
def processor() -> spm.SentencePieceProcessor:
    """The trained vocabulary."""
    return spm.SentencePieceProcessor(model_file=str(paths.MODEL_FOLDER / "tokenizer.model"))


def encode(text: str) -> list[int]:
    """Token ids of one message's content."""
    return processor().encode(text)


@lru_cache(maxsize=1)
def date_tokens() -> frozenset[int]:
    """Days, months and years."""
    texts = [*(str(day) for day in range(1, 32)), *words.MONTHS, *(str(year) for year in range(2024, 2027))]
    return frozenset(ids[0] for ids in map(encode, texts) if len(ids) == 1)


def system_context(text: str) -> list[int]:
    """`<s>` and, where there is a text, the system message."""
    return [BOS, SYSTEM, *encode(text), END] if text else [BOS]


def question(text: str, answer: str, kind: str = "", weight: float = 1.0) -> Branch:
    """A user's question and the supervised answer; a leading Yes or No weighs more."""
    asked = [USER, *encode(text), END, ASSISTANT]
    told = [*encode(answer), END]
    weights = [0.0] * len(asked) + [weight * (DATE_WEIGHT if token in date_tokens() else 1.0) for token in told]
    if answer.startswith(("Yes", "No")):
        weights[len(asked)] = ANSWER_WEIGHT * weight
    return Branch(asked + told, weights, len(asked), kind)


def chat(turns: list[tuple[str, str]], kind: str = "chat", weight: float = 1.0) -> Branch:
    """A dialogue of which only the assistant's turns are supervised."""
    tokens: list[int] = []
    weights: list[float] = []
    answer_at = 0
    for role, text in turns:
        ids = encode(text)
        spoken = role == "assistant"
        tokens += [_ROLE[role], *ids, END]
        weights += [0.0] + [weight if spoken else 0.0] * (len(ids) + 1)
        if spoken:
            answer_at = len(tokens) - len(ids) - 1
    return Branch(tokens, weights, answer_at, kind)
