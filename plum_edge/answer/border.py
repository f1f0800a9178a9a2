"""From which odds on an adapter claims a yes: what its own held-out questions gave, kept in its manifest.

Knows nothing of how odds are found (`evaluate.calibration`) or asked for.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from plum_edge.config import Decide
from plum_edge.paths import atomic_write

MANIFEST = "manifest.json"
ODDS = "odds"
"""Of the manifest."""


def decided(decide: Decide, adapter: Path | None) -> Decide:
    """Return when an adapter claims a yes: as the settings say, or where they leave it open, as its manifest does."""
    if decide.odds or adapter is None:
        return decide
    return replace(decide, odds=_kept(adapter.with_name(MANIFEST)))


def keep(adapter: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest beside an adapter anew, whole or not at all."""
    with atomic_write(adapter.with_name(MANIFEST)) as file:
        file.write((json.dumps(manifest, indent=2) + "\n").encode())


def _kept(manifest: Path) -> float:
    """Return the odds that stand there; 0 where none do."""
    try:
        said = json.loads(manifest.read_text(encoding="utf-8")).get(ODDS)
    except (OSError, ValueError, AttributeError):  # gone or spoiled: `doctor` says so
        return 0.0
    return float(said) if isinstance(said, (int, float)) and 0 < said < 100 else 0.0
