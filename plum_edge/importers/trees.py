"""The one visible path through a tree of messages. Knows nothing of what a message is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def path(nodes: Mapping[str, Any], leaf: str, parent: Callable[[Any], Any]) -> list[str]:
    """Return the keys from the root to ``leaf``. It ends at a parent that is missing, and where a circle closes."""
    found: dict[str, None] = {}
    key: Any = leaf
    while isinstance(key, str) and key in nodes and key not in found:
        found[key] = None
        key = parent(nodes[key])
    return list(found)[::-1]


def leaves(nodes: Mapping[str, Any], parent: Callable[[Any], Any]) -> list[str]:
    """Return the keys that are nobody's parent, in the file's order; where all are in a circle, the last key."""
    parents = {above for above in map(parent, nodes.values()) if isinstance(above, str)}
    return [key for key in nodes if key not in parents] or list(nodes)[-1:]
