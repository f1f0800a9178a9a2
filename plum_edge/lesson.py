"""What one segment is learned from: its pairs, the pairs of earlier ones, and what keeps the base what it was.

Joins store, augment, tokens and a backend for `train.learn`. All that is drawn is drawn by hash of the seed, the
segment, the key and the epoch, so that a lesson is the same on every machine and after any kill.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np

from plum_edge.augment.checks import Mentions
from plum_edge.augment.honest import honest
from plum_edge.augment.variants import Undiscussed, reworded
from plum_edge.backends.base import Soft, Trainer
from plum_edge.config import Config
from plum_edge.records import Example, Message, Pair, Segment, draw
from plum_edge.registry import Base
from plum_edge.store import Store
from plum_edge.tokens import ANSWER, ChatTokenizer
from plum_edge.train import Lesson

_LIKELIEST = 32
"""Tokens of which a teacher gives the probability; all others count as one."""
_ANSWERED = 8.0
"""Weight of a general sample's answer beside 1 for each token of its context: what is decided there matters most."""
_FIRST_PLACE = 2
"""Targets before it are the chat format's."""


class Lessons:
    """Makes the lesson of a segment."""

    def __init__(self, store: Store, config: Config, base: Base, tokenizer: ChatTokenizer) -> None:
        self.store, self.config, self.base, self.tokenizer = store, config, base, tokenizer
        self._taught: dict[str, Soft] = {}

    def of(self, segment: Segment, pairs: list[Pair], prior: Mentions) -> Lesson:
        """Return the lesson of a recorded segment. ``prior`` is what the log mentions, up to the newest segment."""
        seq = self.store.log.seq(segment.id)
        known = self._known(seq, prior)
        new = {_key(pair): pair for pair in self._wanted(pairs)}
        earlier = {_key(pair): pair for pair in self._wanted(self.store.pairs.live("train", before_seq=seq))}
        aside = self._general | self._honest(known, segment, len(new))
        wording = self._wording(segment, new | earlier, known)
        return Lesson(
            segment=segment.id,
            new=list(new),
            stored=list(earlier),
            general=list(aside),
            example=lambda key, reading: aside[key] if key in aside else wording(key, reading),
            teach=self._teach,
        )

    @cached_property
    def _general(self) -> dict[str, Example]:
        """General samples that ship with the base (none for a base without them), by key."""
        path = self.base.folder / "general.jsonl"
        if not path.is_file():
            return {}
        lines = path.read_text(encoding="utf-8").splitlines()
        samples = [json.loads(line) for line in lines if line]
        chats = [[Message(m["role"], m["content"]) for m in sample["messages"]] for sample in samples]
        return {
            f"general-{sample['kind']}/{i}": self.tokenizer.example(chat, limit=self.base.context)
            for i, (sample, chat) in enumerate(zip(samples, chats, strict=True))
        }

    def _known(self, seq: int, prior: Mentions) -> Mentions:
        """Return what the log mentions up to this segment, even where later ones are augmented already."""
        segments = self.store.log.segments()
        later = any(self.store.pairs.of(s.id) for s in segments if self.store.log.seq(s.id) > seq)
        return Mentions.of(*(s for s in segments if self.store.log.seq(s.id) <= seq)) if later else prior

    def _wanted(self, pairs: list[Pair]) -> list[Pair]:
        settings = self.config.augment
        return [
            pair
            for pair in pairs
            if pair.split == "train"
            and pair.kind in settings.kinds
            and (settings.negatives or pair.polarity == "positive")
        ]

    def _wording(self, segment: Segment, pairs: dict[str, Pair], known: Mentions) -> Callable[[str, int], Example]:
        """Return a key's tokens as worded in an epoch; as stored where the recipe or the pair's origin asks for it."""
        settings = self.config.train
        elsewhere = Undiscussed(known, [pair.topic for pair in pairs.values() if pair.polarity == "positive"])

        def worded(key: str, reading: int) -> Example:
            pair = pairs[key]
            if settings.reword and settings.recipe != "plum" and pair.origin == "phrases":
                choice = draw(settings.seed, segment.id, "wording", key, reading)
                if pair.polarity == "negative":
                    pair = elsewhere.instead(pair, choice)
                pair = reworded(pair, choice // 128)
            return self.tokenizer.pair(pair, limit=self.base.context)

        return worded

    def _honest(self, known: Mentions, segment: Segment, new: int) -> dict[str, Example]:
        """Return questions about what the log up to this segment never mentions, enough for every epoch, by key."""
        settings = self.config.train
        if settings.recipe == "plum" or not self.config.augment.negatives:
            return {}
        pairs = honest(known, round(settings.honest * new) * settings.epochs, seed=settings.seed, segment=segment.id)
        return {f"honest/{pair.id}": self.tokenizer.pair(pair, limit=self.base.context) for pair in self._wanted(pairs)}

    def _teach(self, trainer: Trainer, key: str, _reading: int) -> Soft | None:
        """Return what the base itself says of a general sample at every token: the tether that holds it."""
        if not self.config.train.tether or not key.startswith("general-"):
            return None
        if key not in self._taught:
            example = self._general[key]
            places = range(_FIRST_PLACE, len(example.ids) - 1)
            roles = np.frombuffer(example.roles, dtype=np.uint8)[1:]
            weights = np.where(roles == ANSWER, _ANSWERED, 1.0)[list(places)] * self.config.train.tether
            soft = trainer.teach(example.ids, places, _LIKELIEST)
            self._taught[key] = replace(soft, weights=weights.astype(np.float32))
        return self._taught[key]


def _key(pair: Pair) -> str:
    """Return how recipes name a pair: its sort, then its id."""
    return f"{pair.kind}/{pair.polarity}/{pair.id}"
