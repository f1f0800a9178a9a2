"""The whole way on one GGUF file as base, as it is typed: nothing else is asked for, and its hash stands everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge.convert import gguf
from plum_edge.paths import Home, sha256_file
from plum_edge.store import Store
from tests.cli.conftest import SETTINGS as QUICK
from tests.cli.conftest import Run
from tests.tiny import tiny_base

SETTINGS = QUICK.replace("[train]", '[train]\nbackend = "mlx"')
"""In f32, as the file is: a random model is undecided in one place of ten, where any rounding decides."""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    gguf.write_base(tiny_base(tmp_path / "weights"), tmp_path / "any.gguf")
    return tmp_path / "any.gguf"


def test_from_add_to_forget(model: Path, home: Path, two: Path, tmp_path: Path, run: Run) -> None:
    added = run("models", "add", model, "--home", home, "--json")
    assert added.code == 0 and added.json == {
        "name": "any", "folder": str(model), "sha256": sha256_file(model), "licence": None,
    }  # fmt: skip
    begun = run("init", "--model", "any", "--home", home, "--json")
    assert begun.code == 0 and begun.json["base"] == "any" and begun.json["sha256"] == sha256_file(model)
    (home / "config.toml").write_text(SETTINGS.format(base="any"))
    assert run("import", two, "--home", home).code == 0
    night = run("consolidate", "--home", home, "--json")
    assert night.code == 0 and night.json["status"] == "promoted", night.err
    assert night.json["parity"]["agreement"] >= 0.97 and night.json["parity"]["effect"] > 0
    asked = run("ask", "Did we talk about the tap?", "--home", home, "--json")
    assert asked.code == 0 and asked.json["adapter"] == night.json["adapter"]
    manifest = json.loads((home / "adapters" / night.json["adapter"] / "manifest.json").read_text())
    assert manifest["base_sha256"] == sha256_file(model)
    with Store.open(Home(home), create=False) as store:
        assert {step.versions["base"] for step in store.runs.steps()} == {sha256_file(model)[:16]}
    findings = {one["name"]: one for one in run("doctor", "--home", home, "--json").json["findings"]}
    assert findings["model"]["state"] == "ok" and str(model) in findings["model"]["found"]
    assert findings["orphans"]["found"] == "none"
    out = tmp_path / "out"
    for form in ("gguf", "mlx", "ollama"):
        exported = run("export", f"{out}-{form}", "--to", form, "--home", home)
        assert exported.code == 0, exported.err
    other = tmp_path / "device"
    other.mkdir(mode=0o700)
    (other / "config.toml").write_text(SETTINGS.format(base=model))
    taken = run("adapters", "add", f"{out}-gguf", "--home", other)
    assert taken.code == 0, taken.err
    adapter = home / "adapters" / night.json["adapter"] / "adapter.safetensors"
    assert run("convert", adapter, f"{out}-c", "--to", "gguf", "--base", model, "--home", home).code == 0
    gone = run("forget", "starter", "--yes", "--home", home, "--json")
    assert gone.code == 0, gone.err


def test_a_path_in_the_settings_is_enough(model: Path, home: Path, two: Path, run: Run) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(SETTINGS.format(base=model))
    assert run("import", two, "--home", home).code == 0
    night = run("consolidate", "--home", home, "--json")
    assert night.code == 0 and night.json["status"] == "promoted", night.err


def test_an_adapter_is_not_taken_for_another_gguf_of_the_same_shapes(
    model: Path, home: Path, two: Path, tmp_path: Path, run: Run
) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(SETTINGS.format(base=model))
    assert run("import", two, "--home", home).code == 0
    assert run("consolidate", "--home", home).code == 0
    gguf.write_base(tiny_base(tmp_path / "more", seed=1), tmp_path / "other.gguf")
    (home / "config.toml").write_text(SETTINGS.format(base=tmp_path / "other.gguf"))
    asked = run("ask", "Did we talk about the tap?", "--home", home)
    assert asked.code == 22 and "another base" in " ".join(asked.err.split())


@pytest.mark.parametrize("kept", [100, 20_000])
def test_a_broken_file_is_refused_in_a_sentence(model: Path, home: Path, run: Run, kept: int) -> None:
    model.write_bytes(model.read_bytes()[:kept])
    done = run("models", "add", model, "--home", home)
    assert done.code == 20 and "Traceback" not in done.err and not (home / "bases.json").exists()
    assert run("models", "add", model.with_name("none.gguf"), "--home", home).code == 2
