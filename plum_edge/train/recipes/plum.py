"""Recipe ``plum``: as the paper. The new conversation's pairs alone, epoch after epoch; no return to earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plum_edge.train.recipes.base import shuffled


@dataclass(frozen=True, slots=True)
class Plum:
    """The paper's schedule (arXiv 2411.13405): in order of time, never returning. The honest reference."""

    name: str = "plum"

    def pool(self, stored: Sequence[str], new: Sequence[str], place: tuple[object, ...]) -> list[str]:
        return []

    def epoch(
        self,
        new: Sequence[str],
        pool: Sequence[str],
        general: Sequence[str],
        place: tuple[object, ...],
        epoch: int,
    ) -> list[str]:
        return shuffled(new, *place, epoch)
