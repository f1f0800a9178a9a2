"""Dates as English answers write them, found in a text; and the honest words for one that cannot be vouched for.

Forms: "14 March 2026", "March 14th, 2026", "14 March", "March 2026", "in March", "in 2026", "2026-03-14", "14/03/2026"
(either way round), "14.03.26". Not resolved: "yesterday", "last week". Knows nothing of what the log holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from plum_edge.records import spoken_date

YES_UNDATED = "Yes, but I do not remember when."
"""Stands for a yes with a date that cannot be vouched for."""
UNDATED = "I do not remember the day."
"""Stands for any other sentence with such a date."""
NOT_LOGGED = "The log has nothing from {date}, and nothing in it names that date."
"""Answers a question about a day that nothing is known of."""
NO_NOT_LOGGED = "No: the log has nothing from {date}, and nothing in it names that date."
"""The same where a yes or no is wanted."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?=(?-i:[A-Z]))(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"\b(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:1\d|20|21)\d\d)\b"
_BEFORE = re.compile(r"^(?:in|since|during|of|last|early|late) ", re.IGNORECASE)
_SMALL = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?)\b|(?:(?<=\d )|(?<=\d[snrt][tdh] )|(?<=\d[snrt][tdh] of )|\b(?=\w+ \d))(?:mar(?:ch)?|may)\b"
)
"""Months as people type them in haste; "may" and "march" only beside a number."""
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?",
        rf"\b{_MONTH} (?:the )?{_DAY}\b(?!:| ?[ap]\.?m\b)(?:,? {_YEAR})?",
        rf"\b{_MONTH},? (?:of )?{_YEAR}",
        r"\b(?P<year>(?:1\d|20|21)\d\d)[-/.](?P<month>[01]?\d)[-/.](?P<day>[0-3]?\d)\b",
        r"\b(?P<day>[0-3]?\d)(?P<sign>[-/.])(?P<month>[0-3]?\d)(?P=sign)(?P<year>(?:(?:1\d|20|21)\d\d|"
        r"\d\d))\b(?![-/.]\d)",
        rf"\b(?:in|since|during|of) (?P<whole>{_YEAR})",
        rf"\b(?:in|since|during|last|early|late) {_MONTH}",
    )
)
_HIDDEN = re.compile(r'"[^"]*(?:"|\Z)|“[^”]*(?:”|\Z)')
_DATED_SPEECH = re.compile(
    r"^\W*(?:yes\W+)?(?:(?:on|in|since) |(?:we|you|i)(?:'ve| have| had)? (?:both |last |first )?(?:talked|spoke|"
    r"spoken|discussed|"
    r"chatted|told|said|mentioned|asked|wrote|brought|raised)\b|(?:it|that) (?:was|came up)\b)",
    re.IGNORECASE,
)
_BEFORE_SPEECH = re.compile(
    r"^\W*(?:on|in) [^,:\"“]{3,40}?,? (?=(?:you|we|i) (?:said|told|mentioned|asked|suggested|wrote)\b)", re.I
)


@dataclass(frozen=True, slots=True)
class Named:
    """A date that a text names, as written; what it leaves open is None. ``other``: read the other way round."""

    text: str
    year: int | None
    month: int | None
    day: int | None
    other: tuple[int, int] | None = None
    """(month, day)."""

    def among(self, days: Collection[date]) -> bool:
        """Return whether one of the days is meant, or may be."""
        readings = [(self.month, self.day), *([self.other] if self.other else [])]
        return any(
            (self.year in (None, one.year)) and month in (None, one.month) and day in (None, one.day)
            for one in days
            for month, day in readings
        )

    def after(self, today: date) -> bool:
        """Return whether it lies wholly after a day; False where it names no year."""
        readings = [(self.month, self.day), *([self.other] if self.other else [])]
        return self.year is not None and all(
            (self.year, month or 1, day or 1) > (today.year, today.month, today.day) for month, day in readings
        )


def named(text: str) -> list[Named]:
    """Return the dates that a text names outside of quotes, in the order of forms; each place once."""
    plain = _HIDDEN.sub(lambda found: " " * len(found[0]), text)
    found: list[Named] = []
    for form in _FORMS:
        for match in form.finditer(plain):
            found.append(_read(match))
        plain = form.sub(lambda match: " " * len(match[0]), plain)
    return found


def typed(text: str) -> list[Named]:
    """Return the dates of a question as people type them: months in small letters, too; bare of "in", "since"."""
    found = named(_SMALL.sub(lambda month: month[0].capitalize(), text))
    return [replace(one, text=_BEFORE.sub("", one.text)) for one in found]


def of_speech(sentence: str) -> bool:
    """Return whether a sentence says when something was said: "Yes, on …", "We talked about it on …"."""
    return _DATED_SPEECH.match(sentence) is not None


def undated(sentence: str) -> str:
    """Return a sentence in honest words, without the date that it names: the quote stays, and a yes stays a yes."""
    rest = _BEFORE_SPEECH.sub("", sentence, count=1)
    if rest != sentence and not named(rest):
        return rest[0].upper() + rest[1:]
    return YES_UNDATED if re.match(r"\W*yes\b", sentence, re.IGNORECASE) else UNDATED


def spellings(one: Named) -> Iterator[str]:
    """Yield a date as other people may have written it, as words to search for."""
    yield one.text
    if one.month and one.day:
        month = spoken_date(datetime(2000, min(one.month, 12), 1)).split()[1]
        for day in (str(one.day), f"{one.day}{_ordinal(one.day)}"):
            yield f"{day} {month}"
    if one.year and one.month and one.day:
        yield f"{one.year}-{one.month:02}-{one.day:02}"


def _ordinal(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _read(match: re.Match[str]) -> Named:
    parts = match.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    if year is not None and year < 100:
        year += 2000
    month, day = parts.get("month"), parts.get("day")
    if month is None:
        return Named(match[0], year, None, None)
    if not month.isdigit():
        return Named(match[0], year, _MONTHS.index(month[:3].casefold()) + 1, int(day) if day else None)
    other = (int(day), int(month)) if parts.get("sign") and day else None
    return Named(match[0], year, int(month), int(day) if day else None, other)
