"""Markdown while it is written: the same however it comes in pieces, nothing lost, and within the width."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from plum_edge.cli.chat.markdown import Markdown


def console(colour: bool = False) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, color_system="standard" if colour else None, width=40, _environ={}
    )


def shown(pieces: Iterable[str], width: int = 40, *, colour: bool = False) -> str:
    """Return all that is written for an answer that comes in these pieces."""
    markdown = Markdown(console(colour), lambda: width)
    return "".join(map(markdown.feed, pieces)) + markdown.end()


PARTS = st.lists(
    st.sampled_from(
        ["# ", "## ", "- ", "* ", "1. ", "> ", "**", "*", "`", "```", "```python\n", "~~~\n", "| a | b |", "---", "\n",
         "\n\n", " ", "  ", "word", "longer words here", "日本語", "🙂", "\\*", "2 * 3", "snake_case",
         "def f(): return 1"]
    ),
    max_size=30,
)  # fmt: skip
TEXTS = PARTS.map("".join)


@st.composite
def cut(draw: st.DrawFn) -> tuple[str, list[str]]:
    text = draw(TEXTS)
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)) | {0, len(text)})
    return text, [text[a:b] for a, b in itertools.pairwise(places)]


@given(cut())
def test_it_is_the_same_however_it_comes(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert shown(pieces) == shown([text]) == shown(text)


@given(TEXTS, st.integers(8, 60))
def test_no_letter_is_lost_and_none_is_shown_twice(text: str, width: int) -> None:
    def letters(of: str) -> str:
        return re.sub(r"[\s`*#>~\\+-]", "", of)

    assert letters(shown([text], width)) == letters(text)


@given(
    st.lists(st.sampled_from(["some", "words", "of", "prose,", "日本", "**strong", "words**", "`code`"]), max_size=40)
)
def test_prose_stays_within_the_width(words: list[str]) -> None:
    assert all(cell_len(line) <= 20 for line in shown([" ".join(words)], 20).split("\n"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Bold** and *soft* and `code`.", "Bold and soft and code."),
        ("2 * 3 * 4 is `open", "2 * 3 * 4 is `open"),
        ("5 ** never closed", "5 ** never closed"),
        ("a \\*star\\* and snake_case", "a *star* and snake_case"),
        ("## Heading ##\ntext", "Heading\ntext"),
        ("#hashtag", "#hashtag"),
        ("* one\n+ two\n- three", "- one\n- two\n- three"),
        ("2026 was a year", "2026 was a year"),
        ("```\n**not bold**\n```\n**bold**", "```\n**not bold**\n```\nbold"),
        ("| a | **b** |\n|---|---|", "| a | **b** |\n|---|---|"),
        ("---", "---"),
        ("a `` ` `` tick", "a ` tick"),
    ],
)
def test_what_is_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_list_hangs_below_its_text() -> None:
    assert shown(["- one two three four"], 12) == "- one two\n  three four"
    assert shown(["10. one two three"], 12) == "10. one two\n    three"


def test_a_long_address_is_left_whole() -> None:
    address = "https://example.org/" + "a" * 40
    assert shown([f"see {address} there"], 20).split() == ["see", address, "there"]
    assert shown([f"see {address}"], 20) == f"see\n{address}"


def test_text_is_shown_before_the_line_ends() -> None:
    markdown = Markdown(console(), lambda: 40)
    assert markdown.feed("The washer ") == "The washer"
    assert markdown.feed("was **three") == " was"
    assert markdown.feed("-eighths** inch") == " three-eighths"
    assert markdown.end() == " inch"


def test_styles_are_the_terminals() -> None:
    assert shown(["**b**"], colour=True) == "\x1b[1mb\x1b[0m"
    assert shown(["*i* `c`"], colour=True) == "\x1b[3mi\x1b[0m \x1b[36mc\x1b[0m"
    code = shown(["```python\ndef f(): pass\n```\n"], colour=True)
    assert "\x1b[" in code.split("\n")[1]
    assert re.sub(r"\x1b\[[0-9;]*m", "", code) == "```python\ndef f(): pass\n```\n"


def test_a_line_of_code_depends_on_those_before_it() -> None:
    quoted, bare = (shown([f"```python\n{first}\nreturn\n```"], colour=True).split("\n")[2] for first in ('"""', "x"))
    assert quoted != bare


def test_an_unknown_language_is_plain() -> None:
    assert shown("```nonesuch\nx = 1\n```") == "```nonesuch\nx = 1\n```"
