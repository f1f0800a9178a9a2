"""What is shown: dates, durations, tables, and text that must not drive the terminal."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.cli import terminal
from tests.strategies import moments, texts


@given(texts | st.text())
def test_cleaned_text_has_no_control_characters(text: str) -> None:
    cleaned = terminal.clean(text)
    assert all(unicodedata.category(c) != "Cc" or c in "\n\t" for c in cleaned)
    assert terminal.clean(cleaned) == cleaned


@given(st.text(), st.integers(2, 40))
def test_a_line_is_one_line_and_no_longer(text: str, width: int) -> None:
    line = terminal.one_line(text, width)
    assert len(line) <= width
    assert "\n" not in line


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.04, "0.0 s"), (9.9, "9.9 s"), (9.97, "10 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"),
     (899, "14 min"), (3840, "1 h 04 min"), (59.7, "1 min")],
)  # fmt: skip
def test_durations(seconds: float, told: str) -> None:
    assert terminal.duration(seconds) == told


@given(moments)
def test_a_date_is_the_one_of_its_own_offset(moment: datetime) -> None:
    assert datetime.strptime(terminal.day(moment), "%d %b %Y").date() == moment.date()


def test_spans_say_the_year_once() -> None:
    march, august = datetime(2026, 3, 12, tzinfo=UTC), datetime(2026, 8, 4, tzinfo=UTC)
    assert terminal.span(march, august) == "12 Mar – 4 Aug 2026"
    assert terminal.span(march.replace(year=2025), august) == "12 Mar 2025 – 4 Aug 2026"


def test_a_table_without_a_terminal_is_aligned_text(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(("id", "n", "title"), [("a", "1", "one\nline"), ("long", "100", "日本")], right=(1,))
    assert capsys.readouterr().out == "id      n  title\na       1  one line\nlong  100  日本\n"


def test_what_must_be_typed_is_quoted() -> None:
    assert terminal.home_option(None) == ""
    assert terminal.home_option("/a b") == " --home '/a b'"


def test_small_and_large_numbers() -> None:
    assert (terminal.size(35_000), terminal.size(1_249_000)) == ("35 kB", "1.2 MB")
    assert (terminal.tiny(2.6e-6), terminal.tiny(0.0)) == ("3e-6", "0")
    assert terminal.percent(None) == "–"
    assert (terminal.count(1, "pair"), terminal.count(1200, "pair")) == ("1 pair", "1,200 pairs")
