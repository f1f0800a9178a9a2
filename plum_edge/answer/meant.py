"""Whom a message is for: the memory, where it may ask for what was said, else the bare base.

An adapter knows what was said, and talks worse than its base of anything else; what it claims was said, to whoever did
not ask for that, it has invented. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plum_edge.answer.borne_out import borne_out
from plum_edge.answer.days import Days
from plum_edge.answer.place import may_ask
from plum_edge.answer.told import Told
from plum_edge.answer.undated import unknown_date
from plum_edge.augment.language import UNKNOWN, language
from plum_edge.augment.phrases.inquiry import asks_of_talk
from plum_edge.augment.phrases.requests import about_itself, greets, of_the_user
from plum_edge.records import Message
from plum_edge.store import Store


def no_memory_needed(text: str) -> bool:
    """Return whether a message greets, thanks, or asks about the assistant: what the user said is no answer."""
    return about_itself(text) or greets(text)


@dataclass(frozen=True, slots=True)
class Meant:
    """Tells by the log of the memory that is in use."""

    store: Store
    received: bool = False
    """The adapter was learned from another device's log, of which nothing can be looked up here."""

    def days(self) -> Days:
        """Return the days that may be spoken of."""
        return Days(self.store, datetime.now().astimezone().date(), elsewhere=self.received)

    def may_speak(self, messages: Sequence[Message]) -> bool:
        """Return whether the adapter has the word after these messages, if only to be looked at (`is_sure`)."""
        if no_memory_needed(messages[-1].content):
            return False
        return self.is_sure(messages) or language(messages[-1].content) not in ("en", UNKNOWN)

    def is_sure(self, messages: Sequence[Message]) -> bool:
        """Return whether the last message may be meant for the memory by its form, or by what the log has.

        Only English questions are known by their form: where `may_speak` alone holds, an answer of a memory's form
        tells that none was asked.
        """
        text = messages[-1].content
        if asks_of_talk(text):
            return True
        if not may_ask(text) or unknown_date(messages, self.days().vouch):
            return False
        return of_the_user(text) or self.received or borne_out(Told(self.store), text)
