"""What is used is the mean of the weights at the ends of the last conversations; the fold goes on from the last."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plum_edge import bases
from plum_edge.backends.base import State
from plum_edge.config import Config, Model, Train
from plum_edge.convert import peft
from plum_edge.errors import Interrupted
from plum_edge.paths import Home
from plum_edge.store import Store
from plum_edge.train.checkpoints import checkpoint
from plum_edge.train.fold import Fold
from plum_edge.train.step import state_sha256
from tests.tiny import tiny_base
from tests.train.test_fold import learn

EMPTY = 4
"""A conversation that names nothing, by its number."""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tiny_base(tmp_path_factory.mktemp("base"))
    train = Train(rank=4, alpha=8.0, epochs=2, batch=8, threads=1, averaging=0, ends=2)
    return Config(model=Model(str(folder)), train=train)


@pytest.fixture(scope="module")
def straight(two: Config, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three conversations of one night."""
    home = Home(tmp_path_factory.mktemp("straight") / "home")
    learn(home, two, [[0, 1, 2]])
    return home


@pytest.fixture
def home(straight: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(straight.root, tmp_path / "home")))


def used(home: Home, config: Config, stopped: Callable[[], bool] | None = None) -> State:
    with Store.open(home, create=False) as store:
        return Fold(home, store, config, bases.base(config.model.base)).averaged(stopped=stopped)


def at_end(home: Home, seq: int) -> State:
    return peft.load(checkpoint(home, seq))[0]


def test_it_is_the_mean_of_the_last_two(two: Config, straight: Home) -> None:
    found = used(straight, two)
    before, last = at_end(straight, 2), at_end(straight, 3)
    for name, value in found.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, (before[name] + last[name]) / np.float32(2))
    assert state_sha256(found) not in {state_sha256(before), state_sha256(last)}


def test_the_fold_is_the_same_with_any_number(two: Config, straight: Home, tmp_path: Path) -> None:
    """No step hangs on it: it can be changed at any time, and one is what was used before there was a choice."""
    one, home = replace(two, train=replace(two.train, ends=1)), Home(tmp_path / "one")
    steps = learn(home, one, [[0, 1, 2]])
    assert learn(straight, two, [[]]) == steps
    with Store.open(home, create=False) as old, Store.open(straight, create=False) as new:
        assert [step.versions for step in old.runs.steps()] == [step.versions for step in new.runs.steps()]
    assert state_sha256(used(home, one)) == steps[-1]
    assert state_sha256(used(home, two)) == state_sha256(used(straight, two))


def test_of_one_conversation_it_is_the_only_end(two: Config, tmp_path: Path) -> None:
    (only,) = learn(Home(tmp_path), two, [[0]])
    assert state_sha256(used(Home(tmp_path), two)) == only


@pytest.mark.parametrize("recipe", ["plum", "raw"])
def test_recipes_that_do_not_come_back_use_the_last(two: Config, tmp_path: Path, recipe: str) -> None:
    other = replace(two, train=replace(two.train, recipe=recipe))
    last = learn(Home(tmp_path), other, [[0, 1]])[-1]
    assert state_sha256(used(Home(tmp_path), other)) == last


@pytest.mark.parametrize("nights", [[[0], [1], [2]], [[0, 1], [2]], [[0, 1, 2], [EMPTY]], [[0, 1], [2], [EMPTY]]])
def test_any_split_into_nights_uses_the_same(
    two: Config, straight: Home, tmp_path: Path, nights: list[list[int]]
) -> None:
    """Also where one comes last that nothing is learned of: it is not one of the two."""
    home = Home(tmp_path)
    for night in nights:
        learn(home, two, [night])
        found = used(home, two)
    assert state_sha256(found) == state_sha256(used(straight, two))


def test_what_is_lost_is_learned_again(two: Config, straight: Home, home: Home) -> None:
    steps, expected = learn(home, two, [[]]), state_sha256(used(straight, two))
    checkpoint(home, 2).unlink()
    assert state_sha256(used(home, two)) == expected
    assert learn(home, two, [[]]) == steps
    checkpoint(home, 2).write_bytes(b"damaged")
    assert state_sha256(used(home, two)) == expected


@pytest.mark.parametrize("stop", [0, 9, 25])
def test_stopped_while_it_learns_again_it_carries_on(two: Config, straight: Home, home: Home, stop: int) -> None:
    steps, expected = learn(home, two, [[]]), state_sha256(used(straight, two))
    checkpoint(home, 2).unlink()
    countdown = iter(range(1000))
    with pytest.raises(Interrupted):
        used(home, two, lambda: next(countdown) >= stop)
    assert learn(home, two, [[]]) == steps
    assert state_sha256(used(home, two)) == expected


def test_more_ends_than_checkpoints_are_learned_again(two: Config, straight: Home, home: Home) -> None:
    """As where somebody sets it later: the state after the first conversation did not stay."""
    checkpoint(home, 1).unlink()
    three = replace(two, train=replace(two.train, ends=3))
    steps = learn(home, two, [[]])
    found = used(home, three)
    assert learn(home, two, [[]]) == steps
    assert checkpoint(home, 1).is_file()
    ends = [at_end(home, seq) for seq in (1, 2, 3)]
    for name, value in found.items():
        np.testing.assert_array_equal(value, np.mean([end[name] for end in ends], axis=0, dtype=np.float32))


def test_an_averaging_pass_starts_from_the_mean(two: Config, home: Home) -> None:
    with_pass = replace(two, train=replace(two.train, averaging=20))
    one = replace(with_pass, train=replace(with_pass.train, ends=1))
    found = {state_sha256(used(home, settings)) for settings in (two, with_pass, one)}
    assert len(found) == 3
