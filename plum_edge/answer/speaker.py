"""Who answers: the base or the adapter in use, from weights, from the log, or from both; and it follows a promotion.

While nothing that was learned is in use, a question about what was said is answered so, and no model is asked: it would
invent. And no date, and none of the user's words, is shown that the log does not vouch for. Joins the store, the
runtime and retrieval. Knows nothing of how an adapter came to be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from plum_edge.answer import (
    Asked,
    asks_of_talk,
    in_form,
    is_closed,
    may_ask,
    named_in,
    recollect,
    unlearned,
)
from plum_edge.answer.border import decided
from plum_edge.answer.by_log import by_log
from plum_edge.answer.consulting import Consulting
from plum_edge.answer.days import Days
from plum_edge.answer.introduction import introduction, whole_introduction
from plum_edge.answer.meant import Meant, no_memory_needed
from plum_edge.answer.quoting import evidence
from plum_edge.answer.respondent import Respondent
from plum_edge.answer.told import Told
from plum_edge.answer.undated import denied, unknown_date
from plum_edge.augment.phrases.requests import about_itself
from plum_edge.augment.phrases.teachable import spoken
from plum_edge.config import Config, Generate
from plum_edge.errors import UsageError
from plum_edge.records import Adapter, Answer, Basis, Message, Source
from plum_edge.retrieve import Said
from plum_edge.runtime import Room, Sampling, Tally
from plum_edge.store import Store

_NEVER = -1
"""The generation of a memory that was not asked yet."""
_EVIDENCE = 3
"""Log entries that an answer names."""
_GLANCE = 4
"""Tokens of an answer that tell whether it is a yes or no."""


@dataclass
class Speaker:
    """Answers over one log, with the adapter that is in use there at the moment."""

    store: Store
    config: Config
    opened: Callable[[], Respondent]
    """Gives who is asked, whose model opens when it is first asked for."""
    _generation: int = _NEVER
    """Of the store's choice of an adapter: when it moves on, another one is to be put on."""
    tally: Tally = field(default_factory=Tally)
    """What the last `reply` took, and how it ended."""
    _basis: Basis | None = None

    @property
    def respondent(self) -> Respondent:
        """The model and the log's library."""
        return self.opened()

    def ask(
        self,
        question: str,
        *,
        retrieve: bool = False,
        adapter: bool = True,
        settings: Generate | None = None,
        stopped: Callable[[], bool] | None = None,
    ) -> Answer:
        """Answer one question, with p(yes) where it is one of yes or no, and the log entries that bear on it.

        While nothing learned is in use, a question about what was said is answered so, with p(yes) 0.0 where it is one
        of yes or no: no memory affirms anything. With ``adapter`` false the base was asked for, and it answers.
        ``settings`` stand for ``config.generate`` this once; the answer ends where it is ``stopped``.

        Raises:
            UsageError: it is longer than the model reads; the end of it alone would be another question.
        """
        began = time.perf_counter()
        messages = [Message("user", question)]
        if about_itself(question):
            messages = self._introduced(messages, adapter, retrieve)
        active: Adapter | None = None
        said: Sequence[Said] = ()
        if instead := self._said_instead(messages, retrieve, adapter):
            text, p_yes = instead
        else:
            settings = settings or self.config.generate
            self._fit(messages, settings)
            active = self._follow(adapter)
            asked = self._who(messages, active, retrieve)
            said, (text, p_yes) = asked.said, self._answered(messages, asked, active, retrieve, settings, stopped)
        by_words = Told(self.store).search(question, _EVIDENCE)
        return Answer(
            answer=text,
            p_yes=p_yes,
            adapter=active.id if active else None,
            evidence=tuple(evidence(said, by_words)[:_EVIDENCE]),
            seconds=round(time.perf_counter() - began, 3),
        )

    def _fit(self, messages: Sequence[Message], settings: Generate) -> None:
        room = self.respondent.runtime.room(messages, settings.max_tokens)
        if not room.fits:
            raise UsageError(
                f"This question is {room.tokens:,} tokens long, and the model reads {room.most:,} at once.",
                "Ask a part of it, or choose a base that reads more.",
            )

    def _answered(
        self,
        messages: Sequence[Message],
        asked: Asked,
        active: Adapter | None,
        retrieve: bool,
        settings: Generate,
        stopped: Callable[[], bool] | None,
    ) -> tuple[str, float | None]:
        """Return the answer, with p(yes) where it is a yes or no."""
        if asked.words:
            return asked.words, None
        runtime = self.respondent.runtime
        pieces = runtime.stream(
            asked.messages,
            max_tokens=settings.max_tokens,
            sampling=self._sampling(settings, asked, messages[-1].content, retrieve),
            decided=asked.decided,
            stopped=stopped,
        )
        whole = "".join(pieces)
        remembers, days = self.respondent.remembers, self._days(active)
        text = "".join(by_log([whole], messages, days, remembers=remembers, reads=retrieve))
        unknown = asked.p_yes is None and is_closed(whole)
        return text, runtime.p_yes(asked.messages) if unknown else asked.p_yes

    def reply(
        self,
        messages: Sequence[Message],
        *,
        retrieve: bool = False,
        adapter: bool = True,
        stopped: Callable[[], bool] | None = None,
        conversation: str | None = None,
        settings: Generate | None = None,
        tally: Tally | None = None,
    ) -> Iterator[str]:
        """Stream the assistant's next turn. Follows a promotion before it begins.

        ``conversation`` is the id of the one that goes on: retrieval passes over it. ``settings`` stand for
        ``config.generate`` this once; ``tally`` is told what the answer takes in tokens. While nothing learned is in
        use, questions are answered as by `ask`, but for those about what was said in these messages.
        """
        self.tally = tally or Tally()
        if instead := self._said_instead(messages, retrieve, adapter, left_out=conversation):
            self._basis = Basis("nothing")
            yield instead[0]
            return
        active = self._follow(adapter)
        settings = settings or self.config.generate
        generation = self._generation

        def over() -> bool:
            """Follow a change of memory before the next token. An answer that quotes the log ends: it may be gone; one
            that the bare base gives goes on as it is.
            """
            if self.store.runs.generation() != generation and retrieve:
                return True
            if remembers and self.store.runs.generation() != self._generation:
                self._follow(adapter)
            return stopped is not None and stopped()

        asked = self._who(self._introduced(messages, adapter, retrieve), active, retrieve, left_out=conversation)
        reads = retrieve and not no_memory_needed(messages[-1].content)
        remembers = self.respondent.remembers
        speaks: Source = "weights" if remembers else "log" if reads else "base"
        self._basis = Basis(
            speaks, active.id if active else None, asked.p_yes, () if asked.words else tuple(asked.messages)
        )
        if asked.words:
            if not over():
                yield asked.words
            return
        pieces = self.respondent.runtime.stream(
            asked.messages,
            max_tokens=settings.max_tokens,
            sampling=self._sampling(settings, asked, messages[-1].content, retrieve),
            decided=asked.decided,
            stopped=over,
            tally=self.tally,
        )
        yield from by_log(pieces, messages, self._days(active), remembers=remembers, reads=retrieve)

    def basis(self) -> Basis | None:
        """Return what the last `reply` rests on, with p(yes) where it is a yes or no; None before the first one."""
        basis = self._basis
        if basis is None or basis.p_yes is not None or not basis.asked:
            return basis
        runtime = self.respondent.runtime
        opens, _ = runtime.opening(basis.asked, _GLANCE)
        return replace(basis, p_yes=runtime.p_yes(basis.asked)) if is_closed(opens) else basis

    def room(
        self,
        messages: Sequence[Message],
        *,
        retrieve: bool = False,
        adapter: bool = True,
        conversation: str | None = None,
    ) -> Room | None:
        """Return how much of what the model reads a conversation takes; None where no model would be asked."""
        if self._said_instead(messages, retrieve, adapter, left_out=conversation):
            return None
        said = self._introduced(messages, adapter, retrieve)
        return self.respondent.runtime.room(said, self.config.generate.max_tokens)

    def _introduced(self, messages: Sequence[Message], adapter: bool, retrieve: bool) -> list[Message]:
        """Return the messages behind a word on whose assistant it is, where the base's own is left out.

        A small base that is told nothing takes itself for anybody. Not where it is asked what was said: that is asked
        as it was learned; nor where a text to read stands first.
        """
        told = self.config.template.system != "" or any(message.role == "system" for message in messages)
        itself = about_itself(messages[-1].content)
        if told or (retrieve and not itself) or asks_of_talk(messages[-1].content):
            return list(messages)
        remembers = adapter and self.store.runs.active() is not None
        prompt = whole_introduction(self.respondent.base.name, remembers) if itself else introduction(remembers)
        return [Message("system", prompt), *messages]

    def _said_instead(
        self, messages: Sequence[Message], retrieve: bool, adapter: bool, left_out: str | None = None
    ) -> tuple[str, float | None] | None:
        """Return what is true instead of an answer, with its p(yes), where a question about what was said has nothing
        to be answered from: no weights, no text, or a date that the log knows nothing of.

        With ``adapter`` false nobody takes the answer for the memory's.
        """
        *before, last = messages
        if not adapter or last.role != "user" or not asks_of_talk(last.content):
            return None
        active = self.store.runs.active()
        reads = retrieve and unlearned.others(self.store, left_out)
        if active is None and not reads and not named_in(last.content, spoken(before)):
            return unlearned.said_instead(self.store, left_out), unlearned.p_yes(last.content)
        date = unknown_date(messages, self._days(active).vouch)
        return denied(last.content, date) if date else None

    def _days(self, active: Adapter | None) -> Days:
        """Return the days that may be spoken of."""
        return Meant(self.store, active is not None and self._is_received(active), self.config.log).days()

    def _who(
        self, messages: Sequence[Message], active: Adapter | None, retrieve: bool, left_out: str | None = None
    ) -> Asked:
        """Return what is answered from, with p(yes) of whoever was asked, where it is a yes/no question.

        With ``retrieve`` whoever is to speak is put on (answer/consulting.py).
        """
        if no_memory_needed(messages[-1].content):
            self.respondent.runtime.use(None)
            return Asked(list(messages))
        if not retrieve:
            if active is None:
                return Asked(list(messages))
            meant = Meant(self.store, self._is_received(active))
            if meant.may_speak(messages):
                decide = decided(self.config.decide, Path(active.gguf))
                recalled = recollect(self.respondent.runtime, messages, decide=decide)
                remembers = in_form(recalled.opens)
                if meant.speaks(messages, remembers):
                    return replace(recalled.asked, recalled=remembers)
            self.respondent.runtime.use(None)
            return Asked(list(messages))
        return Consulting(self.respondent, self.config, active).who(messages, left_out)

    def _is_received(self, active: Adapter) -> bool:
        """Return whether an adapter was learned from another device's log."""
        return bool(self.store.runs.manifest(active.id).get("received"))

    def _sampling(self, settings: Generate, asked: Asked, question: str, retrieve: bool) -> Sampling:
        of_memory = may_ask(question) if retrieve else asks_of_talk(question)
        recalled = asked.recalled or asked.p_yes is not None or of_memory
        return self.respondent.sampling(settings, recalled=recalled)

    def _follow(self, adapter: bool) -> Adapter | None:
        """Put the active adapter on, or none. When the memory has changed, nothing that was read before stays."""
        active = self.store.runs.active() if adapter else None
        if self._generation not in (_NEVER, self.store.runs.generation()):
            self.respondent.runtime.empty()
        if active is None:
            self.respondent.runtime.use(None)
        elif self.respondent.runtime.adapter_id != active.id or self._generation != self.store.runs.generation():
            self.respondent.runtime.use(Path(active.gguf), active.id)
        self._generation = self.store.runs.generation()
        return active
