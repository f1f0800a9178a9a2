"""After a refusal: which conversation does harm, and what becomes of it.

Smaller and smaller groups are judged, until one is left; that one is tried again with another seed and a smaller step,
and at last set aside. Decides what is judged next and what is taken back for it; learning and judging are the night's.
"""

from __future__ import annotations

from dataclasses import dataclass

from plum_edge.config import Config
from plum_edge.errors import GateRefused
from plum_edge.night.promotion import Judged, Promotion
from plum_edge.store import Store
from plum_edge.train.fold import Fold


@dataclass
class Bisection:
    """What the gate refused in nights before, and in this one."""

    store: Store
    config: Config
    promotion: Promotion

    def group(self) -> int:
        """Return how many segments are judged together next: half of those that were refused together; 0: all."""
        first = next(iter(self.promotion.fresh()), None) if self.store.head_is_new() else None
        attempt = self.store.attempts.of(first) if first else None
        return max(1, attempt.together // 2) if attempt else 0

    def group_is_whole(self) -> bool:
        """Whether as many are learned as are to be judged together."""
        return 0 < self.group() <= len(self.promotion.fresh())

    def adapters(self) -> int:
        """Return how many adapters a night may make: one; in doubt more, by halves until one conversation is left."""
        return 1 + (2 * len(self.promotion.fresh()).bit_length() if self.group() else 0)

    def take_back(self, fold: Fold) -> None:
        """Take back steps that were refused: what belongs to a later group, and what is tried another way."""
        size, attempts = self.group(), self.store.attempts.all()
        steps = {step.segment: step for step in self.store.runs.steps()}
        for place, segment in enumerate(self.promotion.fresh()):
            tried = segment in attempts and steps[segment].seed != fold.settings(segment).seed
            if tried or 0 < size <= place:
                self.store.runs.truncate(steps[segment].seq)
                return

    def refused(self, judged: Judged, fold: Fold) -> GateRefused | None:
        """Note a refusal, and go on to find out what does harm; return it where a conversation was given up for it.

        Raises:
            GateRefused: the next night is to go on.
        """
        doubted = self.store.attempts.all()
        self.store.attempts.refuse(judged.new)
        if len(judged.new) == 1:
            return self._try_again_or_give_up(judged, fold)
        if not all(segment in doubted for segment in judged.new):
            raise self._refusal(judged, "The next night finds out which conversation it is, and learns the others.")
        self.take_back(fold)  # and go on with half of them
        return None

    def _try_again_or_give_up(self, judged: Judged, fold: Fold) -> GateRefused:
        (segment,), limit = judged.new, self.config.gate.attempts
        attempt = self.store.attempts.of(segment)
        number = attempt.number if attempt else 0
        if number < limit:
            then = (
                f"The next night tries it again with another seed and a smaller step (attempt {number + 1} of {limit})."
            )
            raise self._refusal(judged, then)
        times = f"{number} times" if number > 1 else "once"
        self.store.attempts.give_up(segment, f"the gate refused it {times}: {'; '.join(judged.reasons)}")
        (refused,) = (one for one in self.store.log.segments() if one.id == segment)
        fold.learn(refused, fold.head())
        return self._refusal(judged, f"It was tried {times} and is set aside: {refused.conversation}.")

    def _refusal(self, judged: Judged, then: str) -> GateRefused:
        kept = self.store.runs.active()
        return GateRefused(judged.reasons, kept.id if kept else None, then)
