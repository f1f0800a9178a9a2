"""One GGUF as a base: added, or named by its path; what is made of it; what is refused, and leaves nothing behind."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from plum_edge import bases, paths
from plum_edge.bases import catalogue, local, manage
from plum_edge.convert import gguf
from plum_edge.errors import NoModel, NoSpace
from plum_edge.paths import Home, sha256_file
from plum_edge.runtime.vocabulary import Vocabulary
from tests import zoo
from tests.convert.test_gguf_weights import edited
from tests.smollm import smollm
from tests.tiny import tiny_base


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    gguf.write_base(tiny_base(tmp_path), tmp_path / "Some-Model.Q8_0.gguf", "q8_0")
    return tmp_path / "Some-Model.Q8_0.gguf"


def test_a_path_is_enough(model: Path, home: Home) -> None:
    base = bases.base(str(model), home)
    assert (base.name, base.weights, base.alone) == ("Some-Model.Q8_0", model, True)
    assert base.sha256 == sha256_file(model)
    assert (base.heads, base.kv_heads, base.layers, base.hidden, base.context) == (4, 2, 2, 64, 256)
    assert base.folder.parent == home.models and sorted(file.name for file in base.folder.iterdir()) == [
        "config.json", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    assert bases.gguf(base, home) == model, "the file is the model: nothing is made of it"
    assert bases.dtype(base) == "f16", "not the numbers that a runtime in f32 would have"
    assert sum(file.stat().st_size for file in home.models.rglob("*") if file.is_file()) < model.stat().st_size


def test_an_added_one_is_found_by_its_name(model: Path, home: Home) -> None:
    added = manage.add(home, [model])
    assert added.name == "Some-Model.Q8_0" and bases.base("some-model.q8_0", home) == added
    assert json.loads((home.root / "bases.json").read_text()) == {"Some-Model.Q8_0": {"gguf": str(model)}}
    listed = {one["name"]: one for one in manage.listed(home)}
    assert listed["Some-Model.Q8_0"]["here"] and listed["Some-Model.Q8_0"]["training_bytes"] > 0
    model.unlink()
    with pytest.raises(NoModel, match="not there any more"):
        bases.base("Some-Model.Q8_0", home)
    assert {one["name"]: one["here"] for one in manage.listed(home)}["Some-Model.Q8_0"] is False


def test_the_bytes_of_a_shipped_base_have_its_profile_under_any_name(home: Home, tmp_path: Path) -> None:
    """Else the primer, which goes by the bytes, would meet settings that it was not made with."""
    mine = tmp_path / "mine.gguf"
    mine.symlink_to(smollm())
    added = manage.add(home, [mine])
    shipped = catalogue.shipped()["SmolLM2-135M-Instruct"]
    assert (added.name, added.licence) == ("mine", shipped.licence)
    named, own = (catalogue.merged(home, name).config for name in ("mine", "SmolLM2-135M-Instruct"))
    assert (named.train, named.generate, named.decide) == (own.train, own.generate, own.decide)
    assert named.train.layers > 0
    settings = manage.about(home, "mine")["settings"]
    assert settings["train.layers"]["from"] == "profile"


def test_looking_at_it_makes_nothing(model: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "other")
    config, targets = local.sizes(catalogue.Entry("x", given=model))
    assert config["hidden_size"] == 64 and "q_proj" in targets
    assert not home.root.exists()


def test_the_text_is_made_once_and_again_when_it_is_not_whole(model: Path, home: Home) -> None:
    folder = bases.base(str(model), home).folder
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    bases.base(str(model), home)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    (folder / "tokenizer.json").unlink()
    bases.base(str(model), home)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {n: b for n, (b, _) in before.items()}


def test_many_may_open_it_at_the_same_time(model: Path, home: Home) -> None:
    together = threading.Barrier(8)

    def opened(_: int) -> Path:
        together.wait()
        return bases.base(str(model), home).folder

    with ThreadPoolExecutor(8) as pool:
        (folder,) = set(pool.map(opened, range(8)))
    assert [one.name for one in home.models.iterdir() if one.is_dir()] == [folder.name], "nothing half made stays"


def test_that_text_is_read_alike_is_proven_once(model: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    base = bases.base(str(model), home)
    bases.gguf(base, home)

    def never(*_args: object, **_more: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr("plum_edge.bases.base_check.check_tokenizer", never)
    bases.gguf(base, home)


def test_where_text_is_read_otherwise_it_is_no_base(model: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = Vocabulary.encode
    monkeypatch.setattr(Vocabulary, "encode", lambda self, text: encode(self, text.lower()))
    with pytest.raises(NoModel, match=r"llama\.cpp reads"):
        manage.add(home, [model])
    assert not (home.root / "bases.json").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tokenizer.chat_template": None}, "no chat template"),
        ({"tokenizer.ggml.model": "bert"}, "kind 'bert'"),
        ({"general.architecture": "mamba"}, "mamba"),
        ({"llama.expert_count": 4}, "mixture of experts"),
    ],
)
def test_what_is_no_base_leaves_nothing_behind(change: dict[str, Any], says: str, model: Path, home: Home) -> None:
    def apply(values: dict[str, Any]) -> None:
        for key, value in change.items():
            values.pop(key, None)
            if value is not None:
                values[key] = value

    path = edited(model, model.with_name("x.gguf"), apply)
    with pytest.raises(NoModel, match=says) as caught:
        manage.add(home, [path])
    assert caught.value.exit_code == 20
    assert list(home.models.iterdir()) == [] and not (home.root / "bases.json").exists()


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{% for m in messages %}{{ m.content ", "template is damaged"),
        ("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "calls itself without end"),
        ("hello", "leaves out or changes what the user says"),
    ],
)
@pytest.mark.parametrize("chosen", [False, True])
def test_one_that_is_refused_by_its_proofs_is_named_and_leaves_nothing(
    template: str, says: str, chosen: bool, model: Path, home: Home
) -> None:
    path = edited(model, model.with_name("x.gguf"), lambda values: values.update({"tokenizer.chat_template": template}))
    with pytest.raises(NoModel, match=says) as caught:
        manage.try_out(home, bases.base(str(path), home)) if chosen else manage.add(home, [path])
    assert str(path) in str(caught.value), "not a folder that was made of it"
    assert [one.name for one in home.models.iterdir() if one.is_dir()] == []
    assert not (home.root / "bases.json").exists()


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model", b"GGUF\x03\0\0\0" + b"\xff" * 16])
def test_a_file_that_is_no_gguf_is_refused(content: bytes, home: Home, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(NoModel):
        manage.add(home, [tmp_path / "x.gguf"])
    assert list(home.models.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(model: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(operation: str, path: Path) -> None:
        if operation == "rename" and path.name.startswith("text-"):
            raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(paths, "on_disk", full)
    with pytest.raises(NoSpace):
        manage.add(home, [model])
    assert list(home.models.iterdir()) == []


@pytest.mark.parametrize("name", ["qwen3", "gemma-3", "phi"])
def test_other_families_alone(name: str, home: Home, tmp_path: Path) -> None:
    gguf.write_base(zoo.base(name, tmp_path), tmp_path / "m.gguf")
    base = manage.add(home, [tmp_path / "m.gguf"])
    assert base.architecture == zoo.FAMILIES[name]["model_type"]
    assert bases.dtype(base) == "f32"
