"""Whether the user said what an answer quotes: borne out by one of their messages, in the log or in the chat.

The content words stand there with nothing that says more between them: same stems, same order, same "not". Other small
words are let pass, as are plural and tense. Which border this is was measured
(docs/experiments/2026-11-30-quotes.md). Knows nothing of sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plum_edge.augment.phrases.quotes import Quote
from plum_edge.augment.phrases.teachable import spoken
from plum_edge.augment.phrases.words import CONTRACTED_NOT, FUNCTION, NEGATIONS, stem, words
from plum_edge.records import Conversation, Message
from plum_edge.store import Limits, Store
from plum_edge.store.pieces import needs_pieces, pieces

_LOOKED_AT = 250
"""Messages that hold all of a quote's words, at most."""
_CONVERSATIONS = 8
"""Of those that bear a quote out, at most."""


@dataclass
class OwnWords:
    """What the user said, in one log and in one chat."""

    store: Store
    chat: Sequence[Message] = ()
    """The messages before the one that is answered."""
    waiting: bool = False
    """What is in the log and not learned bears a quote out, too: it may have been read."""
    today: date | None = None
    """The day of the chat."""

    def days(self, quote: Quote) -> frozenset[date] | None:
        """Return the days of the conversations in which the user said so; None where there is none."""
        days = self._logged(quote)
        if any(one.role == "user" and holds(one.content, quote) for one in spoken(self.chat)):
            days.append({self.today} if self.today else set())
        return frozenset().union(*days) if days else None

    def _logged(self, quote: Quote) -> list[set[date]]:
        """Return the days of each conversation that bears a quote out."""
        found: dict[str, set[date]] = {}
        for ident, ordinal, content in self.store.finding.messages(_query(quote), _LOOKED_AT, Limits(role="user")):
            if ident in found or not holds(content, quote) or not (self.waiting or self._is_learned(ident, ordinal)):
                continue
            conversation = self.store.log.get(ident)
            if holds(spoken(conversation.messages[ordinal : ordinal + 2])[0].content, quote):
                found[ident] = _days(conversation)
            if len(found) == _CONVERSATIONS:
                break
        return list(found.values())

    def _is_learned(self, ident: str, ordinal: int) -> bool:
        return ordinal < self.store.log.recorded(ident)


def _days(conversation: Conversation) -> set[date]:
    """Return the days of a conversation: when it began, if that is known, and when something was said in it."""
    moments = [conversation.day, *(message.created_at for message in conversation.messages)]
    return {moment.date() for moment in moments if moment}


def holds(message: str, quote: Quote) -> bool:
    """Return whether a message bears a quote out."""
    parted = _pieces if needs_pieces(quote.text) else words
    wanted, said = parted(quote.text), parted(message)
    begun = quote.cut and quote.text[-1:].isalnum()
    if _is_run(wanted, said, begun):
        return True
    telling = [word for word in wanted if _tells(word)]
    begun = begun and telling[-1:] == wanted[-1:]
    return _is_run(telling, [word for word in said if _tells(word)], begun, beside_not=False)


def _is_run(wanted: Sequence[str], said: Sequence[str], begun: bool, *, beside_not: bool = True) -> bool:
    """Return whether words stand in a row in what was said.

    ``begun``: of the last one only the beginning is known. ``beside_not``: they may stand beside a "not" that is left
    out, so that "I don't know" would say "I know".
    """
    if not wanted:
        return False
    forms, length = [_form(word) for word in said], len(wanted)
    before, last = [_form(word) for word in wanted[:-1]], wanted[-1]
    return any(
        forms[end - length + 1 : end] == before
        and (forms[end] == _form(last) or (begun and said[end].startswith(last)))
        and (beside_not or NEGATIONS.isdisjoint((*forms[: end - length + 1][-1:], *forms[end + 1 : end + 2])))
        for end in range(length - 1, len(said))
    )


def _query(quote: Quote) -> str:
    """Return what `Finding` is asked for: all words that tell anything, the last one perhaps only begun."""
    wanted = words(quote.text)
    begun = quote.cut and quote.text[-1:].isalnum()
    last = [f"{wanted.pop()}*"] if begun and wanted else []
    return " ".join([*([word for word in wanted if word not in FUNCTION] or wanted), *last])


def _pieces(text: str) -> list[str]:
    return pieces(text).split()


def _tells(word: str) -> bool:
    return word not in FUNCTION or word in NEGATIONS or word.endswith("n't")


def _form(word: str) -> str:
    if word in CONTRACTED_NOT or word.endswith("n't"):
        return "not"
    return word if word in NEGATIONS else stem(word)
