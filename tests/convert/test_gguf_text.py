"""The tokenizer that is made of a GGUF's own vocabulary reads every text as llama.cpp reads it; and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.bases.base_check import STRINGS
from plum_edge.convert import gguf, gguf_text
from plum_edge.convert.gguf_weights import GgufWeights
from plum_edge.convert.vocabulary import chat_template
from plum_edge.records import Message
from plum_edge.runtime.engine import Engine
from plum_edge.templates.tokens import ChatTokenizer
from tests import tiny, zoo
from tests.convert.smollm2 import needs_smollm2, smollm2

ALPHABET = "abcdefgnst  \n\t'.,!?-_0123456789éßжあ日🍞=*#<>|/\\\"ABC\u00a0\u200d▁Ġ"


def texts() -> list[str]:
    """Return more than a thousand texts: sentences, strings that are known to differ, letters by chance, runs."""
    rng = random.Random(1)
    mixed = ["".join(rng.choices(ALPHABET, k=rng.randrange(1, 40))) for _ in range(500)]
    runs = ["".join(rng.choice(ALPHABET) * rng.randrange(1, 9) for _ in range(rng.randrange(1, 8))) for _ in range(200)]
    return [*STRINGS, *tiny.text(7, 400), *mixed, *runs]


def pair(path: Path, folder: Path) -> tuple[Engine, ChatTokenizer]:
    """Return llama.cpp's reading of a GGUF, and ours."""
    weights = GgufWeights(path)
    folder.mkdir()
    gguf_text.write(folder, weights.header.metadata, weights.config)
    return Engine(path, context=32), ChatTokenizer(folder, chat_template(folder) or "")


def hold(path: Path, folder: Path) -> None:
    theirs, ours = pair(path, folder)
    try:
        wrong = [text for text in texts() if theirs.vocabulary.encode(text) != ours.encode(text)]
    finally:
        theirs.close()
    assert len(texts()) >= 1000
    assert wrong == []


@pytest.mark.parametrize("name", sorted(zoo.FAMILIES))
def test_a_thousand_texts_are_read_alike(name: str, tmp_path: Path) -> None:
    gguf.write_base(zoo.base(name, tmp_path), tmp_path / "b.gguf")
    hold(tmp_path / "b.gguf", tmp_path / "text")


@needs_smollm2
def test_smollm2_reads_a_thousand_texts_alike(tmp_path: Path) -> None:
    hold(smollm2(), tmp_path / "text")


@pytest.fixture(scope="module")
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("both")
    gguf.write_base(zoo.base(request.param, folder), folder / "b.gguf")
    theirs, ours = pair(folder / "b.gguf", folder / "text")
    yield theirs, ours
    theirs.close()


@pytest.mark.parametrize("both", ["llama-2", "gemma-2", "llama-3", "smollm2", "qwen2"], indirect=True)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Mn", "Mc", "Me"]), max_size=60))
@settings(max_examples=200)
def test_any_text_is_read_alike(both: tuple[Engine, ChatTokenizer], text: str) -> None:
    theirs, ours = both
    assert theirs.vocabulary.encode(text) == ours.encode(text)


@pytest.mark.parametrize("name", sorted(zoo.FAMILIES))
def test_a_chat_is_rendered_as_from_the_folder(name: str, tmp_path: Path) -> None:
    folder = zoo.base(name, tmp_path)
    gguf.write_base(folder, tmp_path / "b.gguf")
    theirs, ours = pair(tmp_path / "b.gguf", tmp_path / "text")
    theirs.close()
    before = ChatTokenizer(folder, chat_template(folder) or "")
    chat = [Message("user", "Did we talk about bread? <|im_end|>"), Message("assistant", "Yes, on 14 March.")]
    assert ours.prompt(chat[:1]) == before.prompt(chat[:1])
    assert ours.example(chat) == before.example(chat)
    assert ours.decode(ours.encode(" two  words")) == before.decode(before.encode(" two  words"))


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("llama-3", {"tokenizer.ggml.pre": "tekken"}, "'tekken'"),
        ("llama-3", {"tokenizer.ggml.pre": None}, "cuts text"),
        ("llama-3", {"tokenizer.ggml.model": "bert"}, "kind 'bert'"),
        ("llama-3", {"tokenizer.ggml.merges": ["a b c", "zz"]}, "merges"),
        ("llama-3", {"tokenizer.ggml.merges": []}, "merges"),
        ("llama-2", {"tokenizer.ggml.tokens": []}, "damaged"),
        ("llama-2", {"tokenizer.ggml.tokens": [1, 2]}, "no list of the right kind"),
        ("llama-2", {"tokenizer.ggml.token_type": [1]}, "damaged"),
        ("llama-2", {"tokenizer.ggml.scores": [0.5]}, "scores"),
    ],
)
def test_a_vocabulary_that_is_not_whole_or_not_known_is_refused(
    name: str, change: dict[str, Any], says: str, tmp_path: Path
) -> None:
    gguf.write_base(zoo.base(name, tmp_path), tmp_path / "b.gguf")
    weights = GgufWeights(tmp_path / "b.gguf")
    metadata = {key: value for key, value in {**weights.header.metadata, **change}.items() if value is not None}
    with pytest.raises(ValueError, match=says):
        gguf_text.write(tmp_path, metadata, weights.config)


def test_another_name_for_the_same_cut_is_known(tmp_path: Path) -> None:
    gguf.write_base(zoo.base("llama-3", tmp_path), tmp_path / "b.gguf")
    weights = GgufWeights(tmp_path / "b.gguf")
    metadata = weights.header.metadata
    written = []
    for name in ("llama-bpe", "llama-v3"):
        gguf_text.write(tmp_path, {**metadata, "tokenizer.ggml.pre": name}, weights.config)
        written.append((tmp_path / "tokenizer.json").read_bytes())
    assert written[0] == written[1]


def test_what_ends_a_turn_is_control_whatever_a_file_says(tmp_path: Path) -> None:
    gguf.write_base(zoo.base("smollm2", tmp_path), tmp_path / "b.gguf")
    weights = GgufWeights(tmp_path / "b.gguf")
    metadata = dict(weights.header.metadata)
    at = metadata["tokenizer.ggml.tokens"].index("<|im_end|>")
    metadata["tokenizer.ggml.token_type"] = [
        1 if i == at else kind for i, kind in enumerate(metadata["tokenizer.ggml.token_type"])
    ]
    gguf_text.write(tmp_path, metadata, weights.config)
    added = json.loads((tmp_path / "tokenizer.json").read_text())["added_tokens"]
    assert [one["special"] for one in added if one["content"] == "<|im_end|>"] == [True]
