"""Moments out of whatever exports write: ISO 8601, RFC 2822, epochs, and clocks as programs print them.

A day without a time, and nothing else, comes back without an offset: it is the user's own. A time without a zone is
UTC, as nearly every program writes it. Knows nothing of which moments are likely.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_CLOCK = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T_ ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(.*)", re.ASCII
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+−-])(\d{2}):?(\d{2})?", re.ASCII)
_NOON = re.compile(r"\d\s?[AaPp]\.?[Mm]\b")
_NUMBER = re.compile(r"-?\d{1,19}(?:\.\d+)?", re.ASCII)
_PRINTED = (
    "%B %d, %Y, %I:%M %p", "%B %d, %Y %I:%M %p", "%b %d, %Y, %I:%M:%S %p", "%b %d, %Y, %I:%M %p", "%b %d, %Y %I:%M %p",
    "%d %B %Y %H:%M", "%d %b %Y %H:%M", "%d %B %Y, %H:%M", "%d %b %Y, %H:%M:%S", "%a %b %d %H:%M:%S %Y",
    "%m/%d/%Y, %I:%M:%S %p", "%m/%d/%Y %I:%M %p",
)  # fmt: skip
_PRINTED_DAYS = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y")
_NAMED = {"z", "utc", "gmt", "utc+0", "+0000 utc", "coordinated universal time"}


def parse(value: Any) -> datetime | None:
    """Return the moment that a value names, or None: aware at its own offset, or naive for a day of the user's own."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _epoch(value)
    if isinstance(value, dict):  # MongoDB's, in Grok's exports
        inner = next((value[key] for key in ("$date", "$numberLong", "$numberDouble") if key in value), None)
        return None if isinstance(inner, dict) and "$date" in inner else parse(inner)
    if not isinstance(value, str) or len(value) > 80:
        return None
    return _text(" ".join(value.split()))


def aware(value: Any) -> datetime | None:
    """As `parse`, with the beginning of the day in UTC for a day of the user's own."""
    moment = parse(value)
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _epoch(value: float) -> datetime | None:
    """Return the moment of a count since 1970, of seconds, milli-, micro- or nanoseconds: by its size.

    Seconds reach the year 5138 before they are taken for milliseconds, and those then begin in 1973.
    """
    size = abs(value)
    unit = 1 if size < 1e11 else 1_000 if size < 1e14 else 1_000_000 if size < 1e17 else 1_000_000_000
    try:
        if isinstance(value, int):
            return _EPOCH + timedelta(microseconds=value * 1_000_000 // unit)
        return _EPOCH + timedelta(seconds=value / unit)
    except (OverflowError, ValueError):
        return None


def _text(value: str) -> datetime | None:
    if _NUMBER.fullmatch(value):
        return _epoch(float(value) if "." in value else int(value)) if len(value) > 7 else None
    try:
        if _DAY.fullmatch(value):
            year, month, day = map(int, re.split(r"[-/.]", value))
            return datetime(year, month, day)
        clock = _CLOCK.fullmatch(value)
        if clock:
            return _clock(clock)
        moment = datetime.fromisoformat(value)  # weeks, ordinal days, no separators
        return moment if moment.tzinfo or len(value) <= 10 else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return _printed(value)


def _clock(found: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int((found[7] or "0").ljust(9, "0")[:6])
    zone, meridiem = found[8].strip(), ""
    if zone[:2].lower() in ("am", "pm"):
        meridiem, zone = zone[:2].lower(), zone[2:].strip()
        hour = hour % 12 + 12 * (meridiem == "pm")
    moment = datetime(year, month, day, hour, minute, min(second, 59), micro, UTC)  # a leap second is the one before
    if not zone or zone.lower() in _NAMED:
        return moment
    offset = _OFFSET.match(zone)
    if not offset:
        return None
    away = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    return datetime.fromisoformat(f"{moment.isoformat()[:-6]}{_written(away, offset[1] != '+')}")


def _written(away: timedelta, west: bool) -> str:
    minutes = away // timedelta(minutes=1)
    return f"{'-' if west else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def _printed(value: str) -> datetime | None:
    """Return a moment as mail and people write it."""
    try:
        if _NOON.search(value):  # mail knows none, and would pass over it
            raise ValueError
        moment = parsedate_to_datetime(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    plain = re.sub(r"\s+(?:at|um|UTC|GMT)\b", "", value.replace("\u202f", " "))
    for form in _PRINTED:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    for form in _PRINTED_DAYS:
        try:
            return datetime.strptime(plain, form)
        except ValueError:
            continue
    return None
