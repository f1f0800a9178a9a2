"""convert, as it is typed: every form, which proof was done, and nothing left behind when it cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from plum_edge.backends import own_loaders
from plum_edge.convert import forms
from plum_edge.convert.families import Family
from plum_edge.convert.lora import Lora
from plum_edge.runtime import Runtime
from tests import zoo
from tests.cli.conftest import Run

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return zoo.base("llama-2", tmp_path)


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> Path:
    forms.write(Lora(zoo.lora(base), 8.0), "mlx", tmp_path / "adapter", forms.skeleton(base))
    return tmp_path / "adapter"


def test_mlx_to_gguf_is_proven_by_logits_and_llama_cpp_takes_it(base: Path, adapter: Path, run: Run) -> None:
    out = base.parent / "new" / "a.gguf"
    found = run("convert", adapter, out, "--to", "gguf", "--base", base)
    assert found.code == 0
    assert found.out.startswith(
        f"mlx-lm → GGUF: {out}  (14 matrices, rank 4, alpha 8)\nweights  read back from the file"
    )
    assert "llama.cpp agrees with mlx-lm within" in found.out and "on 200 tokens" in found.out
    assert list(out.parent.iterdir()) == [out]
    from plum_edge.convert import gguf

    gguf.write_base(base, base.parent / "base.gguf")
    with Runtime(base.parent / "base.gguf") as runtime:
        bare = runtime.logits([5, 6, 7]).copy()
        runtime.use(out)
        assert np.abs(runtime.logits([5, 6, 7]) - bare).max() > 0.1


def test_json_says_which_proof_was_done_and_why_not_the_better_one(base: Path, adapter: Path, run: Run) -> None:
    found = run("convert", adapter, base.parent / "p", "--to", "peft", "--json")
    assert found.code == 0
    assert found.json | {"proof": None} == {
        "from": "mlx", "to": "peft", "out": str(base.parent / "p"), "modules": 14, "rank": 4, "alpha": 8.0,
        "proof": None,
    }  # fmt: skip
    assert found.json["proof"] == {
        "by": "weights", "delta_relative": 0.0, "why": "no base was named (--base DIR)"
    }  # fmt: skip
    again = run("convert", adapter, base.parent / "q", "--to", "peft", "--base", base, "--json").json["proof"]
    assert again["by"] == ("logits" if own_loaders.has_peft() else "weights")


def test_a_form_whose_runtime_is_not_installed_is_stood_in_for(base: Path, adapter: Path, run: Run) -> None:
    run("convert", adapter, base.parent / "p", "--to", "peft")
    proof = run("convert", base.parent / "p", base.parent / "m", "--to", "mlx", "--base", base, "--json").json["proof"]
    assert proof["by"] == "logits" and proof["stand_in"] is not own_loaders.has_peft()
    assert proof["reference"] == ("PEFT" if own_loaders.has_peft() else "llama.cpp")


def test_a_base_in_four_bits_gives_its_heads_and_no_logits(base: Path, adapter: Path, run: Run) -> None:
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"quantization": {"bits": 4, "group_size": 64}}))
    found = run("convert", adapter, base.parent / "a.gguf", "--to", "gguf", "--base", base)
    assert found.code == 0 and "logits   not compared: the base's weights are quantised" in found.out


def test_a_base_that_does_not_fit_is_not_run(
    base: Path, adapter: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    found = run("convert", adapter, base.parent / "a.gguf", "--to", "gguf", "--base", base)
    assert found.code == 0 and "GB are free" in found.out


def test_half_precision(base: Path, adapter: Path, run: Run) -> None:
    found = run("convert", adapter, base.parent / "h.gguf", "--to", "gguf", "--base", base, "--dtype", "f16", "--json")
    assert found.code == 0 and 1e-6 < found.json["proof"]["delta_relative"] < 1e-3


def test_without_the_base_a_gguf_cannot_be_made_and_that_is_said(base: Path, adapter: Path, run: Run) -> None:
    found = run("convert", adapter, base.parent / "a.gguf", "--to", "gguf")
    assert found.code == 2 and "--base" in found.err
    assert not (base.parent / "a.gguf").exists()


def test_the_base_may_be_named_by_the_adapter_itself(base: Path, run: Run) -> None:
    forms.write(Lora(zoo.lora(base), 8.0, str(base)), "peft", base.parent / "p", None)
    found = run("convert", base.parent / "p", base.parent / "a.gguf", "--to", "gguf", "--json")
    assert found.code == 0 and found.json["proof"]["by"] == "logits"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["none", "out", "--to", "gguf"], 2, "There is no file or folder none"),
        (["llama-2", "out", "--to", "gguf"], 22, "neither adapter_config.json nor adapter.safetensors"),
        (["adapter", "out", "--to", "onnx"], 2, "onnx"),
        (["adapter", "llama-2", "--to", "peft"], 2, "exists already"),
        (["adapter", "out", "--to", "gguf", "--base", "adapter"], 20, "no config.json"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    base: Path, adapter: Path, run: Run, arguments: list[str], code: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(base.parent)
    before = sorted(base.parent.rglob("*"))
    found = run("convert", *arguments)
    assert found.code == code and says in found.err and "Traceback" not in found.err
    assert sorted(base.parent.rglob("*")) == before


def test_one_that_came_out_wrong_leaves_nothing(
    base: Path, adapter: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails is the converter, not the check: it leaves the rows of q and k in the trainer's order."""
    monkeypatch.setattr(Family, "to_gguf", lambda _self, _name, rows, _heads, _kv_heads: rows)
    found = run("convert", adapter, base.parent / "a.gguf", "--to", "gguf", "--base", base)
    assert found.code == 22 and "does not agree" in found.err
    assert not [path for path in base.parent.iterdir() if "a.gguf" in path.name]
