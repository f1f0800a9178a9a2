"""What a person does with a memory: ask, edit, choose what is in use; and `Memory`, which everything else goes through.

    from plum_edge import Memory

    memory.py     the facade
    bringing.py   conversations come in; editing.py: a person mends pairs
    lineage.py    which adapter is in use, which was before, which may go; state.py: how a memory stands
    vectors.py    after a night: what a search by meaning needs; backup.py: copies of the log, and the way back

Joins the rooms below and knows nothing of how any of them works, or of who shows it.
"""

from __future__ import annotations

from plum_edge.memory.memory import Memory

__all__ = ["Memory"]
