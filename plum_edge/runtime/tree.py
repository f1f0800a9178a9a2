"""Many prompts as one tree: what they begin with in common is computed once.

Knows nothing of llama.cpp: prompts are lists of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

Ids = Sequence[int]


@dataclass(slots=True)
class Node:
    """A token at a place, with the prompts that go through it."""

    token: int
    place: int
    prompts: list[int] = field(default_factory=list)
    """Positions in the list of prompts, consecutive."""


def common(left: Ids, right: Ids) -> int:
    """Return the length of the common prefix."""
    shorter = min(len(left), len(right))
    if left[:shorter] == right[:shorter]:
        return shorter
    return next(n for n in range(shorter) if left[n] != right[n])


def tree(prompts: Sequence[Ids], known: int) -> tuple[list[Node], list[int]]:
    """Return the tokens of sorted prompts from the place ``known`` on, each prefix once, and where each prompt ends.

    The nodes stand in the order of the prompts; of a prompt the second list holds the position of its last node. All
    ``prompts`` have more than ``known`` tokens, the first ``known`` in common.
    """
    found: list[Node] = []
    path: list[int] = []
    ends: list[int] = []
    for n, ids in enumerate(prompts):
        shared = common(prompts[n - 1], ids) - known if n else 0
        del path[shared:]
        for at in path:
            found[at].prompts.append(n)
        for place in range(known + len(path), len(ids)):
            path.append(len(found))
            found.append(Node(ids[place], place, [n]))
        ends.append(path[-1])
    return found, ends


def groups(prompts: Sequence[Ids], most: int, tokens: int) -> Iterator[list[int]]:
    """Yield the positions of prompts in groups: sorted, at most ``most`` each, with about ``tokens`` different tokens.

    A prompt that is longer than that is a group of its own.
    """
    group: list[int] = []
    size = 0
    for n in sorted(range(len(prompts)), key=lambda n: list(prompts[n])):
        fresh = len(prompts[n]) - (common(prompts[group[-1]], prompts[n]) if group else 0)
        if group and (len(group) == most or size + fresh > tokens):
            yield group
            group, size, fresh = [], 0, len(prompts[n])
        group.append(n)
        size += fresh
    if group:
        yield group
