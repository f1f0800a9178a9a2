"""Adapters that do not belong to a base are refused with a reason, before llama.cpp sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf as library
import numpy as np
import pytest

from plum_edge.convert import gguf
from plum_edge.convert.gguf_header import Header, read
from plum_edge.errors import ForeignAdapter
from plum_edge.runtime.adapter_check import check_adapter
from tests.tiny import HIDDEN, tiny_base

Tensors = dict[str, np.ndarray]
Q = "blk.0.attn_q.weight"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Header:
    folder = tmp_path_factory.mktemp("base")
    gguf.write_base(tiny_base(folder), folder / "base.gguf")
    return read(folder / "base.gguf")


def adapter(
    path: Path,
    tensors: Tensors,
    *,
    architecture: str = "llama",
    kind: str = "adapter",
    alpha: Callable[[library.GGUFWriter], None] = lambda w: w.add_float32("adapter.lora.alpha", 8.0),
) -> Path:
    writer = library.GGUFWriter(path, architecture)
    writer.add_type(kind)
    writer.add_string("adapter.type", "lora")
    alpha(writer)
    for name, value in tensors.items():
        writer.add_tensor(name, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def pair(name: str = Q, out: int = HIDDEN, inner: int = HIDDEN, ranks: tuple[int, int] = (4, 4)) -> Tensors:
    return {
        f"{name}.lora_a": np.ones((ranks[0], inner), np.float32),
        f"{name}.lora_b": np.ones((out, ranks[1]), np.float32),
    }


def test_one_that_was_made_for_other_weights_is_refused(tmp_path: Path, base: Header) -> None:
    """Same architecture, same shapes: nothing else would notice."""
    others = base.metadata["plum_edge.base_sha256"][::-1]

    def said(writer: library.GGUFWriter, sha256: str) -> None:
        writer.add_float32("adapter.lora.alpha", 8.0)
        writer.add_string("plum_edge.base_sha256", sha256)

    own = adapter(tmp_path / "own", pair(), alpha=lambda w: said(w, base.metadata["plum_edge.base_sha256"]))
    check_adapter(own, base)
    with pytest.raises(ForeignAdapter, match="made for another base") as caught:
        check_adapter(adapter(tmp_path / "other", pair(), alpha=lambda w: said(w, others)), base)
    assert caught.value.exit_code == 22


def test_the_embedding_of_a_tied_base_is_refused_before_it_can_crash(tmp_path: Path, base: Header) -> None:
    size = base.tensors["token_embd.weight"].shape[0]
    tensors = {
        "token_embd.weight.lora_a": np.ones((size, 4), np.float32),
        "token_embd.weight.lora_b": np.ones((HIDDEN, 4), np.float32),
    }
    with pytest.raises(ForeignAdapter, match="the base's output, too"):
        check_adapter(adapter(tmp_path / "a", tensors), base)


def test_the_embedding_has_its_own_orientation(tmp_path: Path) -> None:
    gguf.write_base(tiny_base(tmp_path, tied=False), tmp_path / "untied.gguf")
    untied = read(tmp_path / "untied.gguf")
    size = untied.tensors["token_embd.weight"].shape[0]
    right = {
        "token_embd.weight.lora_a": np.ones((size, 4), np.float32),
        "token_embd.weight.lora_b": np.ones((HIDDEN, 4), np.float32),
    }
    check_adapter(adapter(tmp_path / "a", right), untied)
    with pytest.raises(ForeignAdapter, match=r"token_embd\.weight has A of"):
        check_adapter(adapter(tmp_path / "b", pair("token_embd.weight", HIDDEN, size)), untied)


def test_one_that_fits_is_taken(tmp_path: Path, base: Header) -> None:
    check_adapter(adapter(tmp_path / "a.gguf", pair()), base)


@pytest.mark.parametrize(
    ("tensors", "says"),
    [
        (pair("blk.0.attn_x.weight"), "no matrix blk.0.attn_x.weight"),
        (pair("blk.7.attn_q.weight"), "no matrix blk.7"),
        (pair("blk.0.attn_norm.weight"), "no matrix blk.0.attn_norm"),
        (pair(out=128, inner=128), r"made for a matrix of \(128, 128\)"),
        (pair(ranks=(4, 5)), "do not multiply"),
        ({f"{Q}.lora_a": np.ones((4, HIDDEN), np.float32)}, "not both"),
        ({Q: np.ones((4, HIDDEN), np.float32)}, "not both"),
        ({**pair(), f"{Q}.lora_a": np.full((4, HIDDEN), np.inf, np.float32)}, "not finite"),
        ({**pair(), f"{Q}.lora_b": np.full((HIDDEN, 4), np.nan, np.float16)}, "not finite"),
        ({**pair(), f"{Q}.lora_b": np.ones((HIDDEN, 4), np.int32)}, "quantised"),
        ({}, "no tensors"),
    ],
)
def test_matrices_that_do_not_fit_are_named(tmp_path: Path, base: Header, tensors: Tensors, says: str) -> None:
    with pytest.raises(ForeignAdapter, match=says) as caught:
        check_adapter(adapter(tmp_path / "a.gguf", tensors), base)
    assert caught.value.exit_code == 22


def test_many_problems_are_counted(tmp_path: Path, base: Header) -> None:
    tensors = {k: v for n in range(10, 30) for k, v in pair(f"blk.{n}.attn_q.weight").items()}
    with pytest.raises(ForeignAdapter, match="and 15 more"):
        check_adapter(adapter(tmp_path / "a.gguf", tensors), base)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"architecture": "qwen3"}, "architecture qwen3, and the base is llama"),
        ({"kind": "model"}, "no LoRA adapter"),
        ({"alpha": lambda w: None}, "alpha"),
        ({"alpha": lambda w: w.add_float32("adapter.lora.alpha", float("nan"))}, "alpha"),
        ({"alpha": lambda w: w.add_string("adapter.lora.alpha", "8")}, "alpha"),
    ],
)
def test_one_that_says_something_else_is_refused(tmp_path: Path, base: Header, options: dict, says: str) -> None:
    with pytest.raises(ForeignAdapter, match=says):
        check_adapter(adapter(tmp_path / "a.gguf", pair(), **options), base)


def test_a_base_a_folder_garbage_nothing_and_half_a_file_are_refused(tmp_path: Path, base: Header) -> None:
    whole = adapter(tmp_path / "a.gguf", pair()).read_bytes()
    (tmp_path / "half.gguf").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "garbage.gguf").write_bytes(b"\x00\xff" * 500)
    (tmp_path / "empty.gguf").touch()
    for path in (base.path, tmp_path, *(tmp_path / f"{n}.gguf" for n in ("half", "garbage", "empty", "none"))):
        with pytest.raises(ForeignAdapter):
            check_adapter(path, base)
