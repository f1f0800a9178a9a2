"""The neutral file: same state, same bytes; a round trip; everything foreign refused by name in one message."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plum_edge.convert import peft
from plum_edge.errors import ForeignAdapter

METADATA = {"rank": "4", "alpha": "8.0", "base_sha256": "0" * 64}
MODULE = "base_model.model.model.layers.{}.self_attn.q_proj"


def pair(n: int = 0, rank: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(n)
    return {
        f"{MODULE.format(n)}.lora_A.weight": rng.standard_normal((rank, 6)).astype(np.float32),
        f"{MODULE.format(n)}.lora_B.weight": rng.standard_normal((5, rank)).astype(np.float32),
    }


finite = hnp.arrays(np.float32, (2, 3), elements=st.floats(width=32, allow_nan=False, allow_infinity=False))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(a=finite, b=finite, note=st.text(st.characters(exclude_categories=["Cs"])))
def test_round_trip_keeps_every_bit(tmp_path: Path, a: np.ndarray, b: np.ndarray, note: str) -> None:
    state = {f"{MODULE.format(0)}.lora_A.weight": a, f"{MODULE.format(0)}.lora_B.weight": b.T}
    peft.save(tmp_path / "a", state, {**METADATA, "note": note})
    loaded, metadata = peft.load(tmp_path / "a")
    assert {k: (v.shape, v.tobytes()) for k, v in loaded.items()} == {
        k: (v.shape, np.ascontiguousarray(v).tobytes()) for k, v in state.items()
    }
    assert metadata == {"format": "plum-edge-lora", **METADATA, "note": note}


def test_the_same_state_gives_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    state = pair(0) | pair(1)
    peft.save(tmp_path / "a", state, METADATA)
    peft.save(tmp_path / "b", dict(reversed(state.items())), dict(reversed(METADATA.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_the_safetensors_library_reads_it(tmp_path: Path) -> None:
    peft.save(tmp_path / "a", pair(), METADATA)
    assert set(safetensors.numpy.load_file(tmp_path / "a")) == set(pair())


def test_everything_wrong_is_named_in_one_message(tmp_path: Path) -> None:
    state = pair(0) | pair(1) | pair(2)
    state["base_model.model.lm_head.bias"] = np.zeros(3, np.float32)
    del state[f"{MODULE.format(0)}.lora_B.weight"]
    state[f"{MODULE.format(1)}.lora_A.weight"] = np.zeros((3, 6), np.float32)
    state[f"{MODULE.format(2)}.lora_A.weight"] = np.full((4, 6), np.nan, np.float32)
    safetensors.numpy.save_file(state, tmp_path / "a", {"format": "plum-edge-lora", **METADATA})
    with pytest.raises(ForeignAdapter) as caught:
        peft.load(tmp_path / "a")
    for part in ("lm_head.bias", "layers.0.self_attn.q_proj has no B", "A of (3, 6) and B of (5, 4)", "not finite"):
        assert part in str(caught.value)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"format": "plum-edge-lora", "rank": "4"}])
def test_a_file_that_does_not_say_what_it_is_is_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    safetensors.numpy.save_file(pair(), tmp_path / "a", metadata)
    with pytest.raises(ForeignAdapter, match="metadata"):
        peft.load(tmp_path / "a")


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"{}", b"\xff" * 4096])
def test_garbage_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(ForeignAdapter) as caught:
        peft.load(tmp_path / "a")
    assert caught.value.exit_code == 22


def test_a_file_cut_short_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    peft.save(tmp_path / "a", pair(), METADATA)
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(whole[:-1])
    for name in ("a", "none"):
        with pytest.raises(ForeignAdapter):
            peft.load(tmp_path / name)


def test_saving_what_is_no_adapter_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ForeignAdapter, match="weight"):
        peft.save(tmp_path / "a", {"weight": np.zeros((2, 2), np.float32)}, METADATA)
    assert list(tmp_path.iterdir()) == []
