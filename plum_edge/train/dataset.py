"""What one segment is learned from: its pairs, the pairs of earlier ones, and what keeps the base what it was.

Joins store, augment, tokens and a backend for `train.learn`. All that is drawn is drawn by hash of the seed, the
segment, the key and the epoch, so that a dataset is the same on every machine and after any kill.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.sampled_negatives import sampled_negatives
from plum_edge.augment.phrases.undiscussed import Undiscussed
from plum_edge.augment.phrases.variants import reworded
from plum_edge.backends.base import Soft, Trainer
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.records import Example, Pair, Segment, draw
from plum_edge.store import Store
from plum_edge.templates.tokens import ChatTokenizer
from plum_edge.train.general import Sample
from plum_edge.train.recipes import AveragingPass
from plum_edge.train.step import Dataset
from plum_edge.train.teaching import Teaching

_READ = 2
"""With ``distill`` one in so many readings is learned from its own answer; the others are matched to the teacher."""
_SPOKEN = 2
"""And of those, one in so many along what the teacher itself says."""


class Datasets:
    """Makes the dataset of a segment."""

    def __init__(
        self,
        store: Store,
        config: Config,
        base: Base,
        tokenizer: ChatTokenizer,
        general: Callable[[], Sequence[Sample]] = tuple,
    ) -> None:
        self.store, self.config, self.base, self.tokenizer = store, config, base, tokenizer
        self._samples = general
        self.teaching = Teaching(store, config, base, tokenizer)

    def of(self, segment: Segment, pairs: list[Pair], known: Mentions, trainer: Trainer | None = None) -> Dataset:
        """Return the dataset of a recorded segment. ``known`` is what the log mentions, up to this segment.

        With ``distill`` the base of the ``trainer`` says something to the segment's own pairs, if there is one.
        """
        if self.config.train.recipe == "raw":
            return self._raw(segment)
        seq = self.store.log.seq(segment.id)
        new = {_key(pair): pair for pair in self._wanted(pairs)}
        earlier = {_key(pair): pair for pair in self._wanted(self.store.pairs.live("train", before_seq=seq))}
        if self.config.train.recipe == "together":
            new, earlier = {} if self.store.log.plan() else earlier | new, {}
        train = self.config.train
        sampled_negatives = self._sampled(known, segment.id, round(train.sampled_negatives * len(new)) * train.epochs)
        said_to = new if train.recipe == "distill" and trainer is not None else {}
        return self._dataset(
            segment.id, list(new), list(earlier), new | earlier, known, sampled_negatives, trainer, said_to
        )

    def averaging(self, segment: Segment, pairs: list[Pair], known: Mentions) -> tuple[Dataset, AveragingPass]:
        """Return what is read once more after a segment that was learned last, and how: all that was true then.

        All pairs are new to it. The base says nothing itself: it would have to be asked about the whole log.
        """
        train = self.config.train
        earlier = self.store.pairs.live("train", before_seq=self.store.log.seq(segment.id))
        every = {_key(pair): pair for pair in self._wanted([*earlier, *pairs])}
        recipe = AveragingPass.of(len(every), train)
        place = f"rehearsal/{segment.id}"  # what is drawn hangs on this name: it stays
        sampled_negatives = self._sampled(known, place, round(recipe.sampled_negatives * recipe.size) * recipe.rounds)
        return self._dataset(place, list(every), [], every, known, sampled_negatives), recipe

    def _dataset(
        self,
        place: str,
        new: list[str],
        stored: list[str],
        pairs: dict[str, Pair],
        known: Mentions,
        sampled_negatives: dict[str, Example],
        trainer: Trainer | None = None,
        said_to: Container[str] = (),
    ) -> Dataset:
        """Return the dataset of these keys, worded by ``place``; to those in ``said_to`` the base says something."""
        aside = self._general | sampled_negatives
        worded = self._wording(place, pairs, known)

        def asked(key: str, reading: int) -> Pair:
            """Return a pair as it is read: with the teacher's own words for an answer where it is their turn."""
            said = ""
            if trainer is not None and key in said_to:
                turn = draw(place, key, reading)
                said = self.teaching.said(trainer, pairs[key]) if turn % _READ and turn // _READ % _SPOKEN else ""
            return replace(pairs[key], answer=said) if said else worded(key, reading)

        def example(key: str, reading: int) -> Example:
            return aside[key] if key in aside else self._example(asked(key, reading))

        def teach(trainer: Trainer, key: str, reading: int) -> Soft | None:
            if key.startswith("general-"):
                return self.teaching.kl(trainer, key, aside[key])
            if self.config.train.recipe != "distill" or key in aside or draw(place, key, reading) % _READ == 0:
                return None
            return self.teaching.reader(trainer, asked(key, reading), example(key, reading))

        return Dataset(place, new, stored, list(aside), example, teach)

    def _raw(self, segment: Segment) -> Dataset:
        """Return the conversation itself, an exchange at a time: for comparison, since it is remembered badly."""
        turns = [message for message in segment.messages if message.role != "system" and message.content.strip()]
        exchanges = [pair for pair in pairwise(turns) if (pair[0].role, pair[1].role) == ("user", "assistant")]
        said = {f"raw/{n}": self.tokenizer.example(pair, limit=self.base.context) for n, pair in enumerate(exchanges)}
        return Dataset(segment.id, list(said), [], [], lambda key, _reading: said[key])

    @cached_property
    def _general(self) -> dict[str, Example]:
        """General samples (none for a base that has none), by key."""
        return {
            f"general-{sample.kind}/{i}": self.tokenizer.example(sample.messages, limit=self.base.context)
            for i, sample in enumerate(self._samples())
        }

    def _wanted(self, pairs: list[Pair]) -> list[Pair]:
        settings = self.config.augment
        return [
            pair
            for pair in pairs
            if pair.split == "train"
            and pair.kind in settings.kinds
            and (settings.negatives or pair.polarity == "positive")
        ]

    def _wording(self, place: str, pairs: dict[str, Pair], known: Mentions) -> Callable[[str, int], Pair]:
        """Return a key's pair as worded in an epoch; as stored where the recipe or the pair's origin asks for it."""
        settings = self.config.train
        elsewhere = Undiscussed(known, [pair.topic for pair in pairs.values() if pair.polarity == "positive"])

        def worded(key: str, reading: int) -> Pair:
            pair = pairs[key]
            if not settings.reword or settings.recipe == "plum" or pair.origin != "phrases":
                return pair
            choice = draw(settings.seed, place, "wording", key, reading)
            if pair.polarity == "negative":
                pair = elsewhere.instead(pair, choice)
            return reworded(pair, choice // 128)

        return worded

    def _example(self, pair: Pair) -> Example:
        return self.tokenizer.pair(pair, limit=self.base.context)

    def _sampled(self, known: Mentions, place: str, count: int) -> dict[str, Example]:
        """Return questions about what the log up to now never mentions, by key."""
        settings = self.config.train
        if settings.recipe == "plum" or not self.config.augment.negatives:
            return {}
        pairs = sampled_negatives(known, count, seed=settings.seed, segment=place)
        return {f"honest/{pair.id}": self.tokenizer.pair(pair, limit=self.base.context) for pair in self._wanted(pairs)}


def _key(pair: Pair) -> str:
    """Return how recipes name a pair: its sort, then its id."""
    return f"{pair.kind}/{pair.polarity}/{pair.id}"
