"""What is answered to a question about what was said while nothing that was learned is in use. No model is asked."""

from __future__ import annotations

from plum_edge.answer import asks_for_words
from plum_edge.store import Store

_EMPTY = "Nothing has been learned yet; the log is empty. Next: plum-edge chat, or plum-edge import FILE"
_WAITING = "Nothing has been learned yet; {waiting} in the log. Next: plum-edge consolidate"
_NOT_IN_USE = "Nothing that was learned is in use. Next: plum-edge adapters list"


def said_instead(store: Store, left_out: str | None = None) -> str:
    """Return what is true instead of an answer, and the next command to type.

    ``left_out`` is the id of the conversation that goes on: it is no reason to learn yet.
    """
    if store.runs.adapters():
        return _NOT_IN_USE
    count = others(store, left_out)
    return _WAITING.format(waiting=f"{count:,} conversation{'s' * (count != 1)}") if count else _EMPTY


def others(store: Store, left_out: str | None) -> int:
    """Return how many conversations there are beside the one that goes on."""
    return store.log.counts().conversations - (left_out is not None and store.log.holds(left_out))


def p_yes(question: str) -> float | None:
    """Return p(yes) of it: 0.0, as no memory affirms anything; None where more than a yes or no is wanted."""
    return None if asks_for_words(question) else 0.0
