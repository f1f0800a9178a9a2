"""Dates in answers: found in the forms that people write, held against known days, left out in honest words."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.phrases.dates import UNDATED, YES_UNDATED, named, of_speech, spellings, undated
from plum_edge.records import spoken_date

DAY = date(2026, 3, 14)
OTHER = date(2026, 5, 2)


@pytest.mark.parametrize(
    "text",
    [
        "14 March 2026", "March 14, 2026", "March 14th, 2026", "14th of March 2026", "14 Mar 2026", "2026-03-14",
        "14/03/2026", "03/14/2026", "14.03.2026", "14.3.26", "14-03-2026", "2026/3/14", "14 March", "March 14th",
        "March 2026", "in March", "in 2026", "since March", "Mar. 14, 2026",
    ],
)  # fmt: skip
def test_a_date_is_found_in_any_usual_form(text: str) -> None:
    (found,) = named(f"Yes, we talked about it on {text}.".replace("on in", "in").replace("on since", "since"))
    assert found.among([DAY])
    assert not found.among([date(2019, 11, 30)])
    assert not found.among([])


@pytest.mark.parametrize(
    "text",
    [
        "Yes, we talked about it yesterday.",
        "You may find 14 pages in the second half of the book.",
        "The train leaves at 10:42 from platform 3.",
        "It was 3/8 inch.",
        "They march 20 miles a day.",
        "Version 1.2.3 came out.",
        "Call 0131 496 0123.",
        'You said: "He has been alive since November 2021."',
        "You said: “I fly on 3 June 2026.”",
        "Room 2026 is on the left.",
    ],
)
def test_what_is_no_date_or_stands_in_a_quote_is_none(text: str) -> None:
    assert [one for one in named(text) if one.year or one.day] == []


@given(st.dates(date(1950, 1, 1), date(2150, 12, 31)))
def test_every_day_as_answers_are_trained_to_say_it_is_that_day(day: date) -> None:
    (found,) = named(f"Yes, you told me on {spoken_date(datetime(day.year, day.month, day.day))}.")
    assert (found.year, found.month, found.day) == (day.year, day.month, day.day)
    assert found.among([day])
    assert found.after(date(1949, 1, 1))
    assert not found.after(day)


def test_a_month_is_in_the_future_when_it_lies_wholly_there() -> None:
    (month,) = named("We talked about it in June 2026.")
    assert month.after(date(2026, 5, 31))
    assert not month.after(date(2026, 6, 30))
    (day,) = named("We talked about it on 3 June.")
    assert not day.after(DAY)  # of no certain year


@pytest.mark.parametrize(
    ("sentence", "honest"),
    [
        ("Yes, on 9 May 2021.", YES_UNDATED),
        ("Yes, we talked about it on 9 May 2021.", YES_UNDATED),
        ("On 9 May 2021.", UNDATED),
        ("We talked about it on 9 May 2021.", UNDATED),
        ('On 9 May 2021 you said: "It drips."', 'You said: "It drips."'),
        ("On 9 May 2021, you mentioned a leak.", "You mentioned a leak."),
        ("Your flight was booked for 9 May 2021.", UNDATED),
    ],
)
def test_a_sentence_is_left_without_its_date(sentence: str, honest: str) -> None:
    assert undated(sentence) == honest
    assert named(undated(sentence)) == []


@pytest.mark.parametrize(
    ("sentence", "speech"),
    [
        ("Yes, on 9 May 2021.", True), ("On 9 May 2021.", True), ("You told me on 9 May 2021.", True),
        ("Yes, I mentioned it on 9 May 2021.", True), ("It was on 9 May 2021.", True),
        ("Your flight leaves on 9 May 2021.", False), ("The war ended on 8 May 1945.", False),
    ],
)  # fmt: skip
def test_a_day_of_talk_is_told_from_other_dates(sentence: str, speech: bool) -> None:
    assert of_speech(sentence) == speech


def test_a_date_is_looked_for_as_others_write_it() -> None:
    (found,) = named("It is on 2026-06-03.")
    assert list(spellings(found)) == ["2026-06-03", "3 June", "3rd June", "2026-06-03"]
