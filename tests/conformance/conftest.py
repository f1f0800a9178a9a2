"""A tiny base, and on it each trainer that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge.backends.base import State, Trainer
from tests.conformance.trainers import (
    BACKENDS,
    RANK,
    REASONS,
    make,
)
from tests.tiny import random_lora, tiny_base


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module", params=BACKENDS)
def trainer(request: pytest.FixtureRequest, folder: Path) -> Iterator[Trainer]:
    yield make(request.param, folder)


@pytest.fixture(scope="module")
def lora(folder: Path) -> State:
    return random_lora(folder, RANK, 1)


@pytest.fixture(scope="module")
def both(folder: Path) -> tuple[Trainer, Trainer]:
    missing = "; ".join(why for why in REASONS.values() if why)
    if missing:
        pytest.skip(missing)
    mlx, torch = (make(name, folder) for name in ("mlx", "torch"))
    return mlx, torch
