"""The same questions in the training framework and in llama.cpp's types, on a tiny base with a random adapter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.convert import gguf, peft
from plum_edge.convert.families import family
from plum_edge.errors import UsageError
from plum_edge.evaluate.runtimes import REFERENCE, RUNTIMES, TRAINING, runtimes
from plum_edge.paths import sha256_file
from plum_edge.records import Adapter, Question
from tests import tiny
from tests.tiny import random_lora, tiny_base

RANK, ALPHA = 4, 8.0


def questions(count: int = 24) -> list[Question]:
    texts = [line.strip() or "the bread" for line in tiny.text(5, count)]
    return [Question(f"Did we talk about {t}?", ("yes", "no")[n % 2], "verbatim") for n, t in enumerate(texts)]


def learn(memory: Memory, seed: int) -> Adapter:
    """Put a random adapter where a consolidation leaves one."""
    folder = memory.home.adapters / f"000{seed}"
    folder.mkdir(parents=True)
    state = random_lora(memory.base.folder, RANK, seed)
    peft.save(folder / "adapter.safetensors", state, {"rank": str(RANK), "alpha": str(ALPHA), "base_sha256": "0" * 64})
    path = folder / "adapter.gguf"
    gguf.write_adapter(path, state, alpha=ALPHA, family=family("llama"), heads=tiny.HEADS, kv_heads=tiny.KV_HEADS)
    adapter = Adapter(f"000{seed}", False, None, str(path), sha256_file(path), 0)
    memory.store.runs.add_adapter(adapter, {})
    memory.store.runs.promote(adapter.id, [])
    return adapter


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    base = tiny_base(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(f"[model]\nbase = {json.dumps(str(base))}\n")
    with Memory(home) as opened:
        opened.home.create()
        yield opened


def test_what_was_trained_is_what_llama_cpp_computes_and_rounding_moves_it_little(memory: Memory) -> None:
    learn(memory, 1)
    asked: list[tuple[str, int, int]] = []
    found = runtimes(memory, questions=questions(), progress=lambda stage, n, total, _: asked.append((stage, n, total)))
    assert list(found) == [TRAINING, *RUNTIMES]
    assert found[TRAINING]["p_difference"] < 1e-3 and found[TRAINING]["agreement"] == 1.0
    assert found[REFERENCE]["p_difference"] == 0.0
    assert found[REFERENCE]["mcnemar"] == {"lost": 0, "gained": 0, "p": 1.0}
    assert 0 < found["f32_adapter_f16"]["p_difference"] < found["q8_0"]["p_difference"] < found["q4_0"]["p_difference"]
    sizes = [found[name]["base_bytes"] for name in ("f32", "f16", "q8_0", "q4_0")]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 4
    assert found["f32_adapter_f16"]["adapter_bytes"] < found["f32"]["adapter_bytes"]
    assert all(figures["milliseconds"] > 0 and figures["questions"] == 24 for figures in found.values())
    assert (TRAINING, 24, 24) in asked
    json.dumps(found)


def test_it_is_the_trainers_own_file_that_is_asked(memory: Memory) -> None:
    """Were the training framework not asked with its own weights, a conversion gone wrong would not be seen."""
    adapter = learn(memory, 1)
    other = random_lora(memory.base.folder, RANK, 2)
    said = {"rank": str(RANK), "alpha": str(ALPHA), "base_sha256": "0" * 64}
    peft.save(Path(adapter.gguf).with_name("adapter.safetensors"), other, said)
    found = runtimes(memory, questions=questions(), names=(TRAINING, REFERENCE))
    assert found[TRAINING]["p_difference"] > 0.01


def test_mcnemar_is_against_f32_with_lost_first(memory: Memory) -> None:
    """With gold answers that are what f32 says, each disagreement of four bits is one that it lost."""
    learn(memory, 1)
    first = questions(60)
    right = runtimes(memory, questions=[replace(q, answer="yes") for q in first], names=(REFERENCE, "q4_0"))
    wrong = runtimes(memory, questions=[replace(q, answer="no") for q in first], names=(REFERENCE, "q4_0"))
    flips, mirrored = right["q4_0"]["mcnemar"], wrong["q4_0"]["mcnemar"]
    assert (flips["lost"], flips["gained"]) == (mirrored["gained"], mirrored["lost"])
    assert flips["lost"] + flips["gained"] == round(60 * (1 - right["q4_0"]["agreement"]))


def test_a_limit_draws_so_many(memory: Memory) -> None:
    learn(memory, 1)
    found = runtimes(memory, questions=questions(), limit=6, names=(REFERENCE,))
    assert found[REFERENCE]["questions"] == 6


def test_what_cannot_be_asked_is_refused_with_a_remedy(memory: Memory) -> None:
    with pytest.raises(UsageError, match="no adapter yet"):
        runtimes(memory, questions=questions())
    learn(memory, 1)
    with pytest.raises(UsageError, match="plum-edge consolidate"):
        runtimes(memory)
    with pytest.raises(UsageError, match="yes or no"):
        runtimes(memory, questions=[Question("When?", "On 14 March 2026.", "verbatim")])
    for names in (("f32", "q5_1"), ("q8_0",)):
        with pytest.raises(UsageError, match="q4_0, and f32 must be among them"):
            runtimes(memory, questions=questions(), names=names)
