"""What an answer costs: the tokens of its prompts, the time it takes here, and the text that must be kept for it.

A meter stands between an asker and the model that it asks. Knows nothing of either.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plum_edge.answer import LanguageModel
from plum_edge.evaluate.scoring import Asker
from plum_edge.records import Message

_SAMPLED = 16
"""Of so many questions that are asked together one is timed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer of one system costs, over those that were asked by themselves."""

    prompt_tokens: float
    """Mean. Where two models are asked, the prompts of both; what stands in a cache counts all the same."""
    milliseconds: float
    """Median, on this machine, looking up included."""
    text_bytes: int
    """Of the user's text, UTF-8, that must stay on the device."""


class Meter:
    """A model that notes its prompts."""

    def __init__(self, runtime: LanguageModel) -> None:
        self._runtime = runtime
        self._prompts: set[tuple[str | None, tuple[Message, ...]]] = set()

    @property
    def adapter_id(self) -> str | None:
        """As the model's own."""
        return self._runtime.adapter_id

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None) -> None:
        """Swap the adapter, or take it off."""
        self._runtime.use(adapter_gguf, adapter_id)

    def p_yes(self, messages: Sequence[Message]) -> float:
        """Return p(Yes) / (p(Yes) + p(No)) at the first token of the answer."""
        self._note(messages)
        return self._runtime.p_yes(messages)

    def p_yes_many(self, prompts: Sequence[Sequence[Message]]) -> list[float]:
        """Return the same of each prompt."""
        for messages in prompts:
            self._note(messages)
        return self._runtime.p_yes_many(prompts)

    def answer(self, messages: Sequence[Message], *, max_tokens: int, decided: bool | None = None) -> str:
        """Return the answer."""
        self._note(messages)
        return self._runtime.answer(messages, max_tokens=max_tokens, decided=decided)

    def opening(self, messages: Sequence[Message], tokens: int) -> tuple[str, float]:
        """Return how the likeliest answer begins, and its loss in nats a token."""
        self._note(messages)
        return self._runtime.opening(messages, tokens)

    def read_ahead(self, prompts: Sequence[Sequence[Message]], tokens: int) -> None:
        """Write the likeliest answers side by side; whoever takes one notes its prompt."""
        self._runtime.read_ahead(prompts, tokens)

    def _note(self, messages: Sequence[Message]) -> None:
        self._prompts.add((self._runtime.adapter_id, tuple(messages)))

    def taken(self) -> list[tuple[Message, ...]]:
        """Return the different prompts since the last call."""
        prompts = [messages for _, messages in self._prompts]
        self._prompts.clear()
        return prompts


@dataclass
class Metered:
    """An asker whose answers are timed and whose prompts are counted, where they are asked by themselves.

    ``asker`` asks through ``meter``, which asks each time; ``others`` may know an answer already. ``count`` is the
    number of tokens of a prompt as the model reads it.
    """

    asker: Asker
    others: Asker
    meter: Meter
    count: Callable[[Sequence[Message]], int]
    _seconds: list[float] = field(default_factory=list)
    _tokens: int = 0

    def p_yes(self, question: str) -> float:
        """Return p(yes) of the asker."""
        began = time.perf_counter()
        p = self.asker.p_yes(question)
        self._add(time.perf_counter() - began)
        return p

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return p(yes) of the asker; one in `_SAMPLED` is asked by itself, as a user would, and counted."""
        alone = {n: self.p_yes(questions[n]) for n in range(0, len(questions), _SAMPLED)}
        others = [n for n in range(len(questions)) if n not in alone]
        together = dict(zip(others, self.others.p_yes_many([questions[n] for n in others]), strict=True))
        return [(alone | together)[n] for n in range(len(questions))]

    def answer(self, question: str) -> str:
        """Return the answer of the asker."""
        began = time.perf_counter()
        answer = self.asker.answer(question)
        self._add(time.perf_counter() - began)
        return answer

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        """Return the answers of the asker; as many as in `p_yes_many` are asked by themselves, and counted."""
        alone = {n: self.answer(questions[n]) for n in range(0, len(questions), _SAMPLED)}
        others = [n for n in range(len(questions)) if n not in alone]
        together = dict(zip(others, self.others.answer_many([questions[n] for n in others]), strict=True))
        return [(alone | together)[n] for n in range(len(questions))]

    def _add(self, seconds: float) -> None:
        self._seconds.append(seconds)
        self._tokens += sum(self.count(prompt) for prompt in self.meter.taken())

    def cost(self, text_bytes: int) -> Cost | None:
        """Return what an answer cost, or None where nothing was asked."""
        if not self._seconds:
            return None
        tokens = self._tokens / len(self._seconds)
        return Cost(round(tokens, 1), round(1000 * statistics.median(self._seconds), 2), text_bytes)
