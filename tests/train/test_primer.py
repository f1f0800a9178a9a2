"""What a fold starts from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from plum_edge import bases
from plum_edge.backends.base import State
from plum_edge.config import Config, Model, Train
from plum_edge.convert import peft
from plum_edge.paths import Home
from plum_edge.store import Store
from plum_edge.train.fold import Fold
from plum_edge.train.primer import primer
from plum_edge.train.step import state_sha256
from tests.tiny import random_lora, tiny_base
from tests.train.test_fold import conversation

TRAIN = Train(rank=4, alpha=8.0, epochs=1, batch=8, threads=1)


@pytest.fixture
def base(tmp_path: Path) -> bases.Base:
    return bases.base(str(tiny_base(tmp_path)))


def ship(base: bases.Base, *, rank: int = 4, sha256: str = "") -> State:
    state = {name: value.astype(np.float16) for name, value in random_lora(base.folder, rank).items()}
    said = {"rank": str(rank), "alpha": "8.0", "base_sha256": sha256 or base.sha256}
    peft.save(base.folder / "primer.safetensors", state, said, "F16")
    return {name: value.astype(np.float32) for name, value in state.items()}


def test_a_primer_of_half_size_is_read_in_f32(base: bases.Base) -> None:
    assert primer(base, TRAIN) is None
    shipped = ship(base)
    found = primer(base, TRAIN)
    assert found and state_sha256(found.state) == state_sha256(shipped)
    assert {value.dtype for value in found.state.values()} == {np.dtype(np.float32)}


def test_one_for_other_weights_or_of_another_rank_is_passed_over(base: bases.Base) -> None:
    ship(base, sha256="0" * 64)
    assert primer(base, TRAIN) is None
    ship(base)
    assert primer(base, TRAIN)
    assert primer(base, dataclasses.replace(TRAIN, rank=8)) is None
    assert primer(base, dataclasses.replace(TRAIN, alpha=4.0)) is None


def test_it_can_be_left_out_and_the_papers_recipe_starts_from_nothing(base: bases.Base) -> None:
    ship(base)
    assert primer(base, dataclasses.replace(TRAIN, primer=False)) is None
    assert primer(base, dataclasses.replace(TRAIN, recipe="plum")) is None


def test_the_fold_starts_from_it_and_each_step_says_so(base: bases.Base, tmp_path: Path) -> None:
    config = Config(model=Model(str(base.folder)), train=TRAIN)
    shipped, home = ship(base), Home(tmp_path / "home").create()
    with Store.open(home, create=True) as store:
        store.log.add([conversation(0)])
        fold = Fold(home, store, config, base)
        (segment,) = store.log.plan()
        state = fold.head()
        assert state_sha256(state) == state_sha256(shipped)
        fold.learn(segment, state)
        (step,) = store.runs.steps()
        found = primer(base, TRAIN)
        assert found and step.versions["primer"] == found.sha256[:16]
