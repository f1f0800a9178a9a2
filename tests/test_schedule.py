"""The recipes: bounded, hashed, the same for the same place."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.schedule import Plum, Replay, batches, make

SORTS = st.sampled_from(["closed/positive", "closed/negative", "open/positive"])
KEYS = st.lists(st.builds("{}/{}".format, SORTS, st.text("abcdef", min_size=6, max_size=6)), unique=True, max_size=80)
PLACE = (0, "c1/0")


@given(KEYS, st.integers(1, 20))
def test_batches_hold_every_key_once_and_are_even(keys: list[str], size: int) -> None:
    def length(key: str) -> int:
        return key.count("a")

    cut = batches(keys, size, length, *PLACE, 0)
    assert sorted(key for batch in cut for key in batch) == sorted(keys)
    assert all(0 < len(batch) <= size for batch in cut)
    lengths = sorted((length(batch[0]), length(batch[-1])) for batch in cut)
    assert all(before[1] <= after[0] for before, after in pairwise(lengths)), "like lengths go together"
    if cut:
        assert max(map(len, cut)) - min(map(len, cut)) <= 1


@given(KEYS, KEYS, st.integers(0, 9))
def test_plum_reads_the_new_pairs_alone(new: list[str], stored: list[str], epoch: int) -> None:
    recipe = Plum()
    assert recipe.pool(stored, new, PLACE) == []
    assert sorted(recipe.epoch(new, stored, stored, PLACE, epoch)) == sorted(new)


@given(KEYS, KEYS, st.integers(0, 9))
def test_replay_is_bounded_whatever_the_log_holds(new: list[str], stored: list[str], epoch: int) -> None:
    recipe = Replay(3.0, 0.5)
    pool = recipe.pool(stored, new, PLACE)
    assert len(pool) <= 12 * len(new)
    assert len(set(pool)) == len(pool)
    read = recipe.epoch(new, pool, ["general/1", "general/2"], PLACE, epoch)
    assert set(new) <= set(read)
    assert len(read) <= 4 * len(new) + len(new) // 2 + 1


def test_general_samples_are_of_each_sort_as_many() -> None:
    new = [f"open/positive/{i}" for i in range(8)]
    general = [f"general-chat/{i}" for i in range(40)] + [f"general-reading/{i}" for i in range(160)]
    read = Replay(0.0, 0.5, 0.25).epoch(new, [], [*general, *(f"honest/{i}" for i in range(9))], PLACE, 0)
    assert [sum(key.startswith(sort) for key in read) for sort in ("general-c", "general-r", "honest")] == [2, 2, 2]


def test_the_pool_holds_the_newest_rather_than_the_oldest_and_something_of_each() -> None:
    stored = [f"open/positive/{i:04d}" for i in range(1000)]
    new = [f"open/positive/n{i}" for i in range(10)]
    drawn = [key for seed in range(10) for key in Replay(2.0, 0.0).pool(stored, new, (seed, "c1/0"))]
    fifths = Counter(int(key[-4:]) // 200 for key in drawn)
    assert len(drawn) == 800
    assert 2 < fifths[4] / fifths[0] < 6, "by the root of the age: ten segments old against ninety"


def test_a_sort_of_which_more_is_stored_does_not_crowd_out_another() -> None:
    stored = [f"open/positive/{i}" for i in range(400)] + [f"closed/negative/{i}" for i in range(40)]
    new = ["open/positive/a", "open/positive/b", "closed/negative/a", "closed/negative/b"]
    pool = Replay(1.5, 0.0).pool(stored, new, PLACE)
    assert sum(key.startswith("closed") for key in pool) == sum(key.startswith("open") for key in pool) == 12


def test_epochs_take_turns_through_the_pool() -> None:
    recipe = Replay(1.0, 0.0)
    new, pool = ["s/n1", "s/n2"], ["s/a", "s/b", "s/c", "s/d"]
    seen = [set(recipe.epoch(new, pool, [], PLACE, epoch)) - set(new) for epoch in (0, 1)]
    assert seen[0] | seen[1] == set(pool)
    assert not seen[0] & seen[1]


def test_another_place_gives_another_order_and_the_same_place_the_same() -> None:
    recipe = make("replay", replay=3.0, general=0.5, honest=1.0)
    new = [f"n{i}" for i in range(20)]
    assert recipe.epoch(new, [], [], PLACE, 1) == recipe.epoch(new, [], [], PLACE, 1)
    assert recipe.epoch(new, [], [], PLACE, 1) != recipe.epoch(new, [], [], (1, "c1/0"), 1)
