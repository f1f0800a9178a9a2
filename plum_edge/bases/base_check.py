"""Is the base that llama.cpp runs the base that was trained? Its tokenizer, and for a GGUF from elsewhere its weights.

An adapter on another base of the same shapes fails without a word, and so does text that is cut otherwise than it was
in training. Joins the tokenizer of the trainer, mlx-lm and the runtime. Makes no GGUF; knows nothing of adapters.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plum_edge.backends import own_loaders
from plum_edge.convert import gguf, tensors
from plum_edge.convert.forms import skeleton
from plum_edge.convert.gguf_header import BASE_SHA256, Header, NotGguf
from plum_edge.convert.gguf_header import read as read_header
from plum_edge.errors import IntegrityError, NoModel
from plum_edge.paths import atomic_write
from plum_edge.runtime import Runtime
from plum_edge.runtime.engine import Engine
from plum_edge.templates.tokens import ChatTokenizer

STRINGS = (
    "Did we talk about the sourdough starter?", "Yes, on 14 March 2026.", " leading", "trailing ", "  two  spaces  ",
    "a", "I'm, we've, they'LL, DON'T, it's", "1", "12", "123", "1234", "12345", "3.14159", "1,234,567.89", "2026-03-14",
    "line\nline\n\nparagraph", "\n", "\n\n\n", " \n", "tab\tand\t\ttabs", "\r\n", "!?", "...", "— “quoted” ‘single’",
    "naïve café Größe señor", "Привет, мир", "日本語のテキスト", "한국어 문장", "مرحبا", "שלום", "ไทย", "नमस्ते",
    "🍞", "👩\u200d👩\u200d👧", "€5 £3 ¥100", "C++ & <html> {json: [1, 2]}", "def f(x):\n    return x * 2",
    "snake_case camelCase",
    "https://example.org/a?b=c#d", "<s>", "<|im_end|>", "[INST]", "a\u00a0b", "x" * 40, "=" * 40, " " * 20,
)  # fmt: skip
"""What tokenizers are known to cut in different ways; composed characters only (bpe.py says why)."""

_PROBES, _LENGTH = 8, 32
_SHARE = 0.15
"""The largest `Likeness.share` that passes. Measured: four bits 0.07 and 0.08, other weights of the same shapes 0.98,
noise of a tenth on every matrix 0.18. A relative in which norms are the same and matrices nearly so passes."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near a GGUF's next-token probabilities are to those of the weights."""

    agreement: float
    """Share of positions with the same likeliest token."""
    divergence: float
    """Mean KL(weights ‖ GGUF), in nats."""
    share: float
    """That, as a share of the same between different positions: 0 for the same model, 1 for one that has nothing to do
    with it."""


@contextlib.contextmanager
def proving(weights: Path, folder: Path) -> Iterator[None]:
    """Prove a base in the block. Of a GGUF that is refused, the ``folder`` with what was made of it goes, and the error
    names the file, as the user does; where the two are the same place, nothing was made.

    Raises:
        NoModel: as the block does.
    """
    try:
        yield
    except NoModel as error:
        if weights == folder:
            raise
        shutil.rmtree(folder, ignore_errors=True)
        raise NoModel(str(weights), error.why, error.remedy) from error


def check_tokenizer(path: Path, folder: Path) -> None:
    """Hold llama.cpp's reading of text against the base's own tokenizer.json, on strings that differ easily.

    Raises:
        NoModel: a string that the two cut in different ways, or no tokenizer.json to hold it against.
    """
    own = ChatTokenizer(folder, "")
    engine = Engine(path, context=_LENGTH)
    try:
        for text in STRINGS:
            ours, theirs = engine.vocabulary.encode(text), own.encode(text)
            if ours != theirs:
                raise NoModel(
                    path.name, f"llama.cpp reads {text!r} as {ours[:8]}…, its own tokenizer as {theirs[:8]}…", ""
                )
    finally:
        engine.close()


def check_text(path: Path, folder: Path, records: Path) -> None:
    """Hold llama.cpp's reading of text against the tokenizer that was made of the same GGUF: once, and recorded.

    Raises:
        NoModel: they differ, or llama.cpp does not load the file.
    """
    status = path.stat()
    record: dict[str, object] = {"text": folder.name, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    known = _records(records)
    if known.get(str(path.resolve())) == record:
        return
    check_tokenizer(path, folder)
    _record(records, path, record)


def check_same_model(path: Path, folder: Path, records: Path) -> str:
    """Make sure that a GGUF is the model of a folder; return how that is known: ``hash``, ``record`` or ``probe``.

    A file that we made says of which weights. Of another one the norms must be the same numbers, and its logits near
    those of the weights; that it passed is recorded in ``records`` (JSON), and not asked again while both are the same.

    Weights that are quantised themselves may be twice as far.

    Raises:
        IntegrityError: it is another model.
        NoModel: the GGUF or the base cannot be read, or it cuts text otherwise.
    """
    try:
        header = read_header(path)
    except NotGguf as error:
        raise NoModel(str(path), str(error)) from error
    wanted = tensors.sha256(folder)
    if said := header.metadata.get(BASE_SHA256):
        if said != wanted:
            raise _other(path, folder, f"it was made of other weights ({str(said)[:12]}…, not {wanted[:12]}…)")
        return "hash"
    status = path.stat()
    record: dict[str, object] = {"base_sha256": wanted, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    known = _records(records)
    if known.get(str(path.resolve())) == record:
        return "record"
    _norms(header, folder)
    found = likeness(path, folder)
    if not found.share <= (2 * _SHARE if skeleton(folder).packed else _SHARE):
        raise _other(
            path, folder,
            f"its probabilities are as far from those of the weights ({found.divergence:.2g} nats, "
            f"{found.agreement:.0%} of the next tokens the same) as another model's",
        )  # fmt: skip
    check_tokenizer(path, folder)
    _record(records, path, record)
    return "probe"


def likeness(path: Path, folder: Path) -> Likeness:
    """Return how near a GGUF is to the weights of a folder, on random tokens.

    Raises:
        NoModel: mlx-lm or llama.cpp does not load its one.
    """
    random = np.random.default_rng(0)
    with Runtime(path, context=_LENGTH, exact=True) as runtime:
        size = runtime.logits([1]).shape[1]
        prompts = [[int(i) for i in random.integers(0, size, _LENGTH)] for _ in range(_PROBES)]
        theirs = np.concatenate([runtime.logits(ids) for ids in prompts])
    ours = np.concatenate(own_loaders.mlx_logits(folder, None, prompts))
    if ours.shape != theirs.shape:
        raise _other(path, folder, f"its vocabulary has {size} tokens, not {ours.shape[1]}")
    p, q = _log_softmax(ours), _log_softmax(theirs)
    divergence, unrelated = (float((np.exp(p) * (p - other)).sum(-1).mean()) for other in (q, np.roll(q, 1, axis=0)))
    return Likeness(
        agreement=float((ours.argmax(-1) == theirs.argmax(-1)).mean()),
        divergence=divergence,
        share=divergence / unrelated,
    )


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(np.float64) - logits.max(-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))


def _norms(header: Header, folder: Path) -> None:
    """Norms are kept in f32 whatever the matrices are quantised to, so they must be the same numbers."""
    bones = skeleton(folder)
    if bones.packed:
        return
    _, kind, stored = gguf.sources(folder)
    if header.metadata.get("general.architecture") != kind.architecture:
        raise _other(header.path, folder, f"its architecture is {header.metadata.get('general.architecture')}")
    for name, tensor in stored.items():
        there = header.tensors.get(name)
        if there is None or there.shape != tensor.shape:
            raise _other(
                header.path, folder, f"its {name} is {there.shape if there else 'missing'}, not {tensor.shape}"
            )
        if len(tensor.shape) == 1 and there.kind == 0:
            ours = kind.to_gguf(name, tensor.read(), bones.heads, bones.kv_heads)
            if not np.allclose(header.array(name), ours, rtol=1e-2, atol=1e-5):
                raise _other(header.path, folder, f"its {name} has other numbers")


def _records(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # what cannot be read is asked anew
    return found if isinstance(found, dict) else {}


def _record(records: Path, path: Path, record: dict[str, object]) -> None:
    with atomic_write(records) as file:
        text = json.dumps(_records(records) | {str(path.resolve()): record}, indent=1, sort_keys=True)
        file.write(text.encode())


def _other(path: Path, folder: Path, why: str) -> IntegrityError:
    return IntegrityError(f"{path} is not the model {folder.name}: {why}.", "An adapter would be wrong on it.")
