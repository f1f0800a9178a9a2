"""A whole night on torch, which the other tests do not use; and what a night says of its backend, on each of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from plum_edge import Memory, bases
from plum_edge.backends import pick
from plum_edge.config import Config, Model, Train
from plum_edge.errors import Interrupted, NoMemory
from plum_edge.paths import Home
from plum_edge.store import Store
from plum_edge.train.fold import Fold
from tests.tiny import tiny_base
from tests.train.test_fold import TALKS, conversation, learn

REASONS = pick.available()
BACKENDS = [pytest.param(name, marks=pytest.mark.skipif(bool(why), reason=why)) for name, why in REASONS.items()]
on_torch = pytest.mark.skipif(bool(REASONS["torch"]), reason=REASONS["torch"])
SETTINGS = Train(backend="torch", rank=4, alpha=8.0, epochs=2, batch=8, threads=1)
WIDE_OPEN = "[gate]\nmin_new = 0.0\nmax_false_yes = 1.0\nmax_lost = 1.0\nmax_loss_rise = 99.0\nmax_divergence = 9.0\n"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return Config(model=Model(str(tiny_base(tmp_path_factory.mktemp("base")))), train=SETTINGS)


@pytest.fixture(scope="module")
def straight(config: Config, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[str]]:
    home = Home(tmp_path_factory.mktemp("straight"))
    return home, learn(home, config, [[0, 1, 2]])


@on_torch
@pytest.mark.parametrize("nights", [[[0], [1], [2]], [[0, 1], [2]]])
def test_any_split_into_nights_gives_the_same_bytes(
    config: Config, straight: tuple[Home, list[str]], tmp_path: Path, nights: list[list[int]]
) -> None:
    assert learn(Home(tmp_path), config, nights) == straight[1]


@on_torch
def test_stopped_and_run_again_it_ends_with_the_same_bytes(
    config: Config, straight: tuple[Home, list[str]], tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        learn(Home(tmp_path), config, [[0, 1, 2]], stop=9)
    assert learn(Home(tmp_path), config, [[]]) == straight[1]


@on_torch
def test_steps_record_what_the_bytes_depend_on(straight: tuple[Home, list[str]]) -> None:
    with Store.open(straight[0], create=False) as store:
        step = store.runs.steps()[0]
    assert (step.backend, step.threads) == ("torch", 1)
    assert {"torch", "decoder", "device", "held"} <= set(step.versions)
    assert step.versions["held"] == "f32"


@on_torch
def test_another_backend_gives_other_bytes(config: Config, straight: tuple[Home, list[str]], tmp_path: Path) -> None:
    if REASONS["mlx"]:
        pytest.skip(REASONS["mlx"])
    other = replace(config, train=replace(config.train, backend="mlx"))
    assert learn(Home(tmp_path), other, [[0]])[0] != straight[1][0]


@on_torch
def test_a_night_ends_in_llama_cpp_with_the_logits_of_torch(config: Config, tmp_path: Path) -> None:
    """`proof` holds llama.cpp to 1e-4 of the trainer's own logits, for every question of the log."""
    home = tmp_path / "home"
    home.mkdir()
    train = '[train]\nbackend = "torch"\nrank = 4\nalpha = 8.0\nepochs = 2\nthreads = 1\nlearning_rate = 0.01\n'
    (home / "config.toml").write_text(f"[model]\nbase = {json.dumps(config.model.base)}\n{train}{WIDE_OPEN}")
    log = tmp_path / "log.jsonl"
    lines = [
        {"id": f"talk-{n}", "created_at": f"2026-03-{12 + n}T19:30:00+01:00",
         "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]}
        for n, (user, assistant) in enumerate(TALKS[:2])
    ]  # fmt: skip
    log.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with Memory(home) as memory:
        memory.import_file(log)
        result = memory.consolidate()
        assert result["status"] == "promoted"
        assert result["parity"]["max_abs_logit"] <= 1e-4
        assert result["parity"]["effect"] > 1e-3
        assert any(note.startswith("trained by torch: asked for") for note in result["notes"])
        asked = memory.ask("Did we talk about the kitchen tap?")
        assert (asked.adapter, asked.p_yes is None) == (result["adapter"], False)


def fold_of(tmp_path: Path, name: str, store: Store, **changes: int) -> Fold:
    """A fold on a tiny base whose config.json says something else."""
    folder = tiny_base(tmp_path / "changed")
    sizes = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(sizes))
    config = Config(model=Model(str(folder)), train=replace(SETTINGS, backend=name))
    return Fold(Home(tmp_path), store, config, bases.base(str(folder)))


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("context", [20, 256])
def test_what_is_longer_than_the_context_is_cut_and_said(tmp_path: Path, name: str, context: int) -> None:
    with Store.open(Home(tmp_path).create(), create=True) as store:
        store.log.add([conversation(0)])
        fold = fold_of(tmp_path, name, store, max_position_embeddings=context)
        segment = store.log.plan()[0]
        fold.augment(segment)
        learned = fold.learn(segment, fold.head())
        assert learned.losses and not learned.aside
        said = [note for note in fold.notes if "was cut" in note]
        assert said == ([f"{segment.id}: what was longer than 20 tokens was cut"] if context == 20 else [])
        assert fold.notes[0].startswith(f"trained by {name}: asked for")


@pytest.mark.parametrize("name", BACKENDS)
def test_a_base_that_does_not_fit_is_refused_before_anything_is_learned(tmp_path: Path, name: str) -> None:
    with Store.open(Home(tmp_path).create(), create=True) as store:
        fold = fold_of(tmp_path, name, store, intermediate_size=10**10)
        with pytest.raises(NoMemory, match=r"needs about [\d.]+ GB to train .* [\d.]+ GB are free"):
            fold.head()
