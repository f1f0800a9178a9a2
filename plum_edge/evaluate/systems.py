"""The systems that are compared, by name: the base, the adapter, retrieval with the same model, both, and no model.

Knows nothing of who asks them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plum_edge.answer.joint import READS
from plum_edge.errors import UsageError
from plum_edge.retrieve import Ranking, Way


@dataclass(frozen=True, slots=True)
class System:
    """What answers: a base, with an adapter or none, that reads something or nothing; or the score of a ranking."""

    adapter: bool = False
    reads: tuple[Way, ...] = ()
    """More than one only where ``joint``."""
    joint: bool = False
    """The adapter remembers and the bare base reads, each by itself (`joint.Joint`); else who answers reads too."""
    weighs: bool = False
    """Beside the adapter, how well the log matches a question by meaning and by words counts (`answer.weighed`)."""
    reader: bool = False
    """Passages are read one by one by the adapter that ships with the base for that (`answer.reading`)."""
    searches: bool = False
    """Beside the adapter, how well the log matches the topic of a question counts; nothing is read."""
    threshold: Ranking | None = None
    by_topic: bool = False
    """The threshold looks at the topic of a question alone, where it is clear; else at all of its words."""
    prompted: bool = False
    """Behind `PROMPT`, as in the other line of the paper's figure 2."""
    phrased: bool = True
    """An adapter alone is asked in other phrasings too, as in ``ask`` and ``chat`` (answer/remember.py)."""

    @property
    def dense(self) -> bool:
        """Whether it needs vectors."""
        return any(name.startswith("dense") for name in (*self.reads, self.threshold or ""))


SYSTEMS: dict[str, System] = {
    "base": System(),
    "bm25": System(reads=("bm25",)),
    "bm25_top3": System(reads=("bm25_top3",)),
    "bm25_pairs": System(reads=("bm25_pairs",)),
    "bm25_passages": System(reads=("bm25_passages",)),
    "dense": System(reads=("dense",)),
    "dense_passages": System(reads=("dense_passages",)),
    "newest": System(reads=("newest",)),
    "bm25_threshold": System(threshold="bm25"),
    "bm25_threshold_topic": System(threshold="bm25", by_topic=True),
    "dense_threshold": System(threshold="dense"),
    "adapter": System(adapter=True),
    "adapter_as_asked": System(adapter=True, phrased=False),
    "adapter_prompted": System(adapter=True, prompted=True),
    "adapter_search": System(adapter=True, searches=True),
    "adapter_weighed": System(adapter=True, weighs=True),
    "reader": System(reader=True),
    "reader_weighed": System(reader=True, weighs=True),
    "adapter_reader": System(adapter=True, reader=True, weighs=True),
    "adapter_bm25": System(adapter=True, reads=READS, joint=True),
    "adapter_passages": System(adapter=True, reads=("bm25_passages",), joint=True),
    "adapter_dense": System(adapter=True, reads=("dense_passages", "bm25_pairs"), joint=True),
    "adapter_reads_bm25": System(adapter=True, reads=("bm25_passages",), phrased=False),
}
"""By name, as in ``evaluate --json``; what `asker` knows."""

USUAL = ("base", "bm25", "bm25_passages", "adapter_bm25", "bm25_threshold")
"""What ``evaluate --baselines`` measures. Retrieval stands there twice, so that it is seen at its best: a small model
reads a short passage better than a whole conversation."""

EVERY = "all"
"""Asks for every system that can be measured here."""
_READERLESS = "Name others, or all that can be measured here: all"


def chosen(asked: bool | Sequence[str], *, adapter: bool, dense: bool, reader: bool = False) -> list[str]:
    """Return the systems to measure: `USUAL` for True, none for False, otherwise those named, each once.

    With `EVERY` come all that ``adapter``, ``dense`` and ``reader`` (whether there is one; whether vectors can be made
    here; whether one ships with the base) allow.
    Of `USUAL` and `EVERY` those that need an adapter are left out where there is none.

    Raises:
        UsageError: there is no such system, or one was named that needs an adapter or a reader and there is none.
    """
    if isinstance(asked, bool):
        return [name for name in (USUAL if asked else ()) if adapter or not SYSTEMS[name].adapter]
    every = [
        name
        for name, s in SYSTEMS.items()
        if (adapter or not s.adapter) and (dense or not s.dense) and (reader or not s.reader)
    ]
    names = list(dict.fromkeys(found for name in asked for found in (every if name == EVERY else [name])))
    for name in names:
        if name not in SYSTEMS:
            raise UsageError(f"There is no system {name!r}.", f"There are: {', '.join(SYSTEMS)}; {EVERY}.")
        if SYSTEMS[name].adapter and not adapter:
            raise UsageError(f"The system {name!r} needs an adapter.", "Learn first: plum-edge consolidate")
        if SYSTEMS[name].reader and not reader:
            raise UsageError(f"The system {name!r} needs a reader, and none ships with this base.", _READERLESS)
    return names
