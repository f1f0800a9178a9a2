"""What is asked of a search by meaning, as a loss: the place first, the sentence in it, and how near is near.

Knows nothing of the model that makes vectors.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from places import Place, holds
from torch import Tensor
from torch.nn import functional as nn

SHARP = 20.0
"""What a cosine counts in the choice among places, and among sentences."""
_ASKED, _NEAR, _MESSAGES, _SENTENCES = 6, 2, 3, 8
"""Of a place, at most: questions that it answers and does not, messages, sentences; those with a fact come first."""
_CALIBRATED, _OF_NEAR = 0.5, 0.5
"""Weight of the third part, and of the questions nearby in it."""


@dataclass
class Batch:
    """Some places, and what is drawn of each. A number for each question, message and sentence says of which place."""

    places: Sequence[Place]
    questions: list[str] = field(default_factory=list)
    facts: list[str | None] = field(default_factory=list)
    asked_of: list[int] = field(default_factory=list)
    near: list[str] = field(default_factory=list)
    near_to: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    message_of: list[int] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    sentence_of: list[int] = field(default_factory=list)

    def texts(self) -> list[str]:
        """Return everything that is to become a vector, in the order that `loss` takes them in."""
        return [*self.questions, *self.near, *self.messages, *self.sentences]


def drawn(places: Sequence[Place], seed: int) -> Batch:
    """Draw questions, messages and sentences of places."""
    chance, batch = random.Random(seed), Batch(places)
    for number, place in enumerate(places):
        asked = chance.sample(place.asked, min(_ASKED, len(place.asked)))
        near = chance.sample(place.near, min(_NEAR, len(place.near)))
        facts = [fact for _, fact in asked if fact]
        messages = _some(place.messages, facts, _MESSAGES, chance)
        sentences = _some(place.sentences, facts, _SENTENCES, chance)
        batch.questions += [question for question, _ in asked]
        batch.facts += [fact for _, fact in asked]
        batch.near += near
        batch.messages += messages
        batch.sentences += sentences
        batch.asked_of += [number] * len(asked)
        batch.near_to += [number] * len(near)
        batch.message_of += [number] * len(messages)
        batch.sentence_of += [number] * len(sentences)
    return batch


def _some(texts: Sequence[str], facts: Sequence[str], count: int, chance: random.Random) -> list[str]:
    holding = [text for text in texts if any(holds(text, fact) for fact in facts)]
    others = [text for text in texts if text not in holding]
    chance.shuffle(others)
    return [*holding, *others][: max(count, min(len(holding), count + 2))]


def loss(batch: Batch, vectors: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Return the loss of a batch whose texts have these unit vectors, (texts, 384).

    *The place*: among all of the batch, the one that answers (InfoNCE), by its nearest message. *The sentence*: among
    all sentences those with the fact. *How near*: a question is to lie above one border (``scale`` and ``bias``, which
    are learned) with its own place, and below it with every other; and so is one that its place does not answer.
    """
    sizes = [len(part) for part in (batch.questions, batch.near, batch.messages, batch.sentences)]
    asked, near, messages, sentences = torch.split(vectors, sizes)
    own = torch.tensor(batch.asked_of)
    apart = ~_alike(batch.places)
    by_place = _by_place(asked @ messages.T, batch.message_of, len(batch.places))
    rivals = by_place.masked_fill(~apart[own] & ~nn.one_hot(own, len(batch.places)).bool(), -1.0)
    place = nn.cross_entropy(SHARP * rivals, own)
    mine, other = by_place.gather(1, own[:, None]), by_place.masked_fill(~apart[own], -1.0).amax(1)
    border = nn.softplus(-(scale * mine + bias)).mean() + nn.softplus(scale * other + bias).mean()
    if batch.near:
        of = torch.tensor(batch.near_to)
        nearby = _by_place(near @ messages.T, batch.message_of, len(batch.places)).gather(1, of[:, None])
        border = border + _OF_NEAR * nn.softplus(scale * nearby + bias).mean()
    return place + _sentence(batch, asked @ sentences.T, apart) + _CALIBRATED * border


def _sentence(batch: Batch, likeness: Tensor, apart: Tensor) -> Tensor:
    of = torch.tensor(batch.sentence_of)
    lost = []
    for row, (fact, number) in enumerate(zip(batch.facts, batch.asked_of, strict=True)):
        mine = of == number
        answers = mine & torch.tensor([fact is not None and holds(text, fact) for text in batch.sentences])
        if fact is not None and bool(answers.any()):
            rivals = SHARP * likeness[row][mine | apart[number][of]]
            lost.append(torch.logsumexp(rivals, 0) - torch.logsumexp(SHARP * likeness[row][answers], 0))
    return torch.stack(lost).mean() if lost else torch.zeros(())


def _by_place(likeness: Tensor, of: Sequence[int], count: int) -> Tensor:
    """Return for each question the cosine of the nearest message of each place, (questions, places)."""
    numbers = torch.tensor(of)
    return torch.stack([likeness[:, numbers == place].amax(1) for place in range(count)], dim=1)


def _alike(places: Sequence[Place]) -> Tensor:
    """Return which places are of one undertaking, each with itself: an answer may stand in either."""
    return torch.tensor([[one.of == other.of for other in places] for one in places])
