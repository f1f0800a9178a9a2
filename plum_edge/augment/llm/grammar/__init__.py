"""The languages that written pairs can be checked in. One that is not here is refused: nothing of it is believed."""

from __future__ import annotations

from collections.abc import Mapping

from plum_edge.augment.llm.grammar.base import Grammar
from plum_edge.augment.llm.grammar.english import ENGLISH
from plum_edge.augment.llm.grammar.german import GERMAN

KNOWN: Mapping[str, Grammar] = {one.code: one for one in (ENGLISH, GERMAN)}
"""By ISO 639-1 code."""
