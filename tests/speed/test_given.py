"""What the bench measures with: logs of any length, and a base of random weights that our own reader opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.speed import billion, homes, talks
from benchmarks.speed.apart import once
from plum_edge.convert.weights import open_weights


def log(path: Path, count: int) -> list[dict[str, Any]]:
    talks.write(path, count)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_log_of_any_length_ends_with_the_same_conversation(tmp_path: Path) -> None:
    short, long = log(tmp_path / "short", 3), log(tmp_path / "long", 300)
    assert (len(short), len(long)) == (3, 300)
    assert short[-1]["messages"] == long[-1]["messages"]
    assert len({talk["id"] for talk in long}) == len({json.dumps(talk["messages"]) for talk in long}) == 300
    assert [talk["created_at"] for talk in long] == sorted(talk["created_at"] for talk in long)


def test_a_home_has_an_adapter_in_use(tmp_path: Path) -> None:
    with homes.make(tmp_path / "home", "plum-tiny", 2, generate={"max_tokens": 1}) as memory:
        homes.remember(memory)
        status = memory.status()
        assert (status["conversations"], status["adapter"]["id"]) == (2, "bench")
        assert memory.config.generate.max_tokens == 1
        assert memory.ask("Did we talk about the kitchen tap?").adapter == "bench"


def test_random_weights_open_and_train(tmp_path: Path) -> None:
    small = billion.CONFIG | {
        "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
        "intermediate_size": 96, "vocab_size": 512,
    }  # fmt: skip
    count = billion.make(str(tmp_path / "base"), small)
    weights = open_weights(tmp_path / "base")
    assert count == sum(int(np.prod(shape)) for shape in weights.shapes.values())
    assert (weights.read("model.norm.weight") == 1).all()
    assert weights.read("model.layers.1.mlp.up_proj.weight").std() == pytest.approx(0.02, rel=0.05)
    found = once("benchmarks.speed.billion:train", str(tmp_path / "base"), 1, 1)
    assert found["seconds"] > 0
    assert 0.05 < found["peak"] < 8
