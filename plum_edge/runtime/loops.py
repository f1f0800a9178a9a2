"""Does an answer say the same again and again? Small models fall into loops, and would not end by themselves.

Knows nothing of words: tokens are numbers.
"""

from __future__ import annotations

_LONGEST = 64
"""Tokens of the longest phrase whose repetition is noticed."""
_TIMES = 3
_LEAST = 32
"""A phrase loops when it stands there three times in a row and that makes up so many tokens: a token 32 times, a phrase
of eight 4 times. Rulers, refrains and lists of numbers stay below."""


class Loops:
    """Watches the tokens of one answer."""

    def __init__(self) -> None:
        self._said: list[int] = []
        self._same = [0] * (_LONGEST + 1)
        """By period: so many of the last tokens are the same as those one period before them."""

    def add(self, token: int) -> bool:
        """Take the next token; return whether the answer now ends in a loop."""
        found = False
        for period in range(1, min(_LONGEST, len(self._said)) + 1):
            same = self._same[period] + 1 if self._said[-period] == token else 0
            self._same[period] = same
            found = found or (same >= (_TIMES - 1) * period and same + period >= _LEAST)
        self._said.append(token)
        return found
