"""A conversation under way: what was said, what is asked of the memory, and the log of both.

Writes each turn into the log when it is said: a crash loses at most the answer being made. Knows nothing of terminals.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from plum_edge.cli.chat.stopping import ctrl_c, stoppable
from plum_edge.errors import UsageError
from plum_edge.records import Answer, Basis, Conversation, Evidence, Message, content_hash

if TYPE_CHECKING:
    from plum_edge import Memory
    from plum_edge.config import Generate

_SOURCE = "chat"
_TITLE = 60
"""Characters of the first line that make the title."""
_ANOTHER = 0.7
"""The temperature, at least, at which another answer is drawn: by the likeliest words it would be the same."""

_GLIMPSE = 64
"""Tokens of what the base alone says: as many as are shown."""

Ended = Literal["itself", "length", "loop", "ctrl-c", "memory"]
"""How an answer ended; ``memory``: what is remembered changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one answer took."""

    first: float
    """Seconds until its first token was there."""
    seconds: float
    """Until its end."""
    rate: float
    """Tokens a second from the first one on; 0 where there was no second one."""
    read: int
    """Tokens before it; 0 where no model was asked."""
    drawn: int
    """Tokens of it."""
    ended: Ended


class Talk:
    """One conversation with the model."""

    def __init__(self, memory: Memory, *, log: bool, adapter: bool, retrieve: bool) -> None:
        self._memory = memory
        self.log, self.adapter, self.retrieve = log, adapter, retrieve
        self.system = ""
        """What stands before the conversation for the model; it is not logged."""
        self.measured: list[Measured] = []
        """Of the answers of this sitting, the last at the end."""
        self.stopped = False
        """Whether Ctrl-C was pressed while the last answer was made, also before there was anything of it."""
        self.new()

    def new(self) -> None:
        """Begin another conversation; the one so far stays in the log."""
        self.messages: list[Message] = []
        self.conversation: str | None = None
        """Its id in the log, once there is something in it."""
        self.title = ""
        self.left_out = 0
        """Turns at its beginning that the model does not read any more."""
        self._ordinals: list[int | None] = []
        """Of each message its place in the log, or None where it was not logged."""
        self._begun: datetime | None = None
        """When it was, of one that was resumed."""
        self._foreign: Conversation | None = None
        """What was said elsewhere, where this goes on from it."""
        self._attempt = 0
        self._has_basis = False
        """Whether the last answer is the one that the speaker gave last."""

    def resume(self, ident: str | None) -> None:
        """Carry on with a logged conversation, or with the last one.

        One from elsewhere stays as it is, for the next export or request brings it again, with an end of its own: what
        is said here goes on as another.

        Raises:
            UnknownId, UsageError: there is none; the one so far goes on.
        """
        if ident is None:
            logged = self._memory.store.log.list(1)
            if not logged:
                raise UsageError("There is no conversation to carry on with.", "Begin one: plum-edge chat")
            ident = logged[-1].id
        found = self._memory.store.log.get(ident)
        self.new()
        self.messages, self.conversation, self.title = list(found.messages), found.id, found.title
        self._begun, self._ordinals = found.created_at, list(range(len(self.messages)))
        self._foreign = found if found.source != _SOURCE else None

    # --- turns

    def fit(self, text: str) -> None:
        """See how much of the conversation the model can read when this is said next; `left_out` says it then.

        Raises:
            UsageError: the text alone is too long; nothing was said.
        """
        room = self._memory.speaker.room(
            self._read(Message("user", text)),
            retrieve=self.retrieve, adapter=self.adapter, conversation=self.conversation,
        )  # fmt: skip
        if room is not None and not room.fits:
            raise UsageError(
                f"This message is {room.tokens:,} tokens long, and the model reads {room.most:,} at once.",
                "It was not sent, and not logged. Send a part of it, or choose a base that reads more.",
            )
        self.left_out = room.left_out if room is not None else 0

    def answer(self, text: str) -> Iterator[str]:
        """Log what the user said and yield the answer in pieces. Ctrl-C ends it; what was yielded is logged."""
        self._attempt = 0
        self._keep(Message("user", text, self._memory.config.log.now()))
        yield from self._answered()

    def again(self) -> Iterator[str]:
        """Yield another answer to what the user said last; it takes the place of the one before, in the log too.

        Raises:
            UsageError: nothing was said, or the answer is learned already or from elsewhere; nothing was changed.
        """
        if self.question is None:
            raise UsageError("Nothing was said yet.", "Say something first.")
        self._cut(self._last_user() + 1)
        self._attempt += 1
        yield from self._answered()

    def back(self) -> str:
        """Take back what the user said last, and what came after it, in the log too; return it.

        Raises:
            UsageError: nothing was said, or it is learned already or from elsewhere; nothing was changed.
        """
        if self.question is None:
            raise UsageError("Nothing was said yet.", "There is nothing to undo.")
        text = self.question
        self._cut(self._last_user())
        return text

    def was_forgotten(self) -> bool:
        """Whether the conversation was forgotten while it went on: then nothing of it is said to the model again."""
        if all(map(self._memory.store.log.holds, self.logged)):
            return False
        self.new()
        return True

    # --- what is known of it

    @property
    def logged(self) -> list[str]:
        """The conversations of the log that it is made of: one from elsewhere, and the one that is written here."""
        return list(dict.fromkeys(filter(None, (self._elsewhere, self.conversation))))

    @property
    def question(self) -> str | None:
        """What the user said last."""
        at = self._last_user()
        return self.messages[at].content if at >= 0 else None

    def basis(self) -> Basis | None:
        """Return what the last answer rests on, where it was given in this sitting."""
        return self._memory.speaker.basis() if self._has_basis else None

    def evidence(self) -> list[Evidence]:
        """Return what the log has on the last question, this conversation left out."""
        return self._memory.evidence(self.question or "", conversation=self.conversation)

    def without_memory(self) -> Answer:
        """Return how the bare base begins to answer the last question.

        Raises:
            Interrupted: Ctrl-C was pressed.
        """
        usual = self._memory.config.generate
        settings = replace(usual, max_tokens=min(usual.max_tokens, _GLIMPSE))
        with stoppable() as stopped:
            return self._memory.speaker.ask(self.question or "", adapter=False, settings=settings, stopped=stopped)

    def retitle(self, title: str) -> None:
        """Give the conversation a title, in the log too."""
        if self.conversation is not None:
            self._memory.store.log.set_title(self.conversation, title)
        self.title = title

    def whole(self) -> Conversation:
        """Return what was said, logged or not, as a conversation."""
        said = (message.created_at for message in self.messages)
        begun = self._begun or next(filter(None, said), None) or self._memory.config.log.now()
        alone = self.conversation if len(self.logged) == 1 else None
        ident = alone or content_hash(_SOURCE, begun.isoformat(), *(one.content for one in self.messages))
        return Conversation(ident, self.title, begun, tuple(self.messages), source=_SOURCE)

    # --- within

    @property
    def _elsewhere(self) -> str | None:
        """The conversation from elsewhere that this goes on from, if it does."""
        return self._foreign.id if self._foreign is not None else None

    def _read(self, *more: Message) -> list[Message]:
        """Return what the model is given."""
        return [*([Message("system", self.system)] if self.system else []), *self.messages, *more]

    def _answered(self) -> Iterator[str]:
        said: list[str] = []
        began, pressed = time.perf_counter(), _never
        try:
            with ctrl_c() as pressed:
                for piece in self._memory.reply(
                    self._read(),
                    retrieve=self.retrieve,
                    adapter=self.adapter,
                    stopped=pressed,
                    conversation=self.conversation,
                    settings=self._drawn(),
                ):
                    said.append(piece)
                    yield piece
        finally:
            self.stopped = pressed()
            if said and not self.was_forgotten():
                self._measure(began)
                self._keep(Message("assistant", "".join(said), self._memory.config.log.now()))

    def _measure(self, began: float) -> None:
        tally, now = self._memory.speaker.tally, time.perf_counter()
        ended: Ended = "loop" if tally.looped else "length" if tally.full else "itself"
        if tally.stopped:
            ended = "ctrl-c" if self.stopped else "memory"
        rate = (tally.drawn - 1) / (tally.last - tally.first) if tally.last > tally.first else 0.0
        first = tally.first - began if tally.drawn else 0.0
        self._has_basis = True
        self.measured.append(Measured(first, now - began, rate, tally.read, tally.drawn, ended))

    def _drawn(self) -> Generate:
        """Return how the answer is drawn: by chance where it is not the first, and each time by another."""
        usual = self._memory.config.generate
        if not self._attempt:
            return usual
        return replace(usual, seed=usual.seed + self._attempt, temperature=max(usual.temperature or 0.0, _ANOTHER))

    def _last_user(self) -> int:
        return max((n for n, message in enumerate(self.messages) if message.role == "user"), default=-1)

    def _cut(self, first: int) -> None:
        """Take the messages from a place on back, in the log too."""
        if self._foreign is not None and first < len(self._foreign.messages):
            raise UsageError(
                "That was said elsewhere, and stays as it was.",
                f"To take the conversation back, out of the weights too: plum-edge forget {self._foreign.id}",
            )
        logged = next((ordinal for ordinal in self._ordinals[first:] if ordinal is not None), None)
        if self.conversation is not None and logged is not None:
            self._memory.undo(self.conversation, logged)
            if logged == 0:
                self.conversation = self._elsewhere
        del self.messages[first:], self._ordinals[first:]
        self._has_basis = False

    def _keep(self, message: Message) -> None:
        self.messages.append(message)
        self._ordinals.append(self._log(message) if self.log else None)

    def _log(self, message: Message) -> int:
        if self.conversation is not None and self.conversation != self._elsewhere:
            return self._memory.store.log.append(self.conversation, message)
        moment = message.created_at or self._memory.config.log.now()
        ident = content_hash(_SOURCE, moment.isoformat(), message.content)
        self.title = self.title or message.content.strip().splitlines()[0][:_TITLE]
        self._memory.store.log.start(Conversation(ident, self.title, moment, (message,), source=_SOURCE))
        self.conversation = ident
        return 0


def _never() -> bool:
    return False
