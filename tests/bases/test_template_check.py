"""A base that would be asked otherwise than it is trained, or would not be told what was said, is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plum_edge import Memory, bases
from plum_edge.bases import catalogue, manage
from plum_edge.bases.template_check import CHATS, check_template
from plum_edge.config import Template
from plum_edge.errors import NoModel
from plum_edge.paths import Home
from plum_edge.records import Message
from plum_edge.runtime import Runtime
from plum_edge.templates.tokens import ChatTokenizer
from plum_edge.train.fold import Fold
from tests.tiny import TEMPLATE, tiny_base


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def gguf(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield bases.gguf(bases.base(str(folder)), Home(tmp_path_factory.mktemp("home")))


SETTINGS = [
    Template(), Template(system="Remember."), Template(system=""),
    Template(context="user"), Template(kwargs={"enable_thinking": False}),
]  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS)
def test_trainer_and_llama_cpp_are_given_the_same_prompts(folder: Path, gguf: Path, settings: Template) -> None:
    tokenizer = ChatTokenizer(folder, TEMPLATE, settings)
    with Runtime(gguf, template=settings) as runtime:
        check_template(tokenizer, runtime)
        assert all(runtime.chat_ids(chat) == tokenizer.prompt(chat) for chat in CHATS.values())


def test_other_settings_for_the_one_than_for_the_other_are_seen(folder: Path, gguf: Path) -> None:
    tokenizer = ChatTokenizer(folder, TEMPLATE, Template(system="Remember."))
    with Runtime(gguf) as runtime, pytest.raises(NoModel, match=r"a question: llama\.cpp is asked in other tokens"):
        check_template(tokenizer, runtime)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{{ raise_exception('no') }}", "does not take these messages"),
        (TEMPLATE.replace("{{ m.content }}", "{{ m.content[:9] }}"), "leaves out or changes what the user says"),
        (TEMPLATE.replace("{{ m.content }}", "{{ m.content if loop.last }}"), "a longer chat: .* what the user says"),
        (TEMPLATE.replace("{{ m.content }}", "{{ m.content if m.role != 'assistant' }}"), "what the assistant says"),
        (TEMPLATE.replace("<|assistant|>", "<|assistant|>glued"), "Yes does not begin with that word"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself without end"),
        ("{% for i in range(2000) %}{% for j in range(2000) %}{% endfor %}{% endfor %}", "come to an end"),
    ],
)  # fmt: skip
def test_a_template_that_will_not_do_is_refused_in_a_sentence(folder: Path, source: str, why: str) -> None:
    with pytest.raises(NoModel, match=why):
        check_template(ChatTokenizer(folder, source))


PLAIN = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def test_an_answer_is_ended_by_the_vocabularys_own_end_where_the_template_has_none(folder: Path) -> None:
    tokenizer = ChatTokenizer(folder, PLAIN)
    check_template(tokenizer)
    assert tokenizer.ending == tokenizer._tokenizer.token_to_id("<|end|>")


def test_a_base_in_which_nothing_ends_an_answer_is_refused(tmp_path: Path) -> None:
    folder = tiny_base(tmp_path)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | {"eos_token": None}), encoding="utf-8")
    with pytest.raises(NoModel, match="nothing in its chat template ends an answer"):
        check_template(ChatTokenizer(folder, PLAIN))


def with_template(place: Path, source: str) -> Path:
    """Return a base whose own chat template is this one."""
    folder = tiny_base(place)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | {"chat_template": source}), encoding="utf-8")
    return folder


def test_a_base_that_would_be_asked_otherwise_is_not_added(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = with_template(tmp_path, TEMPLATE.replace("{{ m.content }}", "{{ m.content | upper }}"))
    with pytest.raises(NoModel, match="leaves out or changes what the user says"):
        manage.add(home, [folder])
    assert not catalogue.added(home)


def test_nor_is_it_chosen(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = with_template(tmp_path, TEMPLATE.replace("<|assistant|>", "<|assistant|>glued"))
    with pytest.raises(NoModel, match="Yes does not begin with that word"):
        manage.try_out(home, bases.base(str(folder)))


def test_what_is_learned_and_what_answers_have_the_homes_settings(tmp_path: Path) -> None:
    folder, place = tiny_base(tmp_path), tmp_path / "home"
    place.mkdir(0o700)
    toml = f'[model]\nbase = "{folder}"\n[template]\nsystem = "Remember."\nkwargs = {{ day = 2026-11-29 }}\n'
    (place / "config.toml").write_text(toml, encoding="utf-8")
    chat = [Message("user", "Did we talk about the tap?")]
    with Memory(place) as memory:
        fold = Fold(memory.home, memory.store, memory.config, memory.base)
        prompt = fold.datasets.tokenizer.prompt(chat)
        assert prompt == ChatTokenizer(folder, TEMPLATE).prompt([Message("system", "Remember."), *chat])
        assert memory._evaluator.runtime.chat_ids(chat) == prompt
        assert fold.generator._tokenizer.prompt(chat) == prompt
        made = fold._made_with(memory.config.train)
        plain = replace(memory.config, template=Template())
        assert made.keys() - Fold(memory.home, memory.store, plain, memory.base)._made_with(plain.train).keys() == {
            "template"
        }
