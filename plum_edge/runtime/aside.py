"""What was read with the adapter that was on before, kept beside what is read now.

A chat goes back and forth between its memory and the bare base, and each reads all of it: twenty seconds for 4,000
tokens on two cores. So one sequence of the KV cache is kept for whoever is not on. Knows nothing of what was read.
"""

from __future__ import annotations

from typing import Any

Owner = tuple[Any, float]
"""llama.cpp's adapter, or None for the base alone, and its scale: keys and values are theirs."""


class Aside:
    """The cached ids of one owner, in the cache's sequence ``place``; ``spare`` is empty whenever no call is under way.

    What is on is in sequence 0.
    """

    def __init__(self, llama: Any, place: int, spare: int) -> None:
        self.place = place
        self.ids: list[int] = []
        self._llama, self._spare = llama, spare
        self._owner: Owner | None = None

    def exchange(self, memory: Any, leaving: Owner, cached: list[int], coming: Owner) -> list[int]:
        """Keep what the leaving owner has cached, and return what the coming one had, which then is in its stead."""
        mine = self.ids if self._owner is not None and _same(self._owner, coming) else []
        if not mine:
            self.drop(memory)
        self._move(memory, 0, self._spare)
        self._move(memory, self.place, 0)
        self._move(memory, self._spare, self.place)
        self._owner, self.ids = leaving, cached
        return mine

    def drop(self, memory: Any) -> None:
        """Forget what is kept."""
        if self.ids:
            self._llama.llama_memory_seq_rm(memory, self.place, -1, -1)
        self.forgotten()

    def forgotten(self) -> None:
        """Note that the cache was emptied."""
        self._owner, self.ids = None, []

    def _move(self, memory: Any, source: int, target: int) -> None:
        self._llama.llama_memory_seq_cp(memory, source, target, -1, -1)
        self._llama.llama_memory_seq_rm(memory, source, -1, -1)


def _same(one: Owner, other: Owner) -> bool:
    """Return whether two are the same adapter at the same scale: not one that was read later to the same address."""
    return one[0] is other[0] and (one[0] is None or one[1] == other[1])
