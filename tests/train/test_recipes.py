"""The recipes: bounded, hashed, the same for the same place."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from plum_edge.config import Train
from plum_edge.train.recipes import AveragingPass, Plum, Replay, batches, make

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
    recipe = make("replay", replay=3.0, general=0.5, sampled_negatives=1.0)
    new = [f"n{i}" for i in range(20)]
    assert recipe.epoch(new, [], [], PLACE, 1) == recipe.epoch(new, [], [], PLACE, 1)
    assert recipe.epoch(new, [], [], PLACE, 1) != recipe.epoch(new, [], [], (1, "c1/0"), 1)


@given(st.integers(2, 900), st.integers(0, 300), st.integers(8, 64))
def test_an_averaging_pass_reads_all_alike_and_no_more_than_it_may(positive: int, negative: int, batch: int) -> None:
    sorts = {"closed/positive": positive, "closed/negative": negative}
    new = [f"{sort}/{i}" for sort, count in sorts.items() for i in range(count)]
    aside = [f"general-{kind}/{i}" for kind in ("chat", "reading") for i in range(50)]
    aside += [f"honest/{i}" for i in range(2000)]
    recipe = AveragingPass.of(
        len(new), Train(batch=batch, averaging=60, replay=3.0, general=0.4, sampled_negatives=0.5)
    )
    rounds = [recipe.epoch(new, [], aside, PLACE, number) for number in range(recipe.rounds)]
    assert recipe.steps(batch) <= 60 or recipe.rounds == 1
    assert len(rounds) == 1 or sum(ceil(len(keys) / batch) for keys in rounds) <= 60 + len(rounds)
    for keys in rounds:
        parts = Counter(key.rpartition("/")[0] for key in keys)
        assert len(keys) == len(set(keys))
        assert all(parts[sort] == round(recipe.size * count / len(new)) for sort, count in sorts.items())
        assert parts["honest"] == round(recipe.size / 2)
    read = Counter(key for keys in rounds for key in keys)
    for sort, count in sorts.items():
        times = [read[f"{sort}/{i}"] for i in range(count)]
        assert not times or max(times) - min(times) <= 1, "in turn"


def test_an_averaging_pass_reads_everything_twice_where_that_is_not_too_much() -> None:
    new = [f"closed/positive/{i}" for i in range(600)] + [f"open/negative/{i}" for i in range(200)]
    for steps, least, most in ((600, 2, 2), (60, 1, 2), (30, 0, 1)):
        recipe = AveragingPass.of(len(new), Train(averaging=steps, batch=16, general=0.0, sampled_negatives=0.0))
        read = Counter(key for number in range(recipe.rounds) for key in recipe.epoch(new, [], [], PLACE, number))
        assert {read[key] for key in new} <= set(range(least, most + 1))


def test_an_averaging_pass_of_one_pair_is_one_too() -> None:
    recipe = AveragingPass.of(1, Train(general=0.0, sampled_negatives=0.0))
    assert [recipe.epoch(["s/a"], [], [], PLACE, number) for number in range(recipe.rounds)] == [["s/a"], ["s/a"]]
