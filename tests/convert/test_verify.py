"""Verification: agrees with a right file, and finds each way to be wrong."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from plum_edge.convert import gguf, verify
from plum_edge.convert.families import Family, family
from plum_edge.convert.verify import Parity
from plum_edge.errors import ConversionMismatch, IntegrityError
from tests.tiny import HEADS, KV_HEADS, random_lora, tiny_base

LLAMA = family("llama")


def error(state: dict[str, np.ndarray], path: Path, alpha: float = 8.0) -> float:
    return verify.delta_error(state, alpha, 4, path, LLAMA, HEADS, KV_HEADS)


@pytest.fixture
def state(tmp_path: Path) -> dict[str, np.ndarray]:
    return random_lora(tiny_base(tmp_path), 4, 1)


def write(out: Path, state: dict[str, np.ndarray], kind: Family = LLAMA, **options: object) -> Path:
    settings = {"alpha": 8.0, "heads": HEADS, "kv_heads": KV_HEADS, **options}
    gguf.write_adapter(out, state, family=kind, **settings)
    return out


def test_a_right_file_has_the_trained_deltas(tmp_path: Path, state: dict[str, np.ndarray]) -> None:
    assert error(state, write(tmp_path / "a.gguf", state)) <= 1e-6
    assert 0 < error(state, write(tmp_path / "h.gguf", state, dtype="f16")) <= 1e-3


def test_pairs_with_ranks_of_their_own_keep_their_scale(tmp_path: Path) -> None:
    state = random_lora(tiny_base(tmp_path), 4, 1)
    path = write(tmp_path / "a.gguf", state)
    assert error(state, path, alpha=8.0) == 0.0
    assert error(state, path, alpha=4.0) == pytest.approx(1.0)


def test_rows_in_the_wrong_order_are_found(tmp_path: Path, state: dict[str, np.ndarray]) -> None:
    unpermuted = dataclasses.replace(LLAMA, operations=())
    assert error(state, write(tmp_path / "a.gguf", state, unpermuted)) > 0.1


def test_heads_counted_wrong_are_found(tmp_path: Path, state: dict[str, np.ndarray]) -> None:
    assert error(state, write(tmp_path / "a.gguf", state, kv_heads=HEADS)) > 0.1


def test_missing_matrices_are_found(tmp_path: Path, state: dict[str, np.ndarray]) -> None:
    fewer = {name: value for name, value in state.items() if "layers.1.mlp.up" not in name}
    with pytest.raises(ConversionMismatch, match="14 matrices were trained and 13"):
        error(state, write(tmp_path / "a.gguf", fewer))


def test_the_report_says_what_differs() -> None:
    rng = np.random.default_rng(0)
    reference, base = rng.standard_normal((2, 8, 20))
    candidate = reference.copy()
    candidate[3] = -candidate[3]
    parity = verify.logit_report(reference, candidate, base)
    assert parity.max_abs == pytest.approx(2 * np.abs(reference[3]).max())
    assert parity.agreement == 7 / 8
    assert parity.effect == np.abs(candidate - base).max()


def test_rounding_at_one_position_is_no_difference_and_a_difference_at_many_is() -> None:
    logits = np.random.default_rng(0).normal(size=(200, 10)).astype(np.float32)
    for wrong, found in ((2, 1e-5), (3, 0.5), (200, 0.5)):
        moved = logits + np.float32(1e-5)
        moved[:wrong] += np.float32(0.5)
        assert verify.usual_error(logits, moved) == pytest.approx(found, rel=0.2)
    assert verify.usual_error(logits[:1], logits[:1] + 1) == pytest.approx(1), "of a single one that one counts"
    assert np.isnan(verify.usual_error(logits, np.full_like(logits, np.nan)))


def test_parts_together_are_the_whole() -> None:
    rng = np.random.default_rng(0)
    whole = [rng.normal(size=(9, 5)).astype(np.float32) for _ in range(3)]
    parts = [verify.logit_report(*(rows[cut] for rows in whole)) for cut in (slice(0, 4), slice(4, 9))]
    found, wanted = verify.together(parts), verify.logit_report(*whole)
    assert (found.max_abs, found.effect, found.positions) == (wanted.max_abs, wanted.effect, 9)
    assert found.agreement == pytest.approx(wanted.agreement)
    with pytest.raises(ConversionMismatch, match="no logits"):
        verify.together([])


GOOD = Parity(max_abs=1e-5, agreement=1.0, effect=2.0)


def test_good_figures_pass() -> None:
    verify.require(1e-8, GOOD)
    verify.require(1e-8, dataclasses.replace(GOOD, max_abs=0.5), bound=None)


@pytest.mark.parametrize(
    ("delta", "parity", "says"),
    [
        (1e-3, GOOD, "weights in the file"),
        (float("nan"), GOOD, "weights in the file"),
        (0.0, dataclasses.replace(GOOD, max_abs=1e-3), "logits differ"),
        (0.0, dataclasses.replace(GOOD, max_abs=float("nan")), "logits differ"),
        (0.0, dataclasses.replace(GOOD, agreement=0.9), "next tokens agree"),
        (0.0, dataclasses.replace(GOOD, effect=0.0), "ignore"),
    ],
)
def test_each_missed_bound_is_said(delta: float, parity: Parity, says: str) -> None:
    with pytest.raises(ConversionMismatch, match=says) as caught:
        verify.require(delta, parity)
    assert caught.value.exit_code == 22


# Bases ----------------------------------------------------------------------------------------------------------------

DTYPES: tuple[gguf.BaseType, ...] = ("f32", "f16", "q8_0", "q4_0")


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_base_holds_its_weights_within_the_rounding_of_its_type(tmp_path: Path, dtype: gguf.BaseType) -> None:
    base = tiny_base(tmp_path)
    gguf.write_base(base, tmp_path / "b.gguf", dtype)
    worst = verify.check_base(base, tmp_path / "b.gguf")
    assert dtype.upper() in worst and worst["F32"] == 0.0
    if dtype != "f32":
        assert worst[dtype.upper()] > 0  # it was rounded, and seen to be


@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks_that_are_hard_to_round_are_no_false_alarm(tmp_path: Path, dtype: gguf.BaseType) -> None:
    base = tiny_base(tmp_path)
    state = safetensors.numpy.load_file(base / "model.safetensors")
    hard = state["model.layers.0.mlp.up_proj.weight"]
    hard[0], hard[1], hard[2], hard[3] = 0.0, 1e-9, 3e-6, 60_000.0
    hard[4, ::2], hard[4, 1::2] = 1.0, -1.0
    hard[5] = np.linspace(-1.0, 0.9999, hard.shape[1])
    safetensors.numpy.save_file(state, base / "model.safetensors", metadata={"format": "pt"})
    gguf.write_base(base, tmp_path / "b.gguf", dtype)
    verify.check_base(base, tmp_path / "b.gguf")


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_base_with_other_weights_is_found(tmp_path: Path, dtype: gguf.BaseType) -> None:
    gguf.write_base(tiny_base(tmp_path), tmp_path / "b.gguf", dtype)
    changed = tiny_base(tmp_path)
    state = safetensors.numpy.load_file(changed / "model.safetensors")
    row = state["model.layers.1.self_attn.q_proj.weight"]
    row[[0, 1]] = row[[1, 0]]
    safetensors.numpy.save_file(state, changed / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(IntegrityError, match=r"blk\.1\.attn_q\.weight differs"):
        verify.check_base(changed, tmp_path / "b.gguf")


def test_a_base_that_lacks_a_tensor_is_found(tmp_path: Path) -> None:
    gguf.write_base(tiny_base(tmp_path), tmp_path / "b.gguf")
    with pytest.raises(IntegrityError, match="other tensors"):
        verify.check_base(tiny_base(tmp_path, tied=False), tmp_path / "b.gguf")


def test_a_base_that_is_no_gguf_or_gone_is_said(tmp_path: Path) -> None:
    (tmp_path / "cut.gguf").write_bytes(b"GGUF")
    for name in ("cut.gguf", "gone.gguf"):
        with pytest.raises(IntegrityError, match=r"does not hold the model's weights: .* run the command again"):
            verify.check_base(tiny_base(tmp_path), tmp_path / name)
