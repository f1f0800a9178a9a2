"""Where an answer ends: before the first of the texts that the client named. Knows nothing of tokens."""

from __future__ import annotations

from collections.abc import Sequence


class Until:
    """Takes an answer piece by piece and gives back what stands before the first stop."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held = ""
        """Not given back yet: it may be the beginning of a stop."""
        self.found = False

    def feed(self, text: str) -> str:
        """Return what may be said, now that ``text`` came too; nothing once a stop was found."""
        if self.found:
            return ""
        self._held += text
        places = [at for at in map(self._held.find, self._stops) if at >= 0]
        if places:
            self.found = True
            return self._held[: min(places)]
        return self._take(len(self._held) - self._undecided())

    def end(self) -> str:
        """Return what was held back, at the end of the answer: it began no stop after all."""
        return "" if self.found else self._take(len(self._held))

    def _undecided(self) -> int:
        """Return how many characters at the end may be the beginning of a stop."""
        most = min(len(self._held), max(map(len, self._stops), default=1) - 1)
        sizes = range(most, 0, -1)
        return next((n for n in sizes if any(stop.startswith(self._held[-n:]) for stop in self._stops)), 0)

    def _take(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text
