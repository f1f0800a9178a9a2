"""Who answers: the base or the adapter in use, from weights, from the log, or from both; and it follows a promotion.

While nothing that was learned is in use, a question about what was said is answered so, and no model is asked: it would
invent. And of an answer no date is shown that the log does not vouch for. Joins the store, the runtime and retrieval.
Knows nothing of how an adapter came to be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from plum_edge.answer import (
    Asked,
    Joint,
    asks_of_talk,
    is_closed,
    named_in,
    recollect,
    topic,
    unlearned,
    vouched,
    with_context,
)
from plum_edge.answer.days import Days
from plum_edge.answer.joint import READS
from plum_edge.answer.respondent import Respondent
from plum_edge.augment.phrases.teachable import spoken
from plum_edge.config import Config
from plum_edge.records import Adapter, Answer, Message
from plum_edge.runtime import Sampling
from plum_edge.store import Store

_EVIDENCE = 3
"""Log entries that an answer names."""


@dataclass
class Speaker:
    """Answers over one log, with the adapter that is in use there at the moment."""

    store: Store
    config: Config
    opened: Callable[[], Respondent]
    """Gives who is asked, whose model opens when it is first asked for."""
    _generation: int = -1
    """Of the store's choice of an adapter: when it moves on, another one is to be put on."""

    @property
    def respondent(self) -> Respondent:
        """The model and the log's library."""
        return self.opened()

    def ask(self, question: str, *, retrieve: bool = False, adapter: bool = True) -> Answer:
        """Answer one question, with p(yes) where it is one of yes or no, and the log entries that bear on it.

        While nothing learned is in use, a question about what was said is answered so, with p(yes) 0.0 where it is one
        of yes or no: no memory affirms anything. With ``adapter`` false the base was asked for, and it answers.
        """
        began = time.perf_counter()
        messages = [Message("user", question)]
        active: Adapter | None = None
        if self._knows_nothing(messages, retrieve, adapter):
            text, p_yes = unlearned.said_instead(self.store), unlearned.p_yes(question)
        else:
            active = self._follow(adapter)
            asked = self._who(messages, active, retrieve)
            runtime = self.respondent.runtime
            whole = runtime.answer(
                asked.messages,
                max_tokens=self.config.generate.max_tokens,
                sampling=self._sampling,
                decided=asked.decided,
            )
            text, p_yes = "".join(self._vouched([whole], question, active)), asked.p_yes
            if p_yes is None and is_closed(whole):
                p_yes = runtime.p_yes(asked.messages)
        return Answer(
            answer=text,
            p_yes=p_yes,
            adapter=active.id if active else None,
            evidence=tuple(self.store.search.search(question, limit=_EVIDENCE)),
            seconds=round(time.perf_counter() - began, 3),
        )

    def reply(
        self,
        messages: Sequence[Message],
        *,
        retrieve: bool = False,
        adapter: bool = True,
        stopped: Callable[[], bool] | None = None,
        conversation: str | None = None,
    ) -> Iterator[str]:
        """Stream the assistant's next turn. Follows a promotion before it begins.

        ``conversation`` is the id of the one that goes on: retrieval passes over it. While nothing learned is in use,
        questions are answered as by `ask`, but for those about what was said in these messages.
        """
        if self._knows_nothing(messages, retrieve, adapter, left_out=conversation):
            yield unlearned.said_instead(self.store, conversation)
            return
        active = self._follow(adapter)
        settings = self.config.generate
        generation = self._generation

        def over() -> bool:
            """Follow a change of memory before the next token. An answer that quotes the log ends: it may be gone."""
            if self.store.runs.generation() != generation and retrieve:
                return True
            if self.store.runs.generation() != self._generation:
                self._follow(adapter)
            return stopped is not None and stopped()

        asked = self._who(messages, active, retrieve, left_out=conversation)
        pieces = self.respondent.runtime.stream(
            asked.messages,
            max_tokens=settings.max_tokens,
            sampling=self._sampling,
            decided=asked.decided,
            stopped=over,
        )
        yield from self._vouched(pieces, messages[-1].content, active)

    @property
    def _sampling(self) -> Sampling:
        settings = self.config.generate
        return Sampling(*(getattr(settings, one.name) for one in fields(Sampling)))

    def _knows_nothing(
        self, messages: Sequence[Message], retrieve: bool, adapter: bool, left_out: str | None = None
    ) -> bool:
        """Return whether a question about what was said has nothing to be answered from: no weights, no text.

        With ``adapter`` false nobody takes the answer for the memory's.
        """
        *before, last = messages
        if not adapter or last.role != "user" or self.store.runs.active() is not None:
            return False
        if retrieve and any(talk.id != left_out for talk in self.store.log.list()):
            return False
        return asks_of_talk(last.content) and not named_in(last.content, spoken(before))

    def _vouched(self, pieces: Iterable[str], question: str, active: Adapter | None) -> Iterator[str]:
        """Yield an answer without a date that the log does not vouch for."""
        received = active is not None and bool(self.store.runs.manifest(active.id).get("received"))
        days = Days(self.store, datetime.now().astimezone().date(), elsewhere=received)
        yield from vouched(pieces, days.vouch, of_talk=asks_of_talk(question))

    def _who(
        self, messages: Sequence[Message], active: Adapter | None, retrieve: bool, left_out: str | None = None
    ) -> Asked:
        """Return what is answered from, with p(yes) of whoever was asked, where it is a yes/no question.

        With ``retrieve`` the adapter is put on or off after who is to speak (answer/joint.py).
        """
        if not retrieve:
            if active is None:
                return Asked(list(messages))
            return recollect(self.respondent.runtime, messages, decide=self.config.decide).asked
        library, question = self.respondent.library, messages[-1].content
        library.left_out = left_out
        readings = [with_context(library.context(way, question), messages) for way in READS]
        if active is None:
            return Asked(readings[0])
        found = library.likelihood(topic(question) or question)
        joint = Joint(self.respondent.runtime, Path(active.gguf), active.id, self.config.decide)
        return joint.speaker(messages, readings, found)

    def _follow(self, adapter: bool) -> Adapter | None:
        """Put the active adapter on, or none; a swap clears every cache."""
        active = self.store.runs.active() if adapter else None
        if active is None:
            self.respondent.runtime.use(None)
        elif self.respondent.runtime.adapter_id != active.id or self._generation != self.store.runs.generation():
            self.respondent.runtime.use(Path(active.gguf), active.id)
        self._generation = self.store.runs.generation()
        return active
