"""A conversation under way: what was said, what is asked of the memory, and the log of both.

Writes each turn into the log when it is said: a crash loses at most the answer being made. Knows nothing of terminals.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING

from plum_edge.errors import UsageError
from plum_edge.records import Conversation, Evidence, Message, content_hash

if TYPE_CHECKING:
    from plum_edge import Memory

_TITLE = 60
"""Characters of the first line that make the title."""


class Talk:
    """One conversation with the model."""

    def __init__(self, memory: Memory, *, log: bool, adapter: bool, retrieve: bool) -> None:
        self._memory = memory
        self.log, self.adapter, self.retrieve = log, adapter, retrieve
        self.messages: list[Message] = []
        self.conversation: str | None = None
        """Its id in the log, once there is something in it."""
        self.title = ""
        self.question: str | None = None
        """What the user said last."""

    def resume(self, ident: str | None) -> None:
        """Carry on with a logged conversation, or with the last one."""
        if ident is None:
            logged = self._memory.store.log.list()
            if not logged:
                raise UsageError("There is no conversation to carry on with.", "Begin one: plum-edge chat")
            ident = logged[-1].id
        found = self._memory.store.log.get(ident)
        self.messages, self.conversation, self.title = list(found.messages), found.id, found.title

    def answer(self, text: str) -> Iterator[str]:
        """Log what the user said and yield the answer in pieces. Ctrl-C ends it; what was yielded is logged."""
        self.question = text
        self._keep(Message("user", text, datetime.now().astimezone()))
        said: list[str] = []
        try:
            with ctrl_c() as stopped:
                for piece in self._memory.reply(
                    self.messages,
                    retrieve=self.retrieve,
                    adapter=self.adapter,
                    stopped=stopped,
                    conversation=self.conversation,
                ):
                    said.append(piece)
                    yield piece
        finally:
            if said and not self.was_forgotten():
                self._keep(Message("assistant", "".join(said), datetime.now().astimezone()))

    def was_forgotten(self) -> bool:
        """Whether the conversation was forgotten while it went on: then nothing of it is said to the model again."""
        if self.conversation is None or self._memory.store.log.holds(self.conversation):
            return False
        self.messages, self.conversation, self.title, self.question = [], None, "", None
        return True

    @property
    def remembers(self) -> bool:
        """Whether an adapter answers."""
        return self.adapter and self._memory.store.runs.active() is not None

    def evidence(self) -> list[Evidence]:
        """Return what the log has on the last question, this conversation left out."""
        found = self._memory.evidence(self.question or "", limit=4)
        return [one for one in found if one.conversation != self.conversation][:3]

    def without_memory(self) -> str:
        """Return what the bare base answers to the last question."""
        return self._memory.ask(self.question or "", adapter=False).answer

    def _keep(self, message: Message) -> None:
        self.messages.append(message)
        if not self.log:
            return
        if self.conversation is not None:
            self._memory.store.log.append(self.conversation, message)
            return
        moment = message.created_at or datetime.now().astimezone()
        ident = content_hash("chat", moment.isoformat(), message.content)
        self.title = message.content.strip().splitlines()[0][:_TITLE]
        self._memory.store.log.start(Conversation(ident, self.title, moment, (message,), source="chat"))
        self.conversation = ident


@contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
    """Give ``stopped()``: true after Ctrl-C, however often; it ends an answer then, and never the program."""
    pressed = False

    def press(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
