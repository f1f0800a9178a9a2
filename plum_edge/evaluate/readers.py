"""The reader, examined as ``--retrieve`` asks it: alone, beside both searches, and beside an adapter as well.

Knows nothing of llama.cpp, of how passages are found, or of how answers are marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from plum_edge.answer import LanguageModel
from plum_edge.answer.quoting import nearest, whose
from plum_edge.answer.reading import LONGEST, SAID, Reading
from plum_edge.answer.weighed import weighed
from plum_edge.augment.phrases.wordings import UNKNOWN
from plum_edge.evaluate.scoring import Asker
from plum_edge.records import Message, Role
from plum_edge.retrieve import Ranking, Said


class Passages(Protocol):
    """What is needed of `retrieve.Library`."""

    def passages(self, question: str) -> list[str]:
        """Return the passages nearest to a question."""

    def score(self, ranking: Ranking, question: str) -> float:
        """Return how well the log matches; from 1 on it was discussed."""

    def likeness(self, question: str) -> float | None:
        """Return the cosine of the passage nearest in meaning; None without vectors."""

    def nearness(self, question: str) -> float | None:
        """Return the same as a log of middling size would have it."""

    def said(self, question: str, limit: int, *, role: Role = ...) -> list[Said]:
        """Return what the user said that is nearest to a question; nothing without vectors."""


class Reader:
    """Answers from passages. ``weighs``: both searches count as well; ``adapter``: so does one that remembers."""

    def __init__(
        self, runtime: LanguageModel, reader: Path, library: Passages, *, weighs: bool, adapter: Asker | None = None
    ) -> None:
        self._runtime, self._library, self._weighs, self._adapter = runtime, library, weighs, adapter
        runtime.use(None)  # whatever is on may be another adapter of the same name
        self._reading = Reading(runtime, reader)

    def p_yes(self, question: str) -> float:
        """Return p(yes) of all."""
        return self.p_yes_many([question])[0]

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return the same of each question; where there is nothing to read the reader affirms nothing."""
        remembered = self._adapter.p_yes_many(questions) if self._adapter else [0.5 for _ in questions]
        asked = [(self._library.passages(question), Message("user", question)) for question in questions]
        read = [max(each, default=None) for each in self._reading.each(asked)]
        if not self._weighs:
            return [p or 0.0 for p in read]
        return [
            weighed(mine, self._library.nearness(question), self._library.score("bm25", question), p)
            for question, mine, p in zip(questions, remembered, read, strict=True)
        ]

    def answer(self, question: str) -> str:
        """Return the fact, or that it was not told."""
        passages, asked = self._library.passages(question), Message("user", question)
        if not passages:
            return UNKNOWN[0]
        likeness, said = self._library.likeness(question), self._library.said(question, SAID, role=whose(question))
        told = self._reading.fact(passages, asked, likeness, said)
        if told is None:
            return nearest(said)
        return told.words or self._runtime.answer(told.messages, max_tokens=LONGEST)

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        """Return the same for each question."""
        return [self.answer(question) for question in questions]
