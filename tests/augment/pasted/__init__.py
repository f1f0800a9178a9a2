"""What people paste, and what they write that only looks like it; all written by us."""

from __future__ import annotations

from tests.augment.pasted.files import CODE, DATA, ENCODED, SETTINGS
from tests.augment.pasted.running import FAILURES, LOGS, SHELLS
from tests.augment.pasted.written import WRITTEN

__all__ = ["AROUND", "PASTES", "WRITTEN"]

PASTES = (*FAILURES, *LOGS, *SHELLS, *CODE, *DATA, *SETTINGS, *ENCODED)

AROUND = (
    (
        "My order script has stopped working since Ines added the spelt loaf.\n\nTraceback (most recent call last):\n"
        "  File \"shop.py\", line 8, in <module>\n    total()\nKeyError: 'price'\n\n"
        "The bakery opens at seven, please help.",
        ("order script", "spelt loaf", "bakery opens"),
        ("Traceback", "KeyError", "total()"),
    ),
    (
        "The irrigation of the greenhouse writes this every night:\n10:02:11.482 | DEBUG | pump | queued\n"
        "10:02:14.090 | ERROR | pump | no pressure\nand the tomatoes stay dry.",
        ("irrigation of the greenhouse", "tomatoes stay dry"),
        ("DEBUG", "no pressure"),
    ),
    (
        "Can you explain this to me? My nephew wrote it for the choir.\n\ndef weekly(rows):\n    total = 0\n"
        "    return total\n",
        ("nephew wrote it for the choir",),
        ("weekly", "total"),
    ),
)
"""A message with a paste in it, what must stay and what must go."""
