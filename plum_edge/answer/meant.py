"""Whom a message is for: the memory, where it may ask for what was said, else the bare base.

An adapter knows what was said, and talks worse than its base of anything else; what it claims was said, to whoever did
not ask for that, it has invented. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plum_edge.answer.borne_out import borne_out
from plum_edge.answer.days import Days
from plum_edge.answer.place import may_ask
from plum_edge.answer.told import Told
from plum_edge.answer.undated import unknown_date
from plum_edge.augment.language import clearly_other
from plum_edge.augment.phrases.bids import is_brief_question, is_question
from plum_edge.augment.phrases.inquiry import asks_of_talk, parted
from plum_edge.augment.phrases.requests import about_itself, greets, of_one_thing, of_the_user, wants_done
from plum_edge.config import Log
from plum_edge.records import Message
from plum_edge.store import Store

_KNOWN = "en"
"""The language whose questions are known by their form here."""
_QUESTION = 30
"""Words of what may be a question to the memory and nothing else: who wants help tells more before he asks."""


def no_memory_needed(text: str) -> bool:
    """Return whether a message greets, thanks, or asks about the assistant: what the user said is no answer."""
    return about_itself(text) or greets(text)


@dataclass(frozen=True, slots=True)
class Meant:
    """Tells by the log of the memory that is in use."""

    store: Store
    received: bool = False
    """The adapter was learned from another device's log, of which nothing can be looked up here."""
    clock: Log = field(default_factory=Log)
    """Whose day it is."""

    def days(self) -> Days:
        """Return the days that may be spoken of."""
        return Days(self.store, self.clock.now().date(), elsewhere=self.received)

    def may_speak(self, messages: Sequence[Message]) -> bool:
        """Return whether the adapter is to be looked at: what it would answer tells the rest (`speaks`)."""
        text = messages[-1].content
        return not no_memory_needed(text) and (clearly_other(text, _KNOWN) or self.is_asked(messages))

    def speaks(self, messages: Sequence[Message], remembers: bool) -> bool:
        """Return whether what the adapter would answer is said; ``remembers``: it has the form of what was said.

        In that form it must have been asked, so far as can be told. Any other answer is an adapter's own only where it
        was asked what was said, was taught answers in free words, or in a language whose questions are not known here.
        """
        text = messages[-1].content
        if remembers:
            return self.is_asked(messages)
        return asks_of_talk(text) or clearly_other(text, _KNOWN) or self.received or self.store.pairs.written()

    def may_be_asked(self, messages: Sequence[Message]) -> bool:
        """Return whether a chat begins with a question about one thing, which the log may know: it is asked of the
        memory where the log is near, and that is for the caller to tell.
        """
        text = messages[-1].content
        begins = not any(message.role == "assistant" for message in messages)
        asks = begins and len(text.split()) <= _QUESTION and is_question(text) and of_one_thing(text)
        return asks and may_ask(text) and not any(wants_done(sentence) for sentence in parted(text))

    def is_asked(self, messages: Sequence[Message]) -> bool:
        """Return whether the last message may be meant for the memory by its form, or by what the log has."""
        text = messages[-1].content
        if asks_of_talk(text):
            return True
        begins = not any(message.role == "assistant" for message in messages)
        asks = len(text.split()) <= _QUESTION and is_question(text) if begins else is_brief_question(text)
        wants = any(wants_done(sentence) for sentence in parted(text))
        if wants or not (asks and may_ask(text)) or unknown_date(messages, self.days().vouch):
            return False
        return of_the_user(text) or self.received or borne_out(Told(self.store), text)
