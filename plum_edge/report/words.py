"""How systems and numbers are called, wherever they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NAMES = {
    "base": "base, no memory",
    "bm25": "retrieval (BM25 top-1)",
    "bm25_threshold": "BM25 threshold, no model",
    "adapter": "adapter",
    "adapter_bm25": "adapter + retrieval",
}
"""How systems are called on the screen, in the order of the table."""

Share = float | None
"""A share from 0 to 1, or None where nothing was asked."""


def ordered(names: Iterable[str]) -> list[str]:
    """Return systems in the order of `NAMES`; those that it does not know come last, as they came."""
    listed = list(names)
    return [name for name in NAMES if name in listed] + [name for name in listed if name not in NAMES]


def percent(share: Share, digits: int = 0) -> str:
    """Return a share as a percentage; nothing for None."""
    return "" if share is None else f"{100 * share:.{digits}f} %"


def interval(bounds: Sequence[float] | None, dash: str = "–", digits: int = 0) -> str:
    """Return an interval of shares in percent; nothing for None."""
    return "" if bounds is None else f"{100 * bounds[0]:.{digits}f} {dash} {100 * bounds[1]:.{digits}f}"
