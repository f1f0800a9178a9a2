"""The configuration of a cell: plum-edge's defaults, over them the base's profile and what its recipe sets.

The gate is set wide open: it decides promotion alone, and the experiment measures.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.experiment.cells import Cell
from plum_edge import config as configuration
from plum_edge.bases import catalogue
from plum_edge.config import Config
from plum_edge.errors import BadConfig, UsageError

_WIDE_OPEN = {
    "earlier": 1,
    "min_new": 0.0,
    "max_false_yes": 1.0,
    "max_lost": 1.0,
    "max_loss_rise": 99.0,
    "max_divergence": 9.0,
}


class NotInThisVersion(UsageError):
    """A recipe or a key that this version of plum-edge does not have."""


def toml(cell: Cell) -> str:
    """Return the text of its config.toml."""
    train = {**cell.settings.get("train", {}), "seed": cell.seed}
    tables = {**cell.settings, "train": train, "gate": _WIDE_OPEN}
    lines = [
        line
        for name, table in tables.items()
        for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items()), "")
    ]
    return "\n".join(lines)


def load(cell: Cell) -> Config:
    """Return its configuration as this version of plum-edge reads it.

    Raises:
        NotInThisVersion: it has no such recipe or key; says which.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "config.toml"
        path.write_text(toml(cell), encoding="utf-8")
        try:
            return configuration.load(path, catalogue.profile)
        except BadConfig as error:
            raise NotInThisVersion(f"Not in this version: {error.what.removeprefix(f'{path}: ')}") from error
