"""Whether anything is asked at all: who says "Thanks!" or "My tap drips." asks nothing, of the memory least of all.

A small base that has learned to answer "Yes, you told me on 14 March 2026." says so to a greeting, too. Knows nothing
of what is answered instead.
"""

from __future__ import annotations

from plum_edge.answer.rewrite import asks_for_words
from plum_edge.augment.phrases.bids import bids
from plum_edge.augment.phrases.inquiry import asks_of_talk


def may_ask(text: str) -> bool:
    """Return whether a message may ask for something that was said; where that is in doubt, it may."""
    return bids(text) or asks_for_words(text) or asks_of_talk(text)
