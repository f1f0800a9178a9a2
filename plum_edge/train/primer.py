"""The primer: the adapter that a base's memory starts from, where one ships with the base.

Learned once over many made-up users (models/NAME/train/), it knows how a memory is asked about, and was taught at
last to answer "no" to everything. A constant input of the fold: its hash stands in every step. Knows nothing of how it
was learned.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from plum_edge.backends.base import State
from plum_edge.bases import Base
from plum_edge.bases.shipped import PRIMER, shipped
from plum_edge.config import Train
from plum_edge.convert import peft
from plum_edge.paths import sha256_file

_WITHOUT = ("plum", "raw")
"""Recipes that start from nothing: the paper's own, and the one for comparison."""


@dataclass(frozen=True, slots=True)
class Primer:
    """Weights to start from, and what names them."""

    state: State
    sha256: str


def primer(base: Base, train: Train) -> Primer | None:
    """Return the primer of a base for these settings; None where none ships, or none of this rank and alpha.

    Raises:
        ForeignAdapter: the file that ships is damaged.
    """
    path = shipped(base, PRIMER)
    if path is None or not train.primer or train.recipe in _WITHOUT:
        return None
    status = path.stat()
    found, said = _read(path, status.st_mtime_ns, status.st_size)
    wanted = {"base_sha256": base.sha256, "rank": str(train.rank), "alpha": str(train.alpha)}
    return found if all(said.get(key) == value for key, value in wanted.items()) else None


@functools.lru_cache(maxsize=1)
def _read(path: Path, _mtime: int, _size: int) -> tuple[Primer, dict[str, str]]:
    state, said = peft.load(path)
    return Primer(state, sha256_file(path)), said
