"""The bases of models/*.toml, and those that a user adds: what is said of them before any weights are here."""

from __future__ import annotations

from pathlib import Path

import pytest

from plum_edge import bases
from plum_edge.backends.memory import Shape
from plum_edge.bases import catalogue
from plum_edge.config import Template
from plum_edge.convert import families
from plum_edge.errors import BadInput, NoModel
from plum_edge.paths import Home
from tests.tiny import tiny_base

REMOTE = [entry for entry in catalogue.shipped().values() if not entry.folder]
WANTED = {
    "Llama-3.2-1B-Instruct", "Llama-3.2-3B-Instruct", "Llama-3.1-8B-Instruct", "Qwen2.5-0.5B-Instruct",
    "Qwen2.5-1.5B-Instruct", "Qwen2.5-3B-Instruct", "Qwen2.5-7B-Instruct", "Qwen3-0.6B", "Qwen3-1.7B", "Qwen3-4B",
    "Qwen3-8B", "SmolLM2-135M-Instruct", "SmolLM2-360M-Instruct", "SmolLM2-1.7B-Instruct", "Gemma-3-1B-it",
    "Gemma-3-4B-it", "Mistral-7B-Instruct-v0.3", "Phi-3.5-mini-instruct",
}  # fmt: skip
PARAMETERS = {"Llama-3.1-8B-Instruct": 8.03e9, "Qwen2.5-0.5B-Instruct": 0.494e9, "Phi-3.5-mini-instruct": 3.82e9,
              "SmolLM2-135M-Instruct": 0.135e9, "Qwen3-4B": 4.02e9, "Mistral-7B-Instruct-v0.3": 7.25e9}  # fmt: skip
"""As their makers give them."""


def test_every_base_that_was_promised_is_there() -> None:
    assert catalogue.shipped().keys() >= WANTED | {"plum-tiny"}


@pytest.mark.parametrize("entry", REMOTE, ids=lambda entry: entry.name)
def test_an_entry_says_where_it_comes_from_and_what_it_takes(entry: catalogue.Entry) -> None:
    for repository in (entry.hf, entry.mlx, entry.gguf):
        assert repository.count("/") == 1
    assert entry.gguf_file.endswith("-Q4_K_M.gguf") and entry.licence and entry.chat
    shape = Shape.of(entry.config, entry.name)
    if entry.name in PARAMETERS:
        assert shape.in_layers + shape.embedded == pytest.approx(PARAMETERS[entry.name], rel=0.01)
    if entry.model_type in families.model_types():
        own = {target.split(".")[-1] for target in families.family(entry.model_type).targets}
        assert set(entry.targets) == own
        assert {"num_hidden_layers", "num_attention_heads"} <= entry.config.keys()


def test_what_no_conversion_is_written_for_is_known() -> None:
    assert [e.name for e in REMOTE if e.model_type not in families.model_types()] == ["Gemma-3-4B-it"]


def test_a_base_that_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match=r"not on this machine yet.*plum-edge models pull Qwen3-0\.6B"):
        bases.base("qwen3-0.6b", Home(tmp_path))


def test_an_added_base_is_found_in_its_home_and_in_no_other(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    catalogue.add(home, catalogue.Entry("mine", folder=tiny_base(tmp_path)))
    assert bases.base("mine", home).folder == tmp_path / "tiny"
    assert bases.base("mine", home).name == "mine"
    with pytest.raises(NoModel):
        bases.base("mine", Home(tmp_path / "other"))


@pytest.mark.parametrize("content", ["{", "[]", '{"mine": 1}', '{"mine": {}}'])
def test_a_damaged_list_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "bases.json").write_text(content)
    with pytest.raises(BadInput, match=r"bases\.json: the list of added bases is damaged"):
        catalogue.added(Home(tmp_path))


@pytest.mark.parametrize("name", [entry.name for entry in REMOTE if entry.name.startswith("Qwen3-")])
def test_a_base_that_thinks_is_not_to(name: str, tmp_path: Path) -> None:
    assert catalogue.merged(Home(tmp_path), name).config.template == Template(kwargs={"enable_thinking": False})
