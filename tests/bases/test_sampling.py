"""How a model is sampled where nobody set it: what its own files say, what of it is not followed, llama.cpp's way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge import bases
from plum_edge.bases import catalogue, manage, sampling
from plum_edge.config import Generate, profiled
from plum_edge.convert import gguf
from plum_edge.errors import NoModel
from plum_edge.paths import Home
from tests.convert.test_gguf_weights import edited
from tests.tiny import tiny_base

SAID = {"temp": 0.6, "top_k": 20, "top_p": 0.9, "min_p": 0.01, "penalty_repeat": 1.1}
READ = {"temperature": 0.6, "top_k": 20, "top_p": 0.9, "min_p": 0.01, "repetition_penalty": 1.1}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def model(folder: Path, **said: Any) -> Path:
    """Write a tiny GGUF whose metadata says so about sampling."""
    plain, out = folder / "plain.gguf", folder / "said.gguf"
    gguf.write_base(tiny_base(folder), plain)
    return edited(plain, out, lambda values: values.update({f"general.sampling.{key}": said[key] for key in said}))


def says(folder: Path, **said: Any) -> Path:
    """Put a generation_config.json into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "generation_config.json").write_text(json.dumps({"bos_token_id": 1, **said}), encoding="utf-8")
    return folder


def test_a_gguf_says_it_in_its_metadata(tmp_path: Path, home: Home) -> None:
    base = bases.base(str(model(tmp_path, **SAID)), home)
    assert base.sampling == READ


def test_what_a_gguf_leaves_open_is_as_llama_cpp_has_it(tmp_path: Path, home: Home) -> None:
    base = bases.base(str(model(tmp_path, temp=0.3)), home)
    assert base.sampling == {**sampling.USUAL, "temperature": 0.3}


def test_a_folder_says_it_in_generation_config(tmp_path: Path) -> None:
    folder = says(tiny_base(tmp_path), do_sample=True, **READ)
    assert bases.base(str(folder)).sampling == READ


def test_where_no_file_says_anything_it_is_as_in_llama_cpp(tmp_path: Path, home: Home) -> None:
    folder = tiny_base(tmp_path)
    gguf.write_base(folder, tmp_path / "plain.gguf")
    usual = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05, "repetition_penalty": 1.0}
    assert bases.base(str(folder)).sampling == usual
    assert bases.base(str(tmp_path / "plain.gguf"), home).sampling == usual


def test_not_to_sample_is_a_word_on_it_too(tmp_path: Path) -> None:
    assert sampling.told(says(tmp_path / "a", do_sample=False, temperature=0.9)).values["temperature"] == 0.0
    assert sampling.told(says(tmp_path / "b", temperature=0.9)).values == {"temperature": 0.9}


def test_a_folder_goes_before_the_gguf_beside_it(tmp_path: Path) -> None:
    given = model(tmp_path, **SAID)
    assert sampling.told(tmp_path / "tiny", given).values == READ, "the folder says nothing"
    assert sampling.told(says(tmp_path / "tiny", top_k=7), given).values == {"top_k": 7}
    given.rename(tmp_path / "tiny" / "said.gguf")
    (tmp_path / "tiny" / "generation_config.json").unlink()
    assert sampling.told(tmp_path / "tiny").values == READ


def test_a_top_k_of_none_and_a_penalty_that_looks_back_on_nothing(tmp_path: Path) -> None:
    assert sampling.told(says(tmp_path / "a", top_k=-1)).values == {"top_k": 0}
    assert sampling.told(says(tmp_path / "b", top_k=50.0, top_p=None)).values == {"top_k": 50}
    assert sampling.told(model(tmp_path, penalty_repeat=1.3, penalty_last_n=0)) == sampling.Told()


def test_what_cannot_be_is_left_out_and_named(tmp_path: Path, home: Home) -> None:
    path = model(tmp_path, temp=-1.0, top_p=0.9, top_k="many", mirostat=2, penalty_last_n=256)
    found = sampling.told(path)
    assert found.values == {"top_p": 0.9}
    assert found.notes == (
        "general.sampling.temp is -1.0, which cannot be; it is not used",
        "general.sampling.top_k is 'many', which cannot be; it is not used",
        "general.sampling.mirostat is not followed",
        "general.sampling.penalty_last_n is 256; the penalty looks back on 64 tokens",
    )
    manage.add(home, [path])
    assert manage.about(home, "said")["notes"] == list(found.notes)


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_a_damaged_generation_config_is_a_sentence(tmp_path: Path, content: str) -> None:
    folder = tiny_base(tmp_path)
    (folder / "generation_config.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(NoModel, match=r"generation_config\.json is"):
        _ = bases.base(str(folder)).sampling


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*READ, "do_sample", "other"]), anything))
def test_whatever_stands_there_is_a_setting_or_a_note(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, Any]
) -> None:
    found = sampling.told(says(tmp_path_factory.mktemp("any"), **said))
    assert profiled("any", {"generate": dict(found.values)}).generate == Generate().over(found.values)
    told = {key for key in READ if said.get(key) is not None}
    assert len(told) <= len(found.values) + len(found.notes) <= len(told) + (said.get("do_sample") is False)


# Who says so ----------------------------------------------------------------------------------------------------------


def from_(home: Home, name: str) -> dict[str, tuple[Any, str]]:
    shown = manage.about(home, name)["settings"]
    return {key: (shown[f"generate.{key}"]["value"], shown[f"generate.{key}"]["from"]) for key in READ}


def test_show_says_who_says_how_it_is_sampled(tmp_path: Path, home: Home) -> None:
    manage.add(home, [model(tmp_path, temp=0.6, top_k=20)])
    home.config.write_text("[generate]\ntop_k = 5\n", encoding="utf-8")
    assert from_(home, "said") == {
        "temperature": (0.6, "the model's own file"),
        "top_k": (5, "config.toml"),
        "top_p": (0.95, "default"),
        "min_p": (0.05, "default"),
        "repetition_penalty": (1.0, "default"),
    }


def test_a_profile_says_it_all_for_bases_that_were_measured(home: Home) -> None:
    assert from_(home, "plum-tiny") == {
        "temperature": (0.0, "profile"), "top_k": (0, "profile"), "top_p": (1.0, "profile"), "min_p": (0.0, "profile"),
        "repetition_penalty": (1.0, "profile"),
    }  # fmt: skip
    home.config.write_text('[model]\nbase = "SmolLM2-135M-Instruct"\n', encoding="utf-8")
    own = catalogue.settings(home).generate
    assert own.over(sampling.USUAL) == own
    assert (own.temperature, own.top_k, own.top_p, own.min_p, own.repetition_penalty) == (0.2, 0, 0.9, 0.0, 1.1)


def test_of_a_base_that_is_not_here_it_is_not_known_yet(home: Home) -> None:
    assert set(from_(home, "Qwen3-0.6B").values()) == {(None, "known once it is here")}
