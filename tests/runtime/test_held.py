"""Adapters in the runtime: swapped, refused, held in memory, and read again where the file is another."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from plum_edge.errors import ForeignAdapter
from plum_edge.runtime import Runtime
from tests.runtime.test_session import ASK, SHORT, folder, runtime

__all__ = ["folder", "runtime"]


def test_a_swap_leaks_nothing(folder: Path, runtime: Runtime) -> None:
    expected = {}
    for name in (None, "1", "2"):
        with Runtime(folder / "base.gguf", exact=True) as fresh:
            fresh.use(name and folder / f"{name}.gguf", name)
            expected[name] = fresh.p_yes(SHORT), fresh.answer(SHORT, max_tokens=10)
    assert len(set(expected.values())) == 3
    for name in ("1", None, "2", "1", "2", None, "1"):
        runtime.use(name and folder / f"{name}.gguf", name)
        assert runtime.adapter_id == name
        p, answer = expected[name]
        assert runtime.p_yes(SHORT) == pytest.approx(p, abs=1e-5)
        assert runtime.answer(SHORT, max_tokens=10) == answer


def test_a_swap_within_an_answer_is_in_force_from_the_next_token(folder: Path, runtime: Runtime) -> None:
    ids = runtime.chat_ids(ASK)
    stream = runtime.stream(ASK, max_tokens=12)
    pieces = [next(stream)]
    before = runtime._engine.cached[len(ids) :]
    runtime.use(folder / "1.gguf", "1")
    pieces += list(stream)
    # The same by hand: greedy with the adapter, after what was said without it (its last token was not yet fed).
    runtime.use(None)
    said = [*before, int(runtime.logits([*ids, *before])[-1].argmax())]
    runtime.use(folder / "1.gguf", "1")
    while len(said) < 12 and (token := int(runtime.logits([*ids, *said])[-1].argmax())) >= 7:
        said.append(token)
    assert "".join(pieces) == runtime.decode(said)


def test_a_refused_adapter_leaves_the_old_one(folder: Path, tmp_path: Path, runtime: Runtime) -> None:
    runtime.use(folder / "1.gguf", "1")
    p = runtime.p_yes(ASK)
    (tmp_path / "garbage.gguf").write_bytes(b"GGUF" + b"\xff" * 100)
    for path in (tmp_path / "none.gguf", tmp_path / "garbage.gguf", folder / "base.gguf", tmp_path):
        with pytest.raises(ForeignAdapter) as caught:
            runtime.use(path, "x")
        assert caught.value.exit_code == 22
    assert runtime.adapter_id == "1"
    assert runtime.p_yes(ASK) == pytest.approx(p, abs=1e-5)


def test_the_adapters_file_may_go_once_it_is_loaded(folder: Path, tmp_path: Path, runtime: Runtime) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes((folder / "1.gguf").read_bytes())
    runtime.use(path)
    p = runtime.p_yes(ASK)
    path.unlink()
    assert runtime.p_yes(ASK) == pytest.approx(p, abs=1e-5) and math.isfinite(p)


def test_going_back_to_an_adapter_reads_nothing(folder: Path, tmp_path: Path, runtime: Runtime) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes((folder / "1.gguf").read_bytes())
    runtime.use(path)
    p, when = runtime.p_yes(ASK), path.stat().st_mtime_ns
    path.write_bytes(b"\0" * path.stat().st_size)
    os.utime(path, ns=(when, when))  # as if nothing had happened: only one who reads it sees that it has
    runtime.use(None)
    runtime.use(path)
    assert runtime.p_yes(ASK) == pytest.approx(p, abs=1e-5)
    for other in ("2", "1"):  # with two more it is held no longer
        runtime.use(folder / f"{other}.gguf")
    with pytest.raises(ForeignAdapter):
        runtime.use(path)


def test_another_file_of_the_same_name_is_another_adapter(folder: Path, tmp_path: Path, runtime: Runtime) -> None:
    path = tmp_path / "a.gguf"
    found = []
    for name in ("1", "2"):
        path.write_bytes((folder / f"{name}.gguf").read_bytes())
        os.utime(path, ns=(int(name), int(name)))
        runtime.use(path)
        found.append(runtime.p_yes(ASK))
        runtime.use(folder / f"{name}.gguf")
        assert runtime.p_yes(ASK) == pytest.approx(found[-1], abs=1e-5)
    assert found[0] != pytest.approx(found[1], abs=1e-3)
