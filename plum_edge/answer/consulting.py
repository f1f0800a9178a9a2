"""With the log at hand (``--retrieve``): who answers, the adapter, the reader or the bare base that reads.

Where a reader ships with the base (reading.py) it reads the passages nearest to the question, one by one: it decides
yes or no together with what the adapter remembers and how well both searches match (weighed.py), and it names the fact
that is asked for. Else the adapter and the base have their say by themselves (joint.py). Knows nothing of how an answer
is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from plum_edge.answer.border import decided
from plum_edge.answer.joint import READS, Joint
from plum_edge.answer.language_model import Asked, with_context
from plum_edge.answer.meant import Meant
from plum_edge.answer.quoting import nearest, whose
from plum_edge.answer.reading import SAID, Reading
from plum_edge.answer.remember import recollect
from plum_edge.answer.respondent import Respondent
from plum_edge.answer.rewrite import topic
from plum_edge.answer.weighed import weighed
from plum_edge.augment.phrases.inquiry import asks as asks_of_talk
from plum_edge.augment.phrases.requests import of_the_user
from plum_edge.config import Config, Decide
from plum_edge.records import Adapter, Message
from plum_edge.retrieve import Said

_OF_THE_LOG = 0.4
"""Cosine from which on a question about one thing is taken for one about something in the log, though it does not say
so: "Which church was the concert in?" (docs/experiments/2026-11-30-own-words.md)."""


@dataclass(frozen=True, slots=True)
class Consulting:
    """One log, looked up for each question. ``active``: the adapter in use, if one is."""

    respondent: Respondent
    config: Config
    active: Adapter | None

    def who(self, messages: Sequence[Message], left_out: str | None) -> Asked:
        """Return what is to be answered, with whoever is to speak put on.

        ``left_out``: a conversation not to look at.
        """
        library, question = self.respondent.library, messages[-1].content
        library.left_out = left_out
        library.room = self._beside(messages)
        if read := self._read(messages):
            return read
        readings = [with_context(library.context(way, question), messages) for way in READS]
        if self.active is None:
            self.respondent.runtime.use(None)
            return Asked(readings[0])
        path, decide = Path(self.active.gguf), self._decide()
        if decide.weighed and (both := self._weighed(messages, readings[0])):
            return both
        found = library.likelihood(topic(question) or question)
        return Joint(self.respondent.runtime, path, self.active.id, decide).speaker(messages, readings, found)

    def _read(self, messages: Sequence[Message]) -> Asked | None:
        """Return what the reader is to answer, which sees the question and a passage, and nothing of a chat.

        None where none ships with the base, the settings do not weigh, or there is nothing to read; where the question
        is not one about what was said, as far as can be told, and where it may be none and no passage answers it.
        """
        question, path, library = messages[-1], self.respondent.reader, self.respondent.library
        meant = Meant(self.respondent.store)
        if path is None or not self._decide().weighed:
            return None
        asked, perhaps = meant.is_asked(messages), meant.may_be_asked(messages)
        if not (asked or perhaps) or not (passages := library.passages(question.content)):
            return None
        said = tuple(library.said(question.content, SAID, role=whose(question.content)))
        near = perhaps and any(one.score >= _OF_THE_LOG for one in said)
        if not (asked or near):
            return None
        of_user = near or asks_of_talk(question.content) or of_the_user(question.content)
        told = self._told(Reading(self.respondent.runtime, path), messages, passages, said, of_user=of_user)
        return replace(told, said=said) if told else None

    def _told(
        self,
        reading: Reading,
        messages: Sequence[Message],
        passages: Sequence[str],
        said: Sequence[Said],
        *,
        of_user: bool,
    ) -> Asked | None:
        """Return what the log tells; ``of_user``: also that it tells nothing."""
        question, library = messages[-1], self.respondent.library
        if not reading.is_closed(passages, question):
            told = reading.fact(passages, question, library.likeness(question.content), said)
            return told or (Asked([question], recalled=True, words=nearest(said)) if of_user else None)
        [each] = reading.each([(passages, question)])
        p = self._all(question.content, self._remembered(messages), max(each))
        return reading.decided(passages, question, each, p) if of_user or p >= 0.5 else None

    def _weighed(self, messages: Sequence[Message], beside: list[Message]) -> Asked | None:
        """Return a yes/no question about what was said, decided by what is remembered and how well the log matches.

        Said by the adapter where it agrees, else by the base that reads; None where it is no such question.
        """
        question = messages[-1].content
        asked = self._recollected(messages)
        if asked.p_yes is None or not asks_of_talk(question):
            return None
        p = self._all(question, asked.p_yes)
        if (p >= 0.5) == (asked.p_yes >= 0.5):
            return replace(asked, p_yes=p, decided=p >= 0.5)
        self.respondent.runtime.use(None)
        return Asked(beside, p, p >= 0.5)

    def _all(self, question: str, remembered: float, read: float | None = None) -> float:
        library = self.respondent.library
        return weighed(remembered, library.nearness(question), library.score("bm25", question), read)

    def _remembered(self, messages: Sequence[Message]) -> float:
        """Return p(yes) of the adapter; even where there is none, or where it would say something else."""
        p = self._recollected(messages).p_yes if self.active else None
        return 0.5 if p is None else p

    def _recollected(self, messages: Sequence[Message]) -> Asked:
        assert self.active is not None
        self.respondent.runtime.use(Path(self.active.gguf), self.active.id)
        return recollect(self.respondent.runtime, messages, decide=self._decide()).asked

    def _decide(self) -> Decide:
        return decided(self.config.decide, Path(self.active.gguf) if self.active else None)

    def _beside(self, messages: Sequence[Message]) -> int:
        """Return the tokens of what can be read that the last message and the answer leave."""
        alone = self.respondent.runtime.room(
            [m for m in messages if m.role == "system"] + [messages[-1]], self.config.generate.max_tokens
        )
        return max(1, min(alone.most - alone.tokens, self.respondent.room))
