"""The wheel holds what the package needs at run time, and finds it there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from plum_edge.paths import data_dir

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that no build folder is left in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    skip = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "*.so", "tests", "docs")
    shutil.copytree(ROOT, folder / "tree", ignore=skip)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(folder / "tree")], check=True, capture_output=True)
    return next(folder.glob("plum_edge-*.whl"))


def test_the_wheel_holds_code_and_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "plum_edge/py.typed",
        "plum_edge/augment/phrases/synonyms.tsv",
        "plum_edge/cli/chat/__init__.py",
        "plum_edge/evaluate/report/page.html",
        "plum_edge/evaluate/report/page.css",
        "plum_edge/_data/models/plum-tiny.toml",
        "plum_edge/_data/models/plum-tiny/config.json",
        "plum_edge/_data/models/plum-tiny/model.safetensors",
        "plum_edge/_data/models/plum-tiny/tokenizer.model",
        "plum_edge/_data/models/plum-tiny/general.jsonl",
        "plum_edge/_data/models/SmolLM2-135M-Instruct/primer.safetensors",
        "plum_edge/_data/models/SmolLM2-135M-Instruct/reader.gguf",
        "plum_edge/_data/models/all-MiniLM-L6-v2/tuning.safetensors",
        "plum_edge/_data/conversions/llama.toml",
        "plum_edge/_data/samples/nora/conversations.jsonl",
        "plum_edge/_data/samples/nora/questions.jsonl",
    ):
        assert needed in names, needed
    assert any(name.endswith("licenses/LICENSE") for name in names)
    recipes = [name for name in names if name.startswith("plum_edge/_data/") and "/train/" in name]
    assert not recipes and not [name for name in names if name.startswith("tests/")]


def test_one_wheel_is_for_every_machine(wheel: Path) -> None:
    """Nothing in it is compiled."""
    assert wheel.name.endswith("-py3-none-any.whl")


def test_every_module_of_the_checkout_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "plum_edge").rglob("*.py")}
    assert modules <= names


def test_the_unpacked_wheel_finds_its_own_data(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from plum_edge import bases\nfrom plum_edge.paths import data_dir\n"
        "print(data_dir('models')); print(data_dir('conversions')); print(data_dir('samples'))\n"
        "print(bases.base('plum-tiny').architecture)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    lines = said.split()
    assert all(line.startswith(str(tmp_path / "plum_edge" / "_data")) for line in lines[:3])
    assert lines[3] == "llama"


def test_the_checkout_finds_its_own_data() -> None:
    assert data_dir("models") == ROOT / "models"
