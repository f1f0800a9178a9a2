"""A step of the fold: killed anywhere and run again, it ends with the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plum_edge.backends import base as backends
from plum_edge.backends import pick
from plum_edge.backends.base import LoraSpec, Soft, Trainer
from plum_edge.config import Train
from plum_edge.convert.weights import open_weights
from plum_edge.errors import Interrupted
from plum_edge.records import Example
from plum_edge.train.recipes import make
from plum_edge.train.step import Dataset, Learned, learn, state_sha256
from tests.tiny import tiny_base

SETTINGS = Train(rank=4, alpha=8.0, epochs=3, batch=4, threads=1, replay=3.0, general=0.4)
TARGETS = ("q_proj", "v_proj", "down_proj")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def trainer(folder: Path) -> Trainer:
    return pick.make(pick.choose("mlx"), open_weights(folder), LoraSpec(4, 8.0, TARGETS), 1)


def example(seed: int) -> Example:
    ids = np.random.default_rng(seed).integers(10, 200, 9 + seed % 5).tolist()
    return Example(tuple(ids), bytes([0, 1, 1, 1, 0, *[2] * (len(ids) - 5)]), 5)


def dataset(segment: str = "c1/0", new: int = 6, stored: int = 30) -> Dataset:
    return Dataset(
        segment=segment,
        new=[f"s/{i}" for i in range(new)],
        stored=[f"s/{1000 + i}" for i in range(stored)],
        general=[f"general/{50 + i}" for i in range(5)],
        example=lambda key, reading: example(int(key.rpartition("/")[2]) + (reading if key.startswith("s/") else 0)),
        teach=teach,
    )


def teach(trainer: Trainer, key: str, _epoch: int) -> Soft | None:
    """Let the base teach what is general, as `lesson` does."""
    ids = example(int(key.rpartition("/")[2])).ids
    return trainer.teach(ids, range(3, len(ids) - 1), 8) if key.startswith("general") else None


def run(trainer: Trainer, path: Path, what: Dataset | None = None, **kwargs: object) -> Learned:
    settings = kwargs.pop("settings", SETTINGS)
    assert isinstance(settings, Train)
    recipe = make(settings.recipe, replay=settings.replay, general=settings.general, sampled_negatives=0.0)
    before = backends.initial_state(trainer.shapes(), 0)
    return learn(trainer, before, what or dataset(), recipe, settings, checkpoint=path / "epoch.st", **kwargs)


def test_the_same_step_gives_the_same_bytes(trainer: Trainer, tmp_path: Path) -> None:
    one = run(trainer, tmp_path / "a")
    two = run(trainer, tmp_path / "b")
    assert state_sha256(one.state) == state_sha256(two.state)
    assert one.losses == two.losses
    assert sum(one.losses[-7:]) < sum(one.losses[:7])


@pytest.mark.parametrize("after", [0, 1, 7, 9, 15, 20])
def test_stopped_after_any_optimizer_step_it_carries_on_to_the_same_bytes(
    trainer: Trainer, tmp_path: Path, after: int
) -> None:
    straight = run(trainer, tmp_path / "straight")
    calls = iter(range(10_000))
    with pytest.raises(Interrupted):
        run(trainer, tmp_path, stopped=lambda: next(calls) >= after)
    trainer.load(backends.initial_state(trainer.shapes(), 123))
    again = run(trainer, tmp_path)
    assert state_sha256(again.state) == state_sha256(straight.state)


def test_averaged_it_is_the_mean_over_the_ends_of_epochs(trainer: Trainer, tmp_path: Path) -> None:
    ends: list[dict[str, np.ndarray]] = []

    def note(done: int, total: int, _loss: float) -> None:
        if done % (total // SETTINGS.epochs) == 0:
            ends.append(trainer.state())

    found = run(trainer, tmp_path, averaged=True, progress=note).state
    assert len(ends) == SETTINGS.epochs
    for name, value in found.items():
        assert np.abs(value - np.mean([end[name] for end in ends], axis=0)).max() < 1e-6
        assert value.dtype == np.float32
    assert state_sha256(run(trainer, tmp_path / "last").state) == state_sha256(ends[-1]) != state_sha256(found)


@pytest.mark.parametrize("after", [5, 7, 16, 20])
def test_averaged_and_stopped_it_carries_on_to_the_same_bytes(trainer: Trainer, tmp_path: Path, after: int) -> None:
    straight = run(trainer, tmp_path / "straight", averaged=True)
    calls = iter(range(10_000))
    with pytest.raises(Interrupted):
        run(trainer, tmp_path, averaged=True, stopped=lambda: next(calls) >= after)
    assert state_sha256(run(trainer, tmp_path, averaged=True).state) == state_sha256(straight.state)


def test_at_most_one_epoch_is_done_again(trainer: Trainer, tmp_path: Path) -> None:
    steps: list[int] = []
    calls = iter(range(10_000))
    with pytest.raises(Interrupted):
        run(trainer, tmp_path, stopped=lambda: next(calls) >= 15)
    run(trainer, tmp_path, progress=lambda done, total, loss: steps.append(done))
    assert steps[0] == 15 // 7 * 7 + 1


def test_a_checkpoint_of_another_step_is_not_used(trainer: Trainer, tmp_path: Path) -> None:
    run(trainer, tmp_path)
    other = dataset("c2/0")
    assert state_sha256(run(trainer, tmp_path, other).state) == state_sha256(run(trainer, tmp_path / "x", other).state)


def test_a_damaged_checkpoint_is_not_used(trainer: Trainer, tmp_path: Path) -> None:
    straight = run(trainer, tmp_path)
    (tmp_path / "epoch.st").write_bytes(b"\x08\0\0\0\0\0\0\0garbage!" * 3)
    assert state_sha256(run(trainer, tmp_path).state) == state_sha256(straight.state)


def test_a_segment_without_pairs_leaves_the_state(trainer: Trainer, tmp_path: Path) -> None:
    learned = run(trainer, tmp_path, dataset(new=0))
    assert learned.aside
    assert state_sha256(learned.state) == state_sha256(backends.initial_state(trainer.shapes(), 0))


def test_a_loss_that_is_no_number_sets_the_segment_aside(trainer: Trainer, tmp_path: Path) -> None:
    learned = run(trainer, tmp_path, settings=replace(SETTINGS, learning_rate=1e39))
    assert learned.aside
    assert all(np.isfinite(value).all() for value in learned.state.values())


def test_plum_never_looks_at_what_was_stored(trainer: Trainer, tmp_path: Path) -> None:
    what = dataset()

    def only_new(key: str, reading: int) -> Example:
        assert key in what.new
        return example(int(key[2:]))

    what = replace(what, example=only_new, general=[])
    assert run(trainer, tmp_path, what, settings=replace(SETTINGS, recipe="plum")).replayed == 0


def test_the_cost_does_not_grow_with_the_log(trainer: Trainer, tmp_path: Path) -> None:
    drawn: set[str] = set()

    def noted(key: str, reading: int) -> Example:
        drawn.add(key)
        return example(int(key.rpartition("/")[2]) % 40)

    run(trainer, tmp_path, replace(dataset(stored=3000), example=noted))
    assert len(drawn - set(dataset().general)) <= (1 + 4 * 3) * 6
