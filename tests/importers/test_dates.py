"""Dates: every common form, the user's own day, and what is done where there is none."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.config import Log
from plum_edge.importers import Reading, Wishes, dates, read
from plum_edge.records import Conversation, spoken_date

NOON = datetime(2026, 3, 12, 19, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-12T19:42:00Z", "2026-03-12T19:42Z", "2026-03-12 19:42:00", "2026-03-12 19:42:00 UTC",
        "2026-03-12T19:42:00+00:00", "2026-03-12T19:42:00.000000000Z", "20260312T194200Z", "2026/03/12 19:42:00",
        "Thu, 12 Mar 2026 19:42:00 GMT", "Thu, 12 Mar 2026 20:42:00 +0100", "12 Mar 2026 19:42:00 -0000",
        "March 12, 2026 at 7:42 PM", "Mar 12, 2026, 7:42:00 PM", "2026-03-12, 7:42 PM", "Thu Mar 12 19:42:00 2026",
        "2026-03-12T14:42:00-05:00", "2026-03-13 01:12:00 +05:30", "2026-03-12 20:42 GMT+01:00",
        1773344520, 1773344520.0, 1773344520000, 1773344520000000, 1773344520000000000, "1773344520", "1773344520.0",
        "1773344520000", " 1773344520 ", {"$date": "2026-03-12T19:42:00Z"}, {"$date": {"$numberLong": "1773344520000"}},
    ],
)  # fmt: skip
def test_a_moment_in_every_form(written: Any) -> None:
    assert dates.parse(written) == NOON


@pytest.mark.parametrize(
    ("written", "micro"),
    [("…T19:42:00.1Z", 100000), ("…T19:42:00.1234567Z", 123456), ("…T19:42:00.123456789+00:00", 123456)],
)
def test_fractions_to_nine_digits(written: str, micro: int) -> None:
    assert dates.parse(written.replace("…", "2026-03-12")) == NOON.replace(microsecond=micro)


@pytest.mark.parametrize("written", ["2026-03-12", "2026/03/12", "12 March 2026", "March 12, 2026", "Mar 12, 2026"])
def test_a_day_is_the_users_own(written: str) -> None:
    assert dates.parse(written) == datetime(2026, 3, 12)


@pytest.mark.parametrize(
    "nothing",
    [None, True, "", "yesterday", "12", "2026", "2026-02-30", "2026-13-01T00:00:00Z", "2026-03-12T25:00:00Z", [], {},
     float("nan"), float("inf"), 10**40, -(10**40), "9" * 70, {"$date": {"$date": {"$date": 1}}}, "12:30", "1.2.3"],
)  # fmt: skip
def test_what_is_no_date(nothing: Any) -> None:
    assert dates.parse(nothing) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["$date", "$numberLong"]), inner),
)


@given(json_values | st.from_regex(r"[0-9TZ:/. +APM-]{1,30}", fullmatch=True))
def test_no_value_ends_in_an_error(value: Any) -> None:
    found = dates.parse(value)
    assert found is None or isinstance(found, datetime)
    if found is not None:
        assert Log("Europe/Berlin").local(found).utcoffset() is not None


@given(st.datetimes(datetime(1990, 1, 2), datetime(2090, 1, 1), timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_any_instant_in_any_offset(moment: datetime, minutes: int) -> None:
    there = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert dates.parse(there.isoformat()) == moment
    whole = moment.replace(microsecond=0)
    for unit in (1, 10**3, 10**6, 10**9):
        count = int(whole.timestamp()) * unit
        assert dates.parse(count) == dates.parse(str(count)) == whole


# Whose day it is -----------------------------------------------------------------------------------------------------


def talks(folder: Path, *moments: Any, log: Log, since: datetime | None = None) -> list[Conversation]:
    path = folder / "log.jsonl"
    said = {"messages": [{"role": "user", "content": "The kettle is blue."}]}
    rows = [{"id": str(n), "created_at": moment, **said} for n, moment in enumerate(moments)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return list(read(path, wishes=Wishes(log=log, since=since)).conversations)


def test_an_instant_is_the_users_own_day_with_the_summer_time_of_that_day(tmp_path: Path) -> None:
    berlin = Log("Europe/Berlin")
    winter, summer, own, day = talks(
        tmp_path, "2026-01-15T23:30:00Z", 1784413800, "2026-07-18T23:30:00-05:00", "2026-07-18", log=berlin
    )
    assert winter.created_at.isoformat() == "2026-01-16T00:30:00+01:00"
    assert summer.created_at.isoformat() == "2026-07-19T00:30:00+02:00"
    assert own.created_at.isoformat() == "2026-07-18T23:30:00-05:00", "an offset of its own is kept"
    assert day.created_at.isoformat() == "2026-07-18T00:00:00+02:00"
    assert [spoken_date(one.created_at) for one in (winter, summer, day)] == [
        "16 January 2026", "19 July 2026", "18 July 2026"
    ]  # fmt: skip


def test_since_is_the_users_own_day(tmp_path: Path) -> None:
    def ids(zone: str) -> list[str]:
        moments = ("2026-07-18T21:59:00Z", "2026-07-18T22:00:00Z")
        return [one.id for one in talks(tmp_path, *moments, log=Log(zone), since=datetime(2026, 7, 19))]

    assert ids("Europe/Berlin") == ["1"]
    assert ids("UTC") == []
    assert ids("Asia/Tokyo") == ["0", "1"]


def test_the_systems_zone_is_meant_where_none_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        (one,) = talks(tmp_path, "2026-07-19T02:00:00Z", log=Log())
        assert one.created_at.isoformat() == "2026-07-18T22:00:00-04:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_id_does_not_hang_on_the_zone(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"created_at": "2026-03-12", "messages": [{"role": "user", "content": "The kettle is blue."}]}')
    ids = {read(path, wishes=Wishes(log=Log(zone))).conversations[0].id for zone in ("UTC", "Asia/Tokyo")}
    assert len(ids) == 1


# Without a date ------------------------------------------------------------------------------------------------------


def test_what_has_no_date_stands_beside_its_neighbours(tmp_path: Path) -> None:
    found = talks(tmp_path, None, "soon", "2026-03-12T10:00:00Z", None, "2026-03-14T10:00:00Z", log=Log("UTC"))
    assert [one.dated for one in found] == [False, False, True, False, True]
    assert [one.created_at.day for one in found] == [12, 12, 12, 12, 14]
    assert [one.id for one in found] == ["0", "1", "2", "3", "4"]
    reading = Reading(tmp_path / "log.jsonl", Wishes(log=Log("UTC")))
    assert len(list(reading)) == 5
    assert reading.dates == {"without a date": 3}


def test_a_file_without_any_date_gives_its_own(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "When?"}]}\n')
    os.utime(path, (1_700_000_000, 1_700_000_000.9))
    (one,) = read(path).conversations
    assert (one.created_at, one.dated) == (datetime.fromtimestamp(1_700_000_000, UTC), False)


def test_more_without_a_date_than_can_wait(tmp_path: Path) -> None:
    found = talks(tmp_path, *[None] * 1300, "2026-03-12T10:00:00Z", log=Log("UTC"))
    assert [one.id for one in found] == [str(n) for n in range(1301)]
    assert sum(one.dated for one in found) == 1


def test_dates_that_cannot_be_are_said_and_not_believed(tmp_path: Path) -> None:
    far = datetime.now(UTC) + timedelta(days=40)
    found = talks(tmp_path, "1970-01-01T00:00:00Z", "2026-03-12T10:00:00Z", far.isoformat(), 0, log=Log("UTC"))
    assert [one.dated for one in found] == [False, True, False, False]
    assert {one.created_at.isoformat() for one in found} == {"2026-03-12T10:00:00+00:00"}
    reading = Reading(tmp_path / "log.jsonl", Wishes(log=Log("UTC")))
    list(reading)
    assert reading.dates == {"with a date in the future": 1, "with a date before 1990": 2}


def test_a_message_dates_its_conversation(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    messages = [
        {"role": "user", "content": "Hello", "created_at": 0},
        {"role": "assistant", "content": "Hi", "created_at": "2026-03-12T10:00:00Z"},
    ]
    path.write_text(json.dumps({"created_at": None, "messages": messages}))
    (one,) = read(path, wishes=Wishes(log=Log("UTC"))).conversations
    assert (one.created_at.isoformat(), one.dated) == ("2026-03-12T10:00:00+00:00", True)
    assert one.messages[0].created_at is None
