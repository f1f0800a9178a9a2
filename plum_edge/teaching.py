"""What the base itself says, with the adapter off, for an adapter to keep or to learn from.

Two uses: a *tether*, the base's own probabilities at every token of a general sample, which keep the base what it was;
and the *teacher* of the recipe ``distill`` (after prompt distillation, arXiv 2412.14964): the base with the dated
conversation in its context, matched by the adapter without it. Joins tokens, the log and a backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from plum_edge.backends.base import Soft, Trainer
from plum_edge.config import Config
from plum_edge.records import Conversation, Example, Message, Pair, spoken_date
from plum_edge.registry import Base
from plum_edge.store import Store
from plum_edge.tokens import ANSWER, ChatTokenizer

_LIKELIEST = 32
"""Tokens of which a teacher gives the probability; all others count as one."""
_ANSWERED = 8.0
"""Weight of a general sample's answer beside 1 for each token of its context: what is decided there matters most."""
_FIRST_PLACE = 2
"""Targets before it are the chat format's."""
_PASSAGE = 192
"""Tokens of a conversation that a teacher reads."""


class Teaching:
    """The base as a teacher. General samples are asked about once."""

    def __init__(self, store: Store, config: Config, base: Base, tokenizer: ChatTokenizer) -> None:
        self.store, self.config, self.base, self.tokenizer = store, config, base, tokenizer
        self._tethers: dict[str, Soft] = {}

    def tether(self, trainer: Trainer, key: str, example: Example) -> Soft | None:
        """Return what the base says at every token of a general sample; None where the weight of that is 0."""
        if not self.config.train.tether:
            return None
        if key not in self._tethers:
            places = range(_FIRST_PLACE, len(example.ids) - 1)
            weights = np.where(_answers(example)[places.start :], _ANSWERED, 1.0) * self.config.train.tether
            self._tethers[key] = _weighed(trainer.teach(example.ids, places, _LIKELIEST), weights)
        return self._tethers[key]

    def reader(self, trainer: Trainer, pair: Pair, example: Example) -> Soft:
        """Return what the base says at the answer of a pair with the passage that it rests on in its context."""
        conversation = self.store.log.get(pair.segment.rsplit("/", 1)[0])
        passage = self._passage(conversation, pair.messages)
        chat = [Message("system", passage), Message("user", pair.question), Message("assistant", pair.answer)]
        read = self.tokenizer.example(chat, limit=self.base.context)
        asked, seen = np.flatnonzero(_answers(example)), np.flatnonzero(_answers(read))
        common = min(len(asked), len(seen))
        soft = trainer.teach(read.ids, seen[:common].tolist(), _LIKELIEST)
        weights = np.full(common, self.config.train.answer_weight)
        return _weighed(replace(soft, places=asked[:common].astype(np.int32)), weights)

    def _passage(self, conversation: Conversation, messages: Sequence[int]) -> str:
        """Return the dated conversation from the first of the messages on, as much of it as a small context holds."""
        lines = [f"Conversation of {spoken_date(conversation.created_at)}"]
        for message in conversation.messages[min(messages, default=0) :]:
            line = f"{message.role.capitalize()}: {' '.join(message.content.split())}"
            if len(lines) > 1 and len(self.tokenizer.encode("\n".join((*lines, line)))) > _PASSAGE:
                break
            lines.append(line)
        return "\n".join(lines)


def _answers(example: Example) -> np.ndarray:
    """Return which targets of an example are its answer: (T - 1,) bool."""
    found: np.ndarray = np.frombuffer(example.roles, dtype=np.uint8)[1:] == ANSWER
    return found


def _weighed(soft: Soft, weights: np.ndarray) -> Soft:
    return replace(soft, weights=weights.astype(np.float32))
