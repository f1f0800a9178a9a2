"""Days and numbers as people say them, by the calendar and by value."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.llm.grammar.english import ENGLISH
from plum_edge.augment.llm.grammar.german import GERMAN
from plum_edge.augment.llm.proofs import dates, numbers
from plum_edge.augment.llm.support import unsupported
from plum_edge.records import Message, Segment, spoken_date

SATURDAY = dt.date(2026, 3, 14)


def day(month: int, number: int, year: int = 2026) -> dt.date:
    return dt.date(year, month, number)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("on 19 March 2026", {day(3, 19)}),
        ("on March 19th", {day(3, 19)}),
        ("the 12th of December", {day(12, 12, 2025)}),
        ("on 2026-03-19", {day(3, 19)}),
        ("yesterday", {day(3, 13)}),
        ("last night", {day(3, 13)}),
        ("the day after tomorrow", {day(3, 16)}),
        ("three weeks ago", {day(2, 21)}),
        ("in 10 days", {day(3, 24)}),
        ("on Tuesday", {day(3, 10), day(3, 17)}),
        ("last Tuesday", {day(3, 10)}),
        ("next Thursday", {day(3, 19)}),
        ("in March we may march", set()),
        ("31 February 2026", set()),
    ],
)
def test_english_days(text: str, found: set[dt.date]) -> None:
    assert dates(text, SATURDAY, ENGLISH).days == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("am 19. März 2026", {day(3, 19)}),
        ("am 19.03.", {day(3, 19)}),
        ("am 19.03.2026", {day(3, 19)}),
        ("vorgestern", {day(3, 12)}),
        ("übermorgen", {day(3, 16)}),
        ("vor drei Wochen", {day(2, 21)}),
        ("am Dienstag", {day(3, 10), day(3, 17)}),
        ("nächsten Donnerstag", {day(3, 19)}),
        ("am Mittwoch, dem 18. März", {day(3, 11), day(3, 18)}),
    ],
)
def test_german_days(text: str, found: set[dt.date]) -> None:
    assert dates(text, SATURDAY, GERMAN).days == found


def test_a_day_without_a_month_is_any_such_day() -> None:
    said = dates("back on the 26th", SATURDAY, ENGLISH)
    assert said.hold(day(3, 26)) and said.hold(day(4, 26)) and not said.hold(day(3, 27))


def test_a_day_of_the_week_beside_a_date_is_its_own() -> None:
    said = dates("on Thursday", SATURDAY, ENGLISH)
    assert dates("Thursday, 19 March 2026", SATURDAY, ENGLISH).follow(said, SATURDAY)
    assert not dates("Friday, 19 March 2026", SATURDAY, ENGLISH).follow(said, SATURDAY)
    assert not dates("20 March 2026", SATURDAY, ENGLISH).follow(said, SATURDAY)


def test_the_day_of_talking_stands_where_no_other_was_said() -> None:
    answer = dates("on 14 March 2026", SATURDAY, ENGLISH)
    assert answer.follow(dates("I bought it.", SATURDAY, ENGLISH), SATURDAY)
    assert not answer.follow(dates("I bought it yesterday.", SATURDAY, ENGLISH), SATURDAY)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2060, 1, 1)))
def test_a_spoken_date_is_that_day(one: dt.date) -> None:
    spoken = spoken_date(dt.datetime(one.year, one.month, one.day, tzinfo=dt.UTC))
    assert dates(f"It was on {spoken}.", SATURDAY, ENGLISH).days == {one}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The rent is £1,150.", {"1150"}),
        ("41,500 or 41500", {"41500"}),
        ("twenty-two guests and two cats", {"22", "2"}),
        ("a 3/8 inch washer at 1:52", {"3/8", "1:52"}),
    ],
)
def test_english_numbers(text: str, found: set[str]) -> None:
    assert numbers(text, ENGLISH) == found


def test_german_numbers() -> None:
    assert numbers("1.150 Euro für sieben Leute", GERMAN) == {"1150", "7"}


def test_a_day_that_is_guessed_proves_no_date() -> None:
    told = (Message("user", "I bought the brass padlock yesterday. It was heavy."), Message("assistant", "Good."))
    sure = Segment("a/0", "a", "", dt.datetime(2026, 3, 15, 9, tzinfo=dt.UTC), told)
    asked, answer = "When did I buy the brass padlock?", "You bought the brass padlock on 14 March 2026."
    how = {"closed": False, "cites": (0,), "grammar": ENGLISH}
    assert unsupported(asked, answer, segment=sure, **how) == ""  # type: ignore[arg-type]
    guessed = replace(sure, dated=False)
    assert unsupported(asked, answer, segment=guessed, **how) == "date not grounded"  # type: ignore[arg-type]
