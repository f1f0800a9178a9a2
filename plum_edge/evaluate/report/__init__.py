"""What an evaluation looks like: in the terminal (terminal.py), as pictures (drawings.py), as a page (page.py).

Takes the JSON of `evaluate` and knows nothing of where its figures come from. Only folder.py writes files.
"""

from __future__ import annotations

from plum_edge.evaluate.report.folder import check, within, write
from plum_edge.evaluate.report.terminal import (
    RIGHT,
    WRONG,
    ages,
    consistency,
    general,
    kinds,
    over_time,
    reliability,
    speaks_unicode,
    systems,
)
from plum_edge.evaluate.report.words import NAMES

__all__ = [
    "NAMES",
    "RIGHT",
    "WRONG",
    "ages",
    "check",
    "consistency",
    "general",
    "kinds",
    "over_time",
    "reliability",
    "speaks_unicode",
    "systems",
    "within",
    "write",
]
