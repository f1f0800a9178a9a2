"""Which backend is chosen here, and what is said against the others."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from plum_edge.backends import memory, pick
from plum_edge.backends.base import LoraSpec
from plum_edge.convert.weights import open_weights
from plum_edge.errors import NoBackend


def test_the_choice_is_said_with_its_reason_and_what_speaks_against_the_others() -> None:
    choice = pick.choose()
    assert not pick.available()[choice.name]
    assert choice.why
    assert set(choice.against) == set(pick.available()) - {choice.name}
    assert all(choice.against.values())


def test_what_is_asked_for_is_taken_or_refused_with_the_reason() -> None:
    for name, reason in pick.available().items():
        if reason:
            with pytest.raises(NoBackend, match=name) as refused:
                pick.choose(name)
            assert "not installed" in refused.value.what and "pip install" in refused.value.what
        else:
            assert pick.choose(name).name == name
    with pytest.raises(NoBackend, match="abacus"):
        pick.choose("abacus")


def test_the_precision_that_is_set_is_reckoned_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base that is not small, by its config.json alone, where the processor is fast at bf16 and where not."""
    sizes = {"hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "intermediate_size": 8192,
             "vocab_size": 128256, "max_position_embeddings": 4096}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", **sizes}))
    choice, spec = pick.Choice("torch", "tested", {}), LoraSpec(4, 8.0, ("q_proj",))
    for half in (False, True):
        here = memory.Machine("torch", "cpu", 10**13, 10**13, half)
        monkeypatch.setattr(pick, "machine", lambda _choice, here=here: here)
        bits = [
            pick.reckon(choice, open_weights(tmp_path), spec, precision=one)[0].bits for one in ("auto", "f32", "bf16")
        ]
        assert bits == [16 if half else 32, 32, 16]


@pytest.mark.parametrize("absent", [("mlx_lm",), ("torch",), ("peft", "mlx"), ("mlx_lm", "torch")])
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, absent: tuple[str, ...]) -> None:
    """Python is told that packages are absent, as it is where they are."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in absent else found(name))
    reasons = pick.available()
    for name, packages in {"mlx": ("mlx", "mlx_lm"), "torch": ("torch",)}.items():
        assert all(package in reasons[name] for package in packages if package in absent)
    if all(reasons.values()):
        with pytest.raises(NoBackend) as refused:
            pick.choose()
        assert set(refused.value.reasons) == {"mlx", "torch"}
    else:
        assert not reasons[pick.choose().name]


def test_the_rate_is_measured_where_the_products_will_be_taken() -> None:
    for name, reason in pick.available().items():
        if not reason:
            assert pick.rate(pick.choose(name), 1) > 0
