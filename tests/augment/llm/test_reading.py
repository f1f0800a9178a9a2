"""What a model wrote is read whatever it is: junk, huge, nested, broken off, of wrong types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.llm.prompts import LONGEST_TEXT, MOST
from plum_edge.augment.llm.reading import read

GOOD: dict[str, Any] = {
    "kind": "open", "discussed": True, "cites": [2, 0, 2], "topic": "brass washer",
    "question": "What did I buy?", "answer": "A brass washer.",
}  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner),
    max_leaves=12,
)


def answer(*objects: object) -> str:
    return json.dumps({"pairs": list(objects)})


def test_whole_pairs_are_read_and_citations_are_a_set() -> None:
    (one,), broken = read(answer(GOOD))
    assert (one.kind, one.cites, one.answer, broken) == ("open", (0, 2), "A brass washer.", 0)


def test_an_answer_that_broke_off_gives_what_is_whole() -> None:
    whole = answer(GOOD, GOOD)
    found, broken = read(whole[:-40])
    assert len(found) == 1 and broken == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "both"}, {"kind": ["open"]}, {"discussed": "yes"}, {"cites": "0"}, {"cites": [True]}, {"cites": [0.5]},
        {"topic": ""}, {"question": None}, {"question": "y" * (LONGEST_TEXT + 1)}, {"answer": "z" * 10_000},
    ],
)  # fmt: skip
def test_a_pair_of_another_form_is_none(wrong: dict[str, Any]) -> None:
    assert read(answer(GOOD | wrong)) == ([], 1)


def test_no_more_than_were_asked_for() -> None:
    found, broken = read(answer(*[GOOD] * (MOST + 3)))
    assert (len(found), broken) == (MOST, 3)


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "I will not.",
        "{",
        "[" * 100_000,
        '{"pairs": [' + '{"a":' * 50_000,
        f'{{"pairs": [{{"cites": [{"9" * 5000}]}}]}}',
    ],
)
def test_junk_gives_nothing_and_breaks_nothing(junk: str) -> None:
    assert read(junk)[0] == []


def test_text_is_one_printable_line() -> None:
    (one,), _ = read(answer(GOOD | {"answer": "A brass\u0000 \n\twasher\u202e."}))
    assert one.answer == "A brass washer ."


@given(st.text() | json_values.map(answer))
def test_any_text_is_read(text: str) -> None:
    found, _ = read(text)
    assert len(found) <= MOST
    assert all(one.kind in ("open", "closed") and one.question.isprintable() for one in found)
