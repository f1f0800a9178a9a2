"""Whether anything is asked at all: who says "Thanks!" or "My tap drips." asks nothing, of the memory least of all.

A small base that has learned to answer "Yes, you told me on 14 March 2026." says so to a greeting, too. Knows nothing
of what is answered instead.
"""

from __future__ import annotations

import re

from plum_edge.answer.rewrite import asks_for_words
from plum_edge.augment.phrases.inquiry import asks_of_talk

_BIDS = re.compile(
    r"\b(?:tell|remind|remember|recall|repeat|quote|cite|mention(?:ed)?|discuss(?:ed)?|talk(?:ed)?|sp[eo]ken?|said|told|"
    r"know|find|search|look|list|show|check|about|when|what|which|where|who|whose|why|how|if|whether)\b",
    re.IGNORECASE,
)
"""Words without which nothing of what was said is asked for, where there is no question mark either."""

_TURNED = re.compile(
    r"^\W*(?:(?:so|and|but|hey|hi|ok|okay|well|then|also|sorry|please)\W+)*(?:did|do|does|was|were|is|are|am|has|have|had|"
    r"can|could|would|will|should|shall|may|might|any|anything|anyone|ever)(?:n't)?\b",
    re.IGNORECASE,
)
"""Begins as a question does."""


def may_ask(text: str) -> bool:
    """Return whether a message may ask for something that was said; where that is in doubt, it may."""
    if "?" in text or _BIDS.search(text) or _TURNED.match(text):
        return True
    return asks_for_words(text) or asks_of_talk(text)
