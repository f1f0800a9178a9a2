"""What a night is said to take of the disk, against what it takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plum_edge import Memory, bases, paths
from plum_edge.backends.base import LoraSpec
from plum_edge.backends.memory import Shape
from plum_edge.config import load
from plum_edge.errors import NoSpace
from plum_edge.night import space
from plum_edge.paths import Home, data_dir
from tests.story import make_home, talk

PLUM_TINY = data_dir("models") / "plum-tiny"
LARGE = {
    "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 11008,
    "vocab_size": 32000, "max_position_embeddings": 4096,
}  # fmt: skip
"""The sizes of a Llama of 6.7 B parameters."""
LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def test_a_base_of_seven_billion_wants_what_is_written_and_no_more() -> None:
    shape, spec = Shape.of(LARGE, "large"), LoraSpec(16, 32.0, LINEAR)
    state = 4 * 32 * 16 * (4 * (4096 + 4096) + 3 * (4096 + 11008))
    assert 4 * shape.trained(spec) == state == 159_907_840
    first = space.reckon(shape, spec, steps=10, adapters=1, base="q8_0")
    assert first.base == pytest.approx(6.74e9 * 34 / 32, rel=1e-3)  # blocks of 32 numbers and a scale of two bytes
    assert (first.checkpoints, first.adapters) == (13 * state, 3 * state)
    assert 9e9 < first.total < 10e9
    later = space.reckon(shape, spec, steps=10, adapters=1, base=None)
    assert later.total == first.total - first.base < 2.7e9
    assert set(first.parts()) - set(later.parts()) == {"the base as GGUF"}
    smaller = space.reckon(shape, spec, steps=10, adapters=1, base="q4_0")
    assert 0.5 < smaller.base / first.base < 0.6


@pytest.mark.parametrize(("steps", "files"), [(0, 1), (1, 2), (2, 3), (4, 4), (8, 4), (9, 5), (800, 103)])
def test_of_many_checkpoints_every_eighth_stays(steps: int, files: int) -> None:
    shape, spec = Shape.of(LARGE, "large"), LoraSpec(1, 1.0, ("q_proj",))
    epoch = 2 * 4
    found = space.reckon(shape, spec, steps=steps, adapters=1, base=None)
    assert found.checkpoints == (files + epoch) * 4 * shape.trained(spec)


@pytest.mark.parametrize(("ends", "files"), [(1, 1), (2, 5), (5, 8)])
def test_ends_that_are_averaged_have_room_though_nothing_is_new(ends: int, files: int) -> None:
    """Those that are lost are learned again; with them one to go back to, the newest, and one that is being written."""
    shape, spec = Shape.of(LARGE, "large"), LoraSpec(1, 1.0, ("q_proj",))
    found = space.reckon(shape, spec, steps=0, adapters=1, base=None, ends=ends)
    assert found.checkpoints == (files + 2 * 4) * 4 * shape.trained(spec)


@pytest.mark.skipif(not (PLUM_TINY / "model.safetensors").is_file(), reason="plum-tiny has no weights here")
def test_a_night_on_plum_tiny_takes_what_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(make_home(tmp_path / "home", PLUM_TINY))
    sizes: list[int] = []

    def look(_operation: str, _path: Path) -> None:
        sizes.append(sum(path.stat().st_size for path in home.root.rglob("*") if path.is_file()))

    with Memory(home.root) as memory:
        memory.add([talk(n) for n in range(3)])
        said = space.of_night(memory.base, home, memory.config, steps=3, adapters=1)
        monkeypatch.setattr(paths, "on_disk", look)
        assert memory.consolidate()["status"] == "promoted"
    taken = max(sizes) - sizes[0]
    assert taken <= said.total
    assert said.total - space._SPARE <= 1.5 * taken
    (made,) = home.models.glob("*.gguf")
    assert said.base == pytest.approx(made.stat().st_size, rel=0.05)
    base = bases.base(str(PLUM_TINY))
    assert bases.made(base, home) == made
    assert space.of_night(base, home, load(home.config), steps=3, adapters=1).base == 0


def test_the_disk_must_hold_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, wanted = Home(tmp_path), space.Space(7_000_000_000, 1_200_000_000, 480_000_000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=wanted.total))
    space.require(wanted, home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=wanted.total - 1))
    with pytest.raises(NoSpace) as caught:
        space.require(wanted, home)
    assert str(caught.value).startswith(
        f"No space left on the disk that holds {tmp_path}: 8,747 MB are needed (7,000 MB the base as GGUF, "
        "1,200 MB checkpoints, 480 MB adapters, 67 MB to spare), 8,747 MB are free. "
    )
