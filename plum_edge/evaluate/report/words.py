"""How systems, kinds and numbers are called wherever they are shown, and what a table is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAMES = {
    "base": "base, no memory",
    "bm25": "retrieval (BM25 top-1)",
    "bm25_top3": "retrieval (BM25 top-3)",
    "bm25_pairs": "retrieval (BM25, stored pairs)",
    "bm25_passages": "retrieval (BM25 passage)",
    "dense": "retrieval (vectors, top-1)",
    "dense_passages": "retrieval (vectors, passage)",
    "newest": "the end of the log in the context",
    "bm25_threshold": "BM25 threshold, no model",
    "bm25_threshold_topic": "BM25 threshold on the topic",
    "dense_threshold": "vector threshold, no model",
    "adapter": "adapter",
    "adapter_as_asked": "adapter, asked as it stands",
    "adapter_prompted": "adapter behind a system prompt",
    "adapter_reads_bm25": "adapter that reads",
    "adapter_search": "adapter + word search",
    "adapter_weighed": "adapter + both searches",
    "reader": "reader",
    "reader_weighed": "reader + both searches",
    "adapter_reader": "adapter + reader + both searches",
    "adapter_bm25": "adapter + retrieval",
    "adapter_passages": "adapter + passage",
    "adapter_dense": "adapter + vectors",
}
"""How systems are called on the screen, in the order of the table."""

RIGHT_FROM, MOSTLY_FROM = 0.75, 0.5
"""A conversation is remembered where at least so many of its questions are answered right; between the two, partly."""

KINDS = {
    "verbatim": "in its own words",
    "paraphrased": "in other words",
    "indirect": "indirect",
    "near": "near, never discussed",
    "far": "far, never discussed",
}
"""How kinds of questions are called, in the order of the figure; the first three are to be answered yes."""

Share = float | None
"""A share from 0 to 1, or None where nothing was asked."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: the first cell of each row names the row."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def ordered(names: Iterable[str]) -> list[str]:
    """Return systems in the order of `NAMES`; those that it does not know come last, as they came."""
    listed = list(names)
    return [name for name in NAMES if name in listed] + [name for name in listed if name not in NAMES]


def name_of(system: str) -> str:
    """Return how a system is called; one that `NAMES` does not know goes by its own name."""
    return NAMES.get(system, system)


def percent(share: Share, digits: int = 0) -> str:
    """Return a share as a percentage; nothing for None."""
    return "" if share is None else f"{100 * share:.{digits}f} %"


def interval(bounds: Sequence[float] | None, dash: str = "–", digits: int = 0) -> str:
    """Return an interval of shares in percent; nothing for None."""
    return "" if bounds is None else f"{100 * bounds[0]:.{digits}f} {dash} {100 * bounds[1]:.{digits}f}"
