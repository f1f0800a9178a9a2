"""The hard parts of a text, in a form in which two texts can be compared: numbers by value, dates by the calendar.

"14 March", "on the 14th", "14.03.", "on Saturday" and "yesterday" can be one day: what was said is resolved against the
day on which it was said. Knows nothing of pairs.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from plum_edge.augment.llm.grammar.base import Grammar
from plum_edge.augment.phrases.words import words

_NEAR = 200
"""Days that a date without a year may be away: "2 January" in December is the one to come."""
_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_POINTS = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}))?")
_THE = re.compile(
    r"\b(?:the (\d{1,2})(?:st|nd|rd|th)\b|(?:am|zum|vom|der|dem|den) (\d{1,2})\.(?!\s?\d))", re.IGNORECASE
)
_SPAN = {
    "en": (re.compile(r"\b(\w+) (day|week)s? ago\b", re.I), re.compile(r"\bin (\w+) (day|week)s?\b", re.I)),
    "de": (re.compile(r"\bvor (\w+) (tag|woche)\w*\b", re.I), re.compile(r"\bin (\w+) (tag|woche)\w*\b", re.I)),
}
_WEEK = {"day": 1, "week": 7, "tag": 1, "woche": 7}
_BACK = re.compile(r"\b(?:last|letzte\w*|vergangene\w*|vorige\w*)\s+$", re.IGNORECASE)
_ON = re.compile(r"\b(?:next|coming|nächste\w*|kommende\w*)\s+$", re.IGNORECASE)


@dataclass(slots=True)
class Dates:
    """The days that a text speaks of, and what is left of it without them."""

    days: set[dt.date] = field(default_factory=set)
    loose: set[int] = field(default_factory=set)
    """Days of a month that is not named: "on the 26th"."""
    weekdays: set[int] = field(default_factory=set)
    """Days of the week that are named, Monday as 0."""
    exact: set[dt.date] = field(default_factory=set)
    """Those that are named otherwise than by a day of the week."""
    rest: str = ""

    def follow(self, said: Dates, day: dt.date) -> bool:
        """Whether these, of an answer, are those that were said; the ``day`` of talking is where none was said.

        A day of the week beside a date must be its own.
        """
        days = all(said.hold(one) or (one == day and not said) for one in self.exact)
        own = said.weekdays | {one.weekday() for one in (self.exact or said.exact)}
        return days and self.weekdays <= own and not (self.exact and self.weekdays - {o.weekday() for o in self.exact})

    def hold(self, day: dt.date) -> bool:
        """Whether this is one of them."""
        return day in self.days or day.day in self.loose

    def __bool__(self) -> bool:
        return bool(self.days or self.loose)


def dates(text: str, said: dt.date, grammar: Grammar) -> Dates:
    """Return the days that a text names, said on a day: relative ones and weekdays are resolved against it.

    A weekday gives the one before and the one after, where the words around it do not say which.
    """
    found = Dates(rest=text)
    _take(found, _ISO, lambda m: [_day(said, int(m[3]), int(m[2]), int(m[1]))])
    months = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in grammar.months)
    dotted = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? ({months})\b\.?(?:,? (\d{{4}}))?", re.IGNORECASE)
    turned = re.compile(rf"\b({months})\b\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?", re.IGNORECASE)
    _take(found, dotted, lambda m: [_day(said, int(m[1]), _month(m[2], grammar), int(m[3] or 0))])
    _take(found, turned, lambda m: [_day(said, int(m[2]), _month(m[1], grammar), int(m[3] or 0))])
    _take(found, _POINTS, lambda m: [_day(said, int(m[1]), int(m[2]), int(m[3] or 0))])
    for pattern, sign in zip(_SPAN[grammar.code], (-1, 1), strict=True):
        _take(found, pattern, lambda m, sign=sign: _spans(m, said, sign, grammar))
    for phrase, away in grammar.days.items():
        pattern = re.compile(rf"\b{phrase}\b", re.IGNORECASE)
        _take(found, pattern, lambda _, away=away: [said + dt.timedelta(days=away)])
    found.exact = set(found.days)
    for number, name in enumerate(grammar.weekdays):
        pattern = re.compile(rf"\b{name}s?\b", re.IGNORECASE)
        if pattern.search(found.rest):
            found.weekdays.add(number)
        _take(found, pattern, lambda m, number=number: _weekdays(m, said, number))
    for match in _THE.finditer(found.rest):
        found.loose.add(int(match[1] or match[2]))
    found.rest = _THE.sub(" ", found.rest)
    return found


def numbers(text: str, grammar: Grammar) -> set[str]:
    """Return the numbers of a text by their value: ``1,150`` and ``1150`` are one, ``twenty-two`` is ``22``.

    What is part of a measure or a time stays as it is: ``3/8``, ``1:52``.
    """
    found = set()
    for figure in _FIGURE.findall(text):
        whole = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", figure)
        found.add(re.sub(r"[.,]", "", figure) if whole else figure.replace(",", "."))
    spoken = [grammar.numbers.get(word) for word in words(text)]
    at = 0
    while at < len(spoken):
        value = spoken[at]
        if value is not None:
            after = spoken[at + 1] if at + 1 < len(spoken) else None
            if after is not None and 20 <= value < 100 and value % 10 == 0 and after < 10:
                value, at = value + after, at + 1
            found.add(str(value))
        at += 1
    return found


def is_number(word: str, grammar: Grammar) -> bool:
    """Whether a word is a number, in figures or spelled out."""
    return word in grammar.numbers or any(sign.isdigit() for sign in word)


def _take(found: Dates, pattern: re.Pattern[str], days: object) -> None:
    """Add the days of every match, and cut the matches out of what is left."""
    assert callable(days)
    for match in pattern.finditer(found.rest):
        found.days.update(day for day in days(match) if day is not None)
    found.rest = pattern.sub(" ", found.rest)


def _day(said: dt.date, day: int, month: int, year: int) -> dt.date | None:
    """Return the day; the year that is nearest to the day of talking where none is named; None if there is no such."""
    years = (year,) if year else (said.year - 1, said.year, said.year + 1)
    made = [one for one in (_date(number, month, day) for number in years) if one is not None]
    near = [one for one in made if year or abs((one - said).days) <= _NEAR]
    return min(near, key=lambda one: abs((one - said).days), default=None)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _month(name: str, grammar: Grammar) -> int:
    return next(n for n, month in enumerate(grammar.months, 1) if month.startswith(name.casefold()[:3]))


def _spans(match: re.Match[str], said: dt.date, sign: int, grammar: Grammar) -> Iterator[dt.date]:
    count = match[1].casefold()
    value = int(count) if count.isdigit() else grammar.numbers.get(count, 1 if count in ("a", "einem", "einer") else 0)
    if 0 < value < 1000:
        yield said + dt.timedelta(days=sign * value * _WEEK[match[2].casefold()])


def _weekdays(match: re.Match[str], said: dt.date, number: int) -> Iterator[dt.date]:
    before = match.string[: match.start()]
    ahead = (number - said.weekday() - 1) % 7 + 1
    if not _ON.search(before):
        yield said - dt.timedelta(days=(said.weekday() - number) % 7 or 7)
        if not ahead % 7:
            yield said
    if not _BACK.search(before):
        yield said + dt.timedelta(days=ahead)
        if _ON.search(before) and ahead <= 3:
            yield said + dt.timedelta(days=ahead + 7)
