"""Whether a message may ask for something that was said, by its form.

A small base that has learned to answer "Yes, you told me on 14 March 2026." says so to a greeting, too, and to whoever
asks for a poem; and asked who it is, it quotes the user. Knows nothing of what is answered instead.
"""

from __future__ import annotations

from plum_edge.answer.rewrite import asks_for_words
from plum_edge.augment.phrases.bids import bids
from plum_edge.augment.phrases.inquiry import asks_of_talk
from plum_edge.augment.phrases.requests import about_itself, wants_done


def may_ask(text: str) -> bool:
    """Return whether a message may ask for something that was said; where that is in doubt, it may."""
    if asks_of_talk(text):
        return True
    return (bids(text) or asks_for_words(text)) and not wants_done(text) and not about_itself(text)
