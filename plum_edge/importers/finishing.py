"""From what a format gives to a conversation: with an id, a title, and a date that is the user's own day.

A date that is missing, in the future or before 1990 is not believed: the conversation then gets the date of the one
before it, or of the one after, or of the file, and is marked as not dated. Knows nothing of formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from plum_edge.config import Log
from plum_edge.importers.base import Draft, Skip, text
from plum_edge.records import Conversation, Message, content_hash

_FIRST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
"""What a clock may be wrong by."""
_WAITING = 512
"""Conversations without a date that wait for the next that has one."""
_TITLE = 60
_LONGEST_ID = 200

UNDATED, FUTURE, OLD = "without a date", "with a date in the future", "with a date before 1990"


class Finishing:
    """Finishes the conversations of one file, in its order."""

    def __init__(self, log: Log, modified: datetime, dates: Counter[str]) -> None:
        self._log, self._modified, self._dates = log, log.local(modified), dates
        self._last: datetime | None = None
        self._waiting: list[Conversation] = []
        self._number = 0
        self._ids: dict[str, int] = {}
        self._now = datetime.now(UTC)

    def add(self, draft: Draft) -> Iterator[Conversation | Skip]:
        """Yield what is ready now that this one has come."""
        position = self._number if draft.position is None else draft.position
        self._number = position + 1
        if not any(message.role != "system" for message in draft.messages):
            yield Skip(draft.where, "no message that can be used")
            return
        made = self._made(draft, position)
        if made.id in self._ids:
            why = f"its id {made.id!r} is that of conversation {self._ids[made.id] + 1}"
            yield Skip(f"conversation {position + 1}", why)
            return
        self._ids[made.id] = position
        if made.dated:
            yield from self.rest(made.created_at)
            self._last = made.created_at
            yield made
        elif draft.created_at and not draft.dated and made.created_at != self._modified:  # a guess made before is kept
            yield made
        elif self._last is not None:
            yield replace(made, created_at=self._last)
        else:
            self._waiting.append(made)
            if len(self._waiting) == _WAITING:
                yield from self.rest(self._modified)
                self._last = self._modified

    def rest(self, date: datetime | None = None) -> Iterator[Conversation]:
        """Yield those that wait, with this date or that of the file."""
        waiting, self._waiting = self._waiting, []
        for made in waiting:
            yield replace(made, created_at=date or self._modified)

    def _made(self, draft: Draft, position: int) -> Conversation:
        messages = tuple(self._message(one) for one in draft.messages)
        given = self._believed(draft.created_at) if draft.created_at else None
        date = given or next((one.created_at for one in messages if one.created_at), None)
        if date is None and draft.created_at is None:
            self._dates[UNDATED] += 1
        said = [part for one in messages for part in (one.role, one.content)]
        ident = text(draft.id).replace("\0", "").strip()  # which no command line can hold
        if len(ident) > _LONGEST_ID:
            ident = content_hash(ident)
        return Conversation(
            id=ident or content_hash(*draft.hashed, *said),
            title=text(draft.title).strip() or first_words(messages),
            created_at=date or self._modified,
            messages=messages,
            position=position,
            trainable=draft.trainable,
            dated=date is not None and draft.dated,
            spare=draft.spare,
        )

    def _message(self, message: Message) -> Message:
        if message.created_at is None:
            return message
        return replace(message, created_at=self._believed(message.created_at, of_message=True))

    def _believed(self, moment: datetime, *, of_message: bool = False) -> datetime | None:
        """Return a moment on the user's clock, or None where it cannot be so; that is counted for conversations."""
        local = self._log.local(moment)
        if _FIRST <= local <= self._now + _AHEAD:
            return local
        if not of_message:
            self._dates[OLD if local < _FIRST else FUTURE] += 1
        return None


def first_words(messages: Sequence[Message]) -> str:
    """Return a title from what the user said first."""
    said = next((message.content for message in messages if message.role == "user"), messages[0].content)
    line = " ".join(said[: 10 * _TITLE].split())
    return line if len(line) <= _TITLE else line[:_TITLE].rsplit(" ", 1)[0] + "…"
