"""Thoughts are left out, however the text comes in pieces; what only looks like one is not."""

from __future__ import annotations

import itertools
from pathlib import Path

import gguf as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.runtime import Runtime, without_thoughts
from plum_edge.runtime.thinking import MARKS, Visible, begun
from tests.runtime.test_session import ASK, chain, folder, spoken

__all__ = ["folder"]

CASES = {
    "<think>\nHm, the tap.\n</think>\n\nYes, in May.": "Yes, in May.",
    "<think></think>Yes.": "Yes.",
    " \n<think>a</think> Yes.": " \nYes.",
    "First.\n<thinking>second?</thinking>\nThird.": "First.\nThird.",
    "[THINK]a < b[/THINK]No.": "No.",
    "◁think▷…◁/think▷好": "好",
    "<think>never done": "",
    "It puts its thoughts in <think> and </think>.": "It puts its thoughts in <think> and </think>.",
    "a <b> and a < b, [1] too": "a <b> and a < b, [1] too",
    "<thin": "<thin",
    "": "",
}


@pytest.mark.parametrize(("said", "shown"), CASES.items())
def test_thoughts_are_left_out(said: str, shown: str) -> None:
    assert without_thoughts(said) == shown


@given(st.sampled_from(list(CASES)), st.lists(st.integers(0, 60), max_size=12))
def test_however_it_comes_in_pieces(said: str, cuts: list[int]) -> None:
    places = sorted({0, len(said), *(min(cut, len(said)) for cut in cuts)})
    visible = Visible()
    pieces = [visible.feed(said[a:b]) for a, b in itertools.pairwise(places)]
    assert "".join(pieces) + visible.end() == CASES[said]


@given(st.text(st.sampled_from("<>/thinkTHINK[] \n.a")))
def test_an_answer_without_a_mark_is_shown_whole(said: str) -> None:
    if not any(mark in said for pair in MARKS.items() for mark in pair):
        visible = Visible()
        assert visible.feed(said) + visible.end() == said == without_thoughts(said)


def test_a_thought_that_the_prompt_opened_ends_at_the_first_closing_mark() -> None:
    visible = Visible(thinking=begun("<|im_start|>assistant\n<think>\n"))
    assert visible.feed("Hm.</th") + visible.feed("ink>\nYes.") + visible.end() == "Yes."
    assert without_thoughts("Hm.\n</think>\n\nYes.") == "Yes."
    assert not begun("What does <think> do?<|im_end|>\n<|im_start|>assistant\n")


@pytest.mark.parametrize("kind", ["control", "user defined"])
def test_what_a_model_thinks_is_neither_shown_nor_counted(tmp_path: Path, folder: Path, kind: str) -> None:
    """The marks are tokens of the model's own here: two of its control tokens, renamed."""
    thought, answer = spoken(folder, "quiet window"), spoken(folder, "bread train")
    opening, closing = 3, 4
    with chain(tmp_path, [opening, *thought, closing, *answer, 6]) as plain:
        assert plain.answer(ASK) == ""  # as they stand these are tokens that end an answer
    renamed = rename(tmp_path / "chain.gguf", {opening: "<think>", closing: "</think>"}, 3 if kind == "control" else 4)
    with Runtime(renamed) as runtime:
        assert runtime.answer(ASK) == "bread train"
        assert runtime.answer(ASK, max_tokens=len(answer)) == "bread train"
        assert runtime.answer(ASK, max_tokens=1) == runtime.decode(answer[:1])


def rename(path: Path, names: dict[int, str], kind: int) -> Path:
    """Return a copy of a GGUF whose tokens are called otherwise, and are of another kind."""
    reader = library.GGUFReader(path)
    writer = library.GGUFWriter(path.with_name("renamed.gguf"), "llama")
    for name, value in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        contents, sort = value.contents(), value.types[0]
        if name == "tokenizer.ggml.tokens":
            contents = [names.get(n, token) for n, token in enumerate(contents)]
        if name == "tokenizer.ggml.token_type":
            contents = [kind if n in names else number for n, number in enumerate(contents)]
        inner = value.types[-1] if sort == library.GGUFValueType.ARRAY else None
        writer.add_key_value(name, contents, sort, sub_type=inner)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.with_name("renamed.gguf")
