"""Prompts as a tree: every prompt is a path of it, and nothing stands there twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.runtime.tree import common, groups, tree

PROMPTS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=12)


@given(PROMPTS, st.lists(st.integers(0, 2), max_size=3))
def test_every_prompt_is_a_path_and_common_beginnings_are_one(found: list[list[int]], before: list[int]) -> None:
    prompts = sorted([*before, *ids] for ids in found)
    nodes, ends = tree(prompts, len(before))
    for n, ids in enumerate(prompts):
        path = [node for node in nodes if n in node.prompts]
        assert [node.token for node in path] == ids[len(before) :]
        assert [node.place for node in path] == list(range(len(before), len(ids)))
        assert nodes[ends[n]] is path[-1]
    assert len(nodes) == len({tuple(ids[:end]) for ids in prompts for end in range(len(before) + 1, len(ids) + 1)})


@given(PROMPTS, st.integers(1, 4), st.integers(1, 10))
def test_groups_hold_every_prompt_once_sorted_and_are_bounded(prompts: list[list[int]], most: int, tokens: int) -> None:
    found = list(groups(prompts, most, tokens))
    order = [n for group in found for n in group]
    assert sorted(order) == list(range(len(prompts)))
    assert [prompts[n] for n in order] == sorted(prompts)
    for group in found:
        assert len(group) <= most
        assert len(group) == 1 or len(tree([prompts[n] for n in group], 0)[0]) <= tokens


def test_common_beginnings() -> None:
    assert [common([1, 2], [1, 2]), common([1, 2], [1, 3]), common([1], [1, 2]), common([], [1])] == [2, 1, 1, 0]
    assert list(groups([], 4, 4)) == []
