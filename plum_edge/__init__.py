"""plum-edge: a memory of its user for a local language model.

The public names are `Memory`, the records and the errors; everything else may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plum_edge.errors import PlumError
from plum_edge.records import Adapter, Answer, Conversation, Evidence, Message, Pair, Question, Segment

if TYPE_CHECKING:
    from plum_edge.memory import Memory

__all__ = [
    "Adapter",
    "Answer",
    "Conversation",
    "Evidence",
    "Memory",
    "Message",
    "Pair",
    "PlumError",
    "Question",
    "Segment",
    "__version__",
]
__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    """Import `Memory` at its first use: the records alone must not cost SQLite and the rest."""
    if name == "Memory":
        from plum_edge.memory import Memory

        return Memory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
