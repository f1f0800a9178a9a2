"""export on one device and adapters add on another, as they are typed; and each form in its consumer's own code."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from plum_edge import Memory, bases
from plum_edge.backends import own_loaders
from plum_edge.convert import peft
from plum_edge.errors import UsageError
from plum_edge.export.targets import TARGETS, target
from plum_edge.paths import Home
from plum_edge.runtime import Runtime
from tests.cli.conftest import Run, configured
from tests.tiny import tiny_base

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
PROMPTS = [[5, 6, 7, 8], [20, 21, 22]]
FORMS = ["gguf", "mlx", pytest.param("peft", marks=pytest.mark.skipif(
    not own_loaders.has_peft(), reason="PEFT is not installed"))]  # fmt: skip


@pytest.fixture
def trained(learned: Path, tiny: Path) -> list[np.ndarray]:
    """Logits of the adapter as it is in use, in llama.cpp."""
    with Memory(learned) as memory:
        (active,) = (one for one in memory.adapters() if one.active)
    return _llama(learned, tiny, Path(active.gguf))


def _llama(home: Path, tiny: Path, adapter: Path | None) -> list[np.ndarray]:
    with Runtime(bases.gguf(bases.base(str(tiny)), Home(home)), exact=True) as runtime:
        runtime.use(adapter)
        return [runtime.logits(ids).copy() for ids in PROMPTS]


def _near(found: list[np.ndarray], wanted: list[np.ndarray], bound: float = 1e-4) -> bool:
    return all(float(np.abs(a - b).max()) < bound for a, b in zip(found, wanted, strict=True))


def _sealed(folder: Path) -> None:
    """Write SHA256SUMS anew, as somebody would who means to deceive."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    sums = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (folder / "SHA256SUMS").write_text(sums)


@pytest.mark.parametrize("form", FORMS)
def test_another_device_takes_it_and_computes_the_same(
    form: str, learned: Path, trained: list[np.ndarray], tiny: Path, tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    done = run("export", out, "--to", form, "--home", learned, "--json")
    assert done.code == 0 and done.json["proof"]["by"] == "logits"
    loads = {"mlx": own_loaders.mlx_logits, "peft": own_loaders.peft_logits}
    bare = _llama(learned, tiny, None)
    assert not _near(bare, trained), "else nothing below says anything"
    found = _llama(learned, tiny, out / "adapter.gguf") if form == "gguf" else loads[form](tiny, out, PROMPTS)
    assert _near(found, trained)

    other = configured(tmp_path / "other", tiny)
    added = run("adapters", "add", out, "--use", "--home", other, "--json")
    assert added.code == 0 and added.json["active"] and added.json["segments"] == 0
    assert _near(_llama(other, tiny, Path(added.json["gguf"])), trained)
    assert run("doctor", "--home", other, "--json").json["ok"]
    assert run("adapters", "prune", "--home", other, "--json").json["removed"] == []


def test_ollama_gets_base_and_adapter_in_one_and_the_template(
    learned: Path, trained: list[np.ndarray], tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    done = run("export", out, "--to", "ollama", "--home", learned)
    assert done.code == 0 and f"ollama create my-memory -f {out}/Modelfile" in done.out.replace("\n", "")
    with Runtime(out / "model.gguf", exact=True) as runtime:
        assert _near([runtime.logits(ids).copy() for ids in PROMPTS], trained)
    lines = (out / "Modelfile").read_text()
    assert lines.startswith("FROM ./model.gguf\n") and "<|assistant|>" in lines
    assert run("adapters", "add", out, "--home", learned).code == 2


def test_lm_studio_gets_base_and_adapter_in_one_file(
    learned: Path, trained: list[np.ndarray], tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    done = run("export", out, "--to", "lmstudio", "--home", learned)
    assert done.code == 0 and f"lms import {out}/plum.gguf" in done.out.replace("\n", "")
    with Runtime(out / "plum.gguf", exact=True) as runtime:
        assert _near([runtime.logits(ids).copy() for ids in PROMPTS], trained)
    assert sorted(path.name for path in out.iterdir()) == ["SHA256SUMS", "manifest.json", "plum.gguf"]


def test_every_target_that_is_listed_can_be_written_to(learned: Path, tmp_path: Path) -> None:
    for name in TARGETS:
        assert callable(target(name).write) and "{out" in target(name).use
    with Memory(learned) as memory, pytest.raises(UsageError, match="no target 'floppy'"):
        memory.export(tmp_path / "out", "floppy")


def test_it_holds_figures_and_hashes_and_no_word_and_no_path(learned: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out"
    assert run("export", out, "--home", learned).code == 0
    manifest = (out / "manifest.json").read_text()
    said = json.loads(manifest)
    assert {"base", "rank", "alpha", "recipe", "evaluation", "proof"} <= said.keys() and said["rank"] == 2
    assert len(said["base"]["sha256"]) == 64 and "accuracy" in said["evaluation"]
    for path in out.iterdir():
        content = path.read_bytes()
        assert str(tmp_path).encode() not in content and str(learned).encode() not in content
        assert not any(word in content for word in (b"stopcock", b"sourdough", b"washer")), path.name
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=out, check=True, capture_output=True)
    assert out.stat().st_mode & 0o077 == 0


def test_forget_names_the_copy(learned: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "given-away"
    run("export", out, "--home", learned)
    found = run("forget", "starter", "--dry-run", "--home", learned, "--json")
    assert found.code == 0 and str(out) in json.dumps(found.json)


def test_what_was_tampered_with_is_not_installed(learned: Path, tiny: Path, tmp_path: Path, run: Run) -> None:
    out, other = tmp_path / "out", configured(tmp_path / "other", tiny)
    run("export", out, "--to", "mlx", "--home", learned)
    weights = out / "adapters.safetensors"
    whole = weights.read_bytes()

    def refused(says: str, code: int = 22) -> None:
        found = run("adapters", "add", out, "--home", other)
        assert found.code == code and says in " ".join(found.err.split())
        assert run("adapters", "list", "--home", other, "--json").json == []
        assert not any((other / "adapters").glob("*"))

    weights.write_bytes(whole[:-4] + b"\0\0\xc0\x7f")
    refused("adapters.safetensors is not what was exported")
    _sealed(out)
    refused("not finite")
    weights.write_bytes(whole)
    (out / "extra.py").write_text("")
    refused("extra.py is not listed")
    (out / "extra.py").unlink()
    _sealed(out)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(manifest | {"rank": 8}))
    _sealed(out)
    refused("its manifest says otherwise")
    (out / "manifest.json").write_text(json.dumps(manifest | {"version": 2}))
    _sealed(out)
    refused("Update plum-edge", 2)
    (out / "SHA256SUMS").unlink()
    refused("is no export", 2)


def test_weights_that_are_not_what_was_written_are_not_exported(learned: Path, tmp_path: Path, run: Run) -> None:
    path = learned / "adapters" / "0001" / "adapter.safetensors"
    state, metadata = peft.load(path)
    peft.save(path, {name: values + np.float32(1) for name, values in state.items()}, metadata)
    found = run("export", tmp_path / "out", "--home", learned)
    assert (found.code, f"{path} is not what was written." in found.err) == (22, True)
    assert not (tmp_path / "out").exists()


def test_another_base_is_refused_on_both_sides(learned: Path, tmp_path: Path, run: Run) -> None:
    out, stranger = tmp_path / "out", tiny_base(tmp_path / "stranger", seed=1)
    run("export", out, "--home", learned)
    other = configured(tmp_path / "other", stranger)
    assert "whose weights are others" in " ".join(run("adapters", "add", out, "--home", other).err.split())
    settings = (learned / "config.toml").read_text().replace('base = "', f'base = "{stranger}" # "')
    (learned / "config.toml").write_text(settings)
    assert run("export", tmp_path / "again", "--home", learned).code == 22
    assert not (tmp_path / "again").exists()


def test_what_is_no_export_is_named(tmp_path: Path, home: Path, run: Run) -> None:
    (tmp_path / "empty").mkdir()
    for name, says in (("nothing", "There is no folder"), ("empty", "is no export of plum-edge")):
        found = run("adapters", "add", tmp_path / name, "--home", home)
        assert found.code == 2 and says in found.err and "plum-edge" in found.err


def test_an_adapter_for_another_base_is_not_put_to_use(learned: Path, tmp_path: Path, run: Run) -> None:
    """The base was changed in config.toml: `use` says so, and so does who asks with the old one still in use."""
    other = tiny_base(tmp_path / "another", seed=9)
    text = (learned / "config.toml").read_text()
    (learned / "config.toml").write_text(re.sub(r"base = .*", f"base = {json.dumps(str(other))}", text))
    used = run("adapters", "use", "0001", "--home", learned)
    assert used.code == 22 and "made for another base" in used.err
    asked = run("ask", "Did we talk about the tap?", "--home", learned)
    assert asked.code == 22 and "consolidate --rebuild" in asked.err.replace("\n       ", " ")


def test_nothing_to_export_and_a_place_that_is_taken(logged: Path, learned: Path, tmp_path: Path, run: Run) -> None:
    found = run("export", tmp_path / "out", "--home", logged)
    assert found.code == 2 and "plum-edge consolidate" in found.err and not (tmp_path / "out").exists()
    assert run("export", tmp_path, "--home", learned).code == 2
