"""Numbers in words and in digits are the same numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.phrases.numbers import in_digits


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("eighty three", "83"),
        ("eighty three years", "83 years"),
        ("two hundred", "200"),
        ("two hundred and fifty dollars", "250 dollars"),
        ("hundred", "100"),
        ("twelve hundred", "1200"),
        ("three hundred thousand", "300000"),
        ("two thousand three hundred and five", "2305"),
        ("two thousand twenty six", "2026"),
        ("nine thirty", "9 30"),
        ("twenty twenty six", "20 26"),
        ("eleventh of april", "11 of april"),
        ("11th of april", "11 of april"),
        ("thirty first", "31"),
        ("salt and two eggs", "salt and 2 eggs"),
        ("two hundred and salt", "200 and salt"),
        ("weigh the tenant", "weigh the tenant"),
        ("", ""),
    ],
)
def test_numbers_in_digits(said: str, digits: str) -> None:
    assert in_digits(said.split()) == digits.split()


_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


@given(st.integers(1, 9), st.integers(2, 9), st.integers(1, 9))
def test_every_number_of_three_words_or_more(hundreds: int, tens: int, units: int) -> None:
    said = f"{_UNITS[hundreds - 1]} hundred {_TENS[tens - 2]} {_UNITS[units - 1]}"
    assert in_digits(said.split()) == [str(100 * hundreds + 10 * tens + units)]


@given(st.lists(st.text(st.characters(categories=["Ll"]), min_size=1)))
def test_it_reads_any_words_and_reads_its_own_digits_as_they_are(words: list[str]) -> None:
    assert in_digits(in_digits(words)) == in_digits(words)
