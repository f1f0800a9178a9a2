"""The systems that are compared: the base, the adapter, retrieval with the same model, both, and no model at all.

Part of the stage `evaluate`. Each is an `evaluate.Asker` over a recall and a retriever that it is handed. Knows nothing
of llama.cpp, the store or how answers are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from plum_edge.evaluate import Asker, Scored, score
from plum_edge.records import Message, Progress, Question

SYSTEMS = ("base", "bm25", "adapter", "adapter_bm25", "bm25_threshold")
"""Names as in ``evaluate --json``; what `asker` knows."""

_MAX_TOKENS = 96
"""Room for a date and a quote of two dozen words."""


class Recalls(Protocol):
    """What is needed of `recall.Recall`."""

    adapter_id: str | None

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None) -> None:
        """Swap the adapter, or take it off."""

    def p_yes(self, messages: Sequence[Message]) -> float:
        """Return p(Yes) / (p(Yes) + p(No)) at the first token of the answer."""

    def answer(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> str:
        """Return the answer."""


class Retrieves(Protocol):
    """What is needed of `retrieve.Retriever`."""

    def context(self, question: str) -> str | None:
        """Return what the log says, in the reading format, or None."""

    def score(self, question: str) -> float:
        """Return how well the log matches; from 1 on it was discussed."""

    def quote(self, question: str) -> str | None:
        """Return the message that matches best."""


class Model:
    """A base with or without an adapter; ``system`` gives the system message for a question, where there is one.

    It sees to it that its own adapter is on before each question, so that askers over one recall can take turns.
    """

    def __init__(
        self, recall: Recalls, adapter: Path | None = None, system: Callable[[str], str | None] | None = None
    ) -> None:
        self._recall, self._adapter, self._system = recall, adapter, system
        self._name = str(adapter) if adapter else None
        self._begun = False

    def p_yes(self, question: str) -> float:
        """Return p(Yes) for the question."""
        self._put_on()
        return self._recall.p_yes(self._messages(question))

    def answer(self, question: str) -> str:
        """Return the model's likeliest answer."""
        self._put_on()
        return self._recall.answer(self._messages(question), max_tokens=_MAX_TOKENS, temperature=0.0)

    def _put_on(self) -> None:
        if not self._begun or self._recall.adapter_id != self._name:
            self._recall.use(self._adapter, self._name)
            self._begun = True

    def _messages(self, question: str) -> list[Message]:
        context = self._system(question) if self._system else None
        asked = Message("user", question)
        return [Message("system", context), asked] if context else [asked]


class Threshold:
    """No model: yes where the BM25 score reaches a bar tuned on the log (`retrieve.Retriever.bar`)."""

    def __init__(self, retriever: Retrieves) -> None:
        self._retriever = retriever

    def p_yes(self, question: str) -> float:
        """Return a number that is one half where the score reaches the bar, and grows with it. Not a probability."""
        reached = self._retriever.score(question)
        return reached / (reached + 1.0)

    def answer(self, question: str) -> str:
        """Return the best message, quoted, where the score reaches the bar; what else could it say?"""
        quote = self._retriever.quote(question) if self.p_yes(question) >= 0.5 else None
        return f'You said: "{quote}"' if quote else "I do not know: we have not talked about that."


def asker(system: str, recall: Recalls, adapter: Path | None, retriever: Retrieves) -> Asker:
    """Return one of `SYSTEMS`. ``adapter`` is the GGUF file; ``base``, ``bm25`` and ``bm25_threshold`` need none.

    Raises:
        ValueError: no such system, or one with an adapter and no adapter given.
    """
    if system == "bm25_threshold":
        return Threshold(retriever)
    if system not in SYSTEMS:
        raise ValueError(f"unknown system {system!r}; known: {', '.join(SYSTEMS)}")
    adapted = system.startswith("adapter")
    if adapted and adapter is None:
        raise ValueError(f"the system {system!r} needs an adapter")
    return Model(recall, adapter if adapted else None, retriever.context if system.endswith("bm25") else None)


def run(
    names: Sequence[str],
    questions: Sequence[Question],
    *,
    recall: Recalls,
    adapter: Path | None,
    retriever: Retrieves,
    progress: Progress | None = None,
) -> dict[str, list[Scored]]:
    """Ask the same questions of each of the named systems, one system after the other."""
    return {name: score(questions, asker(name, recall, adapter, retriever), progress) for name in names}
