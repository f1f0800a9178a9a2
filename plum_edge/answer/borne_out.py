"""Whether the log has anything on what a message is about, where that does not ask for what was said in so many words.

"What was the trick for the kitchen tap?" may be meant for the memory, and so may "What was the Treaty of Ghent?": an
adapter that answers either as something that was said is only believed where the log speaks of it. Knows nothing of
what is answered.
"""

from __future__ import annotations

from plum_edge.answer.rewrite import topic
from plum_edge.answer.told import Told
from plum_edge.augment.phrases.words import GENERIC, stem, stems, words

_LOOKED_AT = 3
"""Conversations."""


def borne_out(told: Told, text: str) -> bool:
    """Return whether one message of the log holds most of the words for what a text is about."""
    about = topic(text)
    wanted = set(stems(about)) - GENERIC if about else set()
    if about is None or not wanted:
        return False
    for found in told.search(about, _LOOKED_AT):
        said = told.get(found.conversation).messages[found.message].content
        if 2 * len(wanted & {stem(word) for word in words(said)}) > len(wanted):
            return True
    return False
