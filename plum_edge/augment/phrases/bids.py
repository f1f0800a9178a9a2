"""Whether an English message bids for an answer: by a question mark, by a word that asks, or by how it begins.

Knows nothing of what is asked for, or of what is done with a message that asks nothing.
"""

from __future__ import annotations

import re

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


def bids(text: str) -> bool:
    """Return whether a message may ask for something; where that is in doubt, it may."""
    return "?" in text or bool(_BIDS.search(text)) or bool(_TURNED.match(text))
