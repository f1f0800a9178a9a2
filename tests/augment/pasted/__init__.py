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
    (  # begun behind a sentence, on its line
        "Why does the stock list of my bicycle shop fail? Traceback (most recent call last):\n"
        '  File "stock.py", line 4, in <module>\nValueError: I/O operation on closed file\nIt counts the tyres.',
        ("stock list of my bicycle shop", "counts the tyres"),
        ("Traceback", "most recent call", "ValueError"),
    ),
    (  # and with all its lines in one
        "The till says 2026-10-10 09:58:01 ERROR payment gateway refused the voucher",
        ("The till says",),
        ("payment gateway", "voucher"),
    ),
)
"""A message with a paste in it, what must stay and what must go."""
