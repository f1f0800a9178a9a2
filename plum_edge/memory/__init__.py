"""What a person does with a memory: ask, edit, choose what is in use; and `Memory`, which everything else goes through.

from plum_edge import Memory
"""

from __future__ import annotations

from plum_edge.memory.memory import Memory

__all__ = ["Memory"]
