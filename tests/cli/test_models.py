"""models list, show and add, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge import bases
from plum_edge.convert import gguf
from plum_edge.paths import Home
from tests.cli.conftest import Run
from tests.tiny import tiny_base


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def test_the_list_says_what_each_takes_and_makes_nothing(home: Path, run: Run) -> None:
    found = run("models", "--home", home)
    assert found.code == 0 and not home.exists()
    lines = found.out.splitlines()
    assert lines[1].split()[:2] == ["*", "plum-tiny"] and " here " in lines[1]
    assert any(line.split()[:3] == ["Llama-3.1-8B-Instruct", "8.0", "B"] for line in lines)
    assert "no conversion for gemma3 yet" in found.out and "not held against the hub" in found.out


def test_json_gives_every_figure(home: Path, run: Run) -> None:
    found = {one["name"]: one for one in run("models", "list", "--home", home, "--json").json}
    small, large = found["Qwen2.5-0.5B-Instruct"], found["Qwen2.5-7B-Instruct"]
    assert not small["here"] and not small["verified"] and small["hf"] == "Qwen/Qwen2.5-0.5B-Instruct"
    assert 0 < small["recall_bytes"] < large["recall_bytes"] and small["training_bytes"] > 0
    assert found["plum-tiny"]["here"] and found["plum-tiny"]["in_use"]


def test_show_says_licence_source_and_the_next_step(home: Path, run: Run) -> None:
    found = run("models", "show", "llama-3.2-1b-instruct", "--home", home)
    assert found.code == 0 and "to be accepted on the hub first" in found.out
    assert f"plum-edge models pull Llama-3.2-1B-Instruct --home {home}" in found.out.replace("\n", "")
    assert run("models", "show", "none", "--home", home).code == 20


def test_a_folder_and_its_gguf_are_added_and_used(home: Path, tmp_path: Path, run: Run) -> None:
    folder, given = tiny_base(tmp_path), tmp_path / "mine.gguf"
    gguf.write_base(folder, given, "q8_0")
    found = run("models", "add", folder, given, "--name", "mine", "--home", home, "--json")
    assert found.code == 0 and found.json["name"] == "mine"
    base = bases.base("mine", Home(home))
    assert bases.gguf(base, Home(home)) == given
    listed = {one["name"]: one for one in run("models", "list", "--home", home, "--json").json}
    assert listed["mine"]["here"] and listed["mine"]["training_bytes"] > 0
    (home / "config.toml").write_text('[model]\nbase = "mine"\n')
    findings = {one["name"]: one for one in run("doctor", "--home", home, "--json").json["findings"]}
    assert findings["model"]["state"] == "ok" and "a night takes" in findings["memory"]["found"]


def test_what_cannot_be_a_base_is_refused_and_not_listed(home: Path, tmp_path: Path, run: Run) -> None:
    folder, given = tiny_base(tmp_path), tmp_path / "other.gguf"
    other = tiny_base(tmp_path / "other", seed=1)
    gguf.write_base(other, given)
    assert run("models", "add", given, given, "--home", home).code == 2, "two files"
    assert run("models", "add", tmp_path / "none", "--home", home).code == 2
    assert run("models", "add", folder, "--name", "plum-tiny", "--home", home).code == 2
    assert run("models", "add", folder, "--name", "../x", "--home", home).code == 2
    assert run("models", "add", folder, given, "--home", home).code == 22, "another model's GGUF"
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization": {"bits": 4, "group_size": 64}}))
    assert run("models", "add", folder, "--home", home).code == 20, "no GGUF can be made of four bits"
    assert not (home / "bases.json").exists()


def test_show_says_each_setting_and_where_it_comes_from(home: Path, run: Run) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[train]\nepochs = 3\n", encoding="utf-8")
    settings = run("models", "show", "plum-tiny", "--home", home, "--json").json["settings"]
    assert settings["train.rank"] == {"value": 32, "from": "profile"}
    assert settings["train.epochs"] == {"value": 3, "from": "config.toml"}
    assert settings["train.seed"] == {"value": 0, "from": "default"}
    other = run("models", "show", "Qwen3-0.6B", "--home", home, "--json").json["settings"]
    assert other["train.rank"] == {"value": 16, "from": "default"}, "the profile of the one that is shown"
    said = run("models", "show", "plum-tiny", "--home", home).out
    assert [line.split() for line in said.splitlines() if line.split()[:1] == ["train.epochs"]] == [
        ["train.epochs", "3", "config.toml"]
    ]


def test_show_says_who_says_how_a_base_is_sampled(home: Path, tmp_path: Path, run: Run) -> None:
    folder = tiny_base(tmp_path)
    (folder / "generation_config.json").write_text('{"temperature": 0.6, "top_p": 7}', encoding="utf-8")
    assert run("models", "add", folder, "--name", "mine", "--home", home).code == 0
    said = run("models", "show", "mine", "--home", home).out
    shown = {line.split()[0]: line.split(maxsplit=2)[1:] for line in said.splitlines() if "generate." in line}
    assert shown["generate.temperature"] == ["0.6", "the model's own file"]
    assert shown["generate.top_p"] == ["0.95", "default"]
    assert "note: top_p in generation_config.json is 7, which cannot be; it is not used" in said
