"""The recipe `distill` on every backend: what the base says, and what is learned of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plum_edge import bases
from plum_edge.backends import dense, pick
from plum_edge.backends.base import State
from plum_edge.backends.memory import Plan
from plum_edge.config import Augment, Config, Train
from plum_edge.errors import Interrupted
from plum_edge.paths import Home
from plum_edge.store import Store
from plum_edge.train.fold import Fold
from plum_edge.train.step import Learned
from tests.conformance.trainers import BACKENDS, PEFT, REASONS, example, make, zero
from tests.train.test_fold import conversation

needs_both = pytest.mark.skipif(any(REASONS.values()), reason="; ".join(filter(None, REASONS.values())))
NOBODY = 10**6
"""A token that no vocabulary has."""


def state(shapes: dict[str, tuple[int, int]]) -> State:
    """An adapter that says something else than the base."""
    random = np.random.default_rng(1)
    return {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("plan", [Plan(), Plan(checkpointing=True)])
def test_the_base_says_its_likeliest_words_whatever_the_adapter(name: str, folder: Path, plan: Plan) -> None:
    trainer, prompt = make(name, folder, plan), list(example(12).ids)
    lora = state(trainer.shapes())
    trainer.load(zero(lora))
    expected = list(prompt)
    for _ in range(6):
        expected.append(int(trainer.logits(expected)[-1].argmax()))
    trainer.load(lora)
    assert trainer.speak(prompt, 6, NOBODY) == expected[12:]
    end = expected[14]
    assert trainer.speak(prompt, 6, end) == expected[12 : expected.index(end, 12) + 1]
    adapted = list(prompt)
    for _ in range(6):
        adapted.append(int(trainer.logits(adapted)[-1].argmax()))
    assert adapted != expected, "the adapter is on again"


@needs_both
def test_backends_say_the_same(folder: Path) -> None:
    said = [make(name, folder).speak(example(20).ids, 12, NOBODY) for name in ("mlx", "torch")]
    assert said[0] == said[1] and len(said[0]) == 12


def night(home: Home, name: str, split: list[list[int]], stop: int = 0) -> tuple[Fold, list[Learned]]:
    """Learn conversations in nights with plum-tiny, the recipe distill and few pairs; the last fold and its steps.

    ``stop``: at so many optimizer steps, to be carried on by a call with a night of nothing new.
    """
    left = iter(range(stop))
    train = Train(
        backend=name, recipe="distill", threads=1, epochs=2, rank=4, alpha=8.0, general=0.0, sampled_negatives=0.0
    )
    config, steps = Config(augment=Augment(topics=1), train=replace(train, replay=1.0)), []
    for numbers in split:
        with Store.open(home.create(), create=True) as store:
            store.log.add(conversation(number) for number in numbers)
            fold = Fold(home, store, config, bases.base("plum-tiny"))
            state = fold.head()
            learned = {step.segment for step in store.runs.steps()}
            for segment in [*(one for one in store.log.segments() if one.id not in learned), *store.log.plan()]:
                fold.augment(segment)
                steps.append(fold.learn(segment, state, stopped=lambda: bool(stop) and next(left, None) is None))
                state = steps[-1].state
    return fold, steps


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a night is told to train with; a base that our own decoder does not know is trained by PEFT."""

    def unknown(_weights: object) -> dense.Dense:
        raise dense.Unknown("of a family that is not known")

    if request.param != PEFT:
        return str(request.param)
    monkeypatch.setattr(dense, "describe", unknown)
    return "torch"


def test_the_base_teaches_in_its_own_words_and_any_split_gives_the_same_bytes(backend: str, tmp_path: Path) -> None:
    fold, whole = night(Home(tmp_path / "a"), backend, [[0, 1]])
    spoken = [text for text in fold.datasets.teaching._said.values() if text]
    assert spoken, "plum-tiny can answer what it reads"
    _, apart = night(Home(tmp_path / "b"), backend, [[0], [1]])
    for one, other in zip(whole, apart, strict=True):
        assert one.losses == other.losses
        assert all(np.array_equal(value, other.state[key]) for key, value in one.state.items())


def test_stopped_between_epochs_it_ends_with_the_same_bytes(backend: str, tmp_path: Path) -> None:
    _, (whole,) = night(Home(tmp_path / "a"), backend, [[0]])
    with pytest.raises(Interrupted):
        night(Home(tmp_path / "b"), backend, [[0]], stop=len(whole.losses) - 1)
    _, (again,) = night(Home(tmp_path / "b"), backend, [[]])
    assert again.losses == whole.losses
    assert all(np.array_equal(value, again.state[key]) for key, value in whole.state.items())


@needs_both
def test_backends_distill_alike(tmp_path: Path) -> None:
    """The same words of the base, and f32 loss curves within 1e-4."""
    (mlx, of_mlx), (torch, of_torch) = (night(Home(tmp_path / name), name, [[0]]) for name in ("mlx", "torch"))
    assert mlx.datasets.teaching._said == torch.datasets.teaching._said
    np.testing.assert_allclose(of_mlx[0].losses, of_torch[0].losses, atol=1e-4, rtol=0)
    assert pick.choose("torch").name == torch.trainer.name
