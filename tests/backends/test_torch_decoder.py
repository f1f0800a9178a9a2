"""Our own decoder against transformers and PEFT, on a tiny model of every family: logits, loss, gradients, speech."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from plum_edge.backends.base import Batch, LoraSpec, State, Trainer, Weights, collate
from plum_edge.backends.memory import Plan
from plum_edge.convert.weights import FolderWeights
from plum_edge.records import Example
from tests import zoo

MISSING = [name for name in ("torch", "transformers", "peft") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} not installed")
RANK = 4
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
PREFIX = tuple(range(30, 42))
"""What a template puts before each question."""
PLAIN = Weights(0.0, 0.1, 1.0)


def example(length: int, seed: int, before: tuple[int, ...] = ()) -> Example:
    ids = np.random.default_rng(seed).integers(10, 200, length).tolist()
    question = (length - 3) // 2
    roles = bytes([0] * (len(before) + 2) + [1] * question + [0] + [2] * (length - 3 - question))
    return Example((*before, *ids), roles, len(before) + 3 + question)


def spec(family: str) -> LoraSpec:
    fused = ("qkv_proj", "o_proj", "gate_up_proj", "down_proj")
    return LoraSpec(RANK, 2.0 * RANK, fused if family == "phi" else TARGETS)


@pytest.fixture(scope="module", params=zoo.FAMILIES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, Trainer]:
    """Ours and theirs on the same base, with the same adapter, none of which is zero."""
    from plum_edge.backends import torch_lora, torch_trainer

    folder = zoo.base(request.param, tmp_path_factory.mktemp("zoo"))
    ours = torch_trainer.trainer(FolderWeights(folder), spec(request.param), 1, Plan(), "f32")
    theirs = torch_lora.trainer(FolderWeights(folder), spec(request.param), 1, Plan())
    assert type(ours) is torch_trainer.TorchTrainer
    state = adapter(ours)
    for trainer in (ours, theirs):
        trainer.load(state)
    return ours, theirs


def adapter(trainer: Trainer) -> State:
    random = np.random.default_rng(0)
    return {name: random.normal(0, 0.2, shape).astype(np.float32) for name, shape in trainer.shapes().items()}


def close(found: np.ndarray, wanted: np.ndarray) -> bool:
    return bool(np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max())


def test_matrices_have_the_same_names_and_shapes(pair: tuple[Trainer, Trainer]) -> None:
    ours, theirs = pair
    assert ours.shapes() == theirs.shapes()


def test_logits_are_those_of_transformers(pair: tuple[Trainer, Trainer]) -> None:
    """Longer than every window of the zoo but one."""
    ours, theirs = pair
    ids = example(100, 1).ids
    assert close(ours.logits(ids), theirs.logits(ids))


@pytest.mark.parametrize("before", [(), PREFIX], ids=["apart", "shared"])
def test_loss_and_gradients_are_those_of_peft(pair: tuple[Trainer, Trainer], before: tuple[int, ...]) -> None:
    """Rows of unlike lengths, one of them learned from a teacher; with a start that all share, and without."""
    ours, theirs = pair
    rows = [example(60, 2, before), example(33, 3, before), example(17, 4, before)]
    taught = theirs.teach(rows[1].ids, (20, 30), 5)
    batch = collate(rows, PLAIN, [None, taught, None])
    assert ours.loss(batch) == pytest.approx(theirs.loss(batch), rel=1e-5)
    expected = theirs.gradient(batch)
    assert all(np.abs(value).max() > 0 for value in expected.values())
    for name, value in ours.gradient(batch).items():
        assert close(value, expected[name]), name


def test_it_says_what_transformers_says(pair: tuple[Trainer, Trainer]) -> None:
    """Token by token with keys and values kept, beyond the windows."""
    ours, _ = pair
    prompt = list(example(20, 5).ids)
    state = ours.state()
    ours.load({name: np.zeros_like(value) if "lora_B" in name else value for name, value in state.items()})
    expected = list(prompt)
    for _ in range(30):
        expected.append(int(ours.logits(expected)[-1].argmax()))
    ours.load(state)
    assert ours.speak(prompt, 30, -1) == expected[20:]


def test_a_row_without_anything_to_learn_changes_nothing(pair: tuple[Trainer, Trainer]) -> None:
    ours, _ = pair
    batch = collate([example(60, 2), example(33, 3)], PLAIN)
    idle = np.zeros((1, batch.inputs.shape[1]))
    more = Batch(
        np.vstack([batch.inputs, idle]).astype(np.int32),
        np.vstack([batch.targets, idle]).astype(np.int32),
        np.vstack([batch.weights, idle]).astype(np.float32),
        batch.counted,
    )
    assert ours.loss(more) == pytest.approx(ours.loss(batch), rel=1e-6)
