"""Whether an English message bids for an answer: by a question mark, by a word that asks, or by how it begins.

Knows nothing of what is asked for, or of what is done with a message that asks nothing.
"""

from __future__ import annotations

import re

from plum_edge.augment.phrases.inquiry import parted
from plum_edge.augment.phrases.requests import OPENING, greets

_BIDS = re.compile(
    r"\b(?:tell|remind|remember|recall|repeat|quote|cite|mention(?:ed)?|discuss(?:ed)?|talk(?:ed)?|sp[eo]ken?|said|told|"
    r"know|find|search|look|list|show|check|about|when|what|which|where|who|whose|why|how|if|whether)\b",
    re.IGNORECASE,
)
"""Words without which nothing of what was said is asked for, where there is no question mark either."""

_DOUBTFUL = 10
"""Words of a message up to which one such word will do: people type little where they ask, and tell at length."""
_BEGINS = re.compile(
    OPENING
    + r"(?:(?:did|do|does|was|were|is|are|am|has|have|had|can|could|would|will|should|shall|may|might)(?:n't)?\b|"
    r"(?:any|anything|anyone|ever|when|what|which|where|who|whose|whom|why|how)(?:'s|'re|'d|'ll)?\b|"
    r"(?:tell|remind|recall|repeat|quote|cite|find|search|look|list|show|check)\b|"
    r"i(?:'m| am)? (?:wonder|forgot|forget)\w*\b)",
    re.IGNORECASE,
)
"""Begins as a question does, or as whoever asks to be told."""

_BRIEF, _BRIEF_UNMARKED = 16, 9
"""Words of a question that asks for a fact, and of one without its mark."""
_DO = re.compile(
    OPENING + r"(?:can|could|would|will) you (?:please |kindly )?"
    r"(?!(?:tell|remind|remember|recall|say|repeat|quote|list|show|find|search|look|check|confirm)\b)",
    re.IGNORECASE,
)
"""Asks for something to be done: anything but to tell, or to look it up."""


def bids(text: str) -> bool:
    """Return whether a message may ask for something; where that is in doubt, a short one may."""
    return is_question(text) or (len(text.split()) <= _DOUBTFUL and _BIDS.search(text) is not None)


def is_question(text: str) -> bool:
    """Return whether a message begins or ends with a question, or with asking to be told something."""
    said = [one.strip() for one in parted(text) if one.strip()]
    return any("?" in one or _BEGINS.match(one.replace("’", "'")) for one in (*said[:1], *said[-1:]))


def is_brief_question(text: str) -> bool:
    """Return whether a message is one short question and nothing else, as people ask for a fact.

    Who tells something before he asks wants help with it, and so does who asks for a thing to be done.
    """
    asked = [one.strip().replace("’", "'") for one in parted(text) if one.strip() and not greets(one)]
    if len(asked) != 1 or _DO.match(asked[0]):
        return False
    words = len(asked[0].split())
    return words <= _BRIEF if "?" in asked[0] else words <= _BRIEF_UNMARKED and _BEGINS.match(asked[0]) is not None
