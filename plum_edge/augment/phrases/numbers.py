"""Numbers as English writes them: "eighty three" is 83, "the eleventh" 11. Knows nothing of what they count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_BELOW_TWENTY = {word: n for words in (_UNITS, _ORDINALS) for n, word in enumerate(words.split())}
_TENFOLD = {form: 10 * n for n, word in enumerate(_TENS.split(), 2) for form in (word, f"{word[:-1]}ieth")}
_POWERS = {"hundred": 100, "hundredth": 100, "thousand": 1000, "thousandth": 1000}
_NUMERAL = re.compile(r"(\d+)(?:st|nd|rd|th)")


def in_digits(words: Sequence[str]) -> list[str]:
    """Return words in small letters with the numbers among them in digits; what is said in parts stays in parts:
    "nine thirty" is 9 and 30.
    """
    return list(_read(words))


def _read(words: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(words):
        if numeral := _NUMERAL.fullmatch(words[at]):
            yield numeral[1]
            at += 1
            continue
        value, length = _number(words[at:])
        yield str(value) if length else words[at]
        at += max(length, 1)


def _number(words: Sequence[str]) -> tuple[int, int]:
    """Return the number that words begin with, and how many of them it takes: none where they begin with no number."""
    thousands, (value, used) = 0, _below_hundred(words)
    while used < len(words) and (power := _POWERS.get(words[used])):
        if (power == 100 and value >= 100) or (power == 1000 and thousands):
            break
        value = max(value, 1) * power
        if power == 1000:
            thousands, value = value, 0
        used += 1
        joined = used + (words[used : used + 1] == ["and"])
        more, length = _below_hundred(words[joined:])
        if length:
            value, used = value + more, joined + length
    return thousands + value, used


def _below_hundred(words: Sequence[str]) -> tuple[int, int]:
    if not words:
        return 0, 0
    if words[0] in _BELOW_TWENTY:
        return _BELOW_TWENTY[words[0]], 1
    if words[0] not in _TENFOLD:
        return 0, 0
    unit = _BELOW_TWENTY.get(words[1], 10) if len(words) > 1 else 10
    return (_TENFOLD[words[0]] + unit, 2) if 0 < unit < 10 else (_TENFOLD[words[0]], 1)
