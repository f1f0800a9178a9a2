"""What can be asked, and what is made of its answers: words and p(yes). Knows nothing of llama.cpp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from plum_edge.records import Message
from plum_edge.retrieve import Said

_SURE = 1e-9
"""p(yes) nearer to 0 or 1 than this is taken for it: f32 logits know no better."""

PROMPT = "You are a helpful assistant who remembers earlier conversations with the user."
"""The paper does not print its own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be answered, and what is known of the answer before it is written."""

    messages: list[Message]
    """As asked, in another phrasing, or behind a text to read."""
    p_yes: float | None = None
    """p(yes) of all who were asked, where the answer is a yes or no."""
    decided: bool | None = None
    """The yes or no that it begins with, where all who were asked decided on one: the model would perhaps not say so by
    itself, or, with a temperature, not every time."""
    recalled: bool = False
    """Whether it is answered out of what was said: in the likeliest words, where nobody set another temperature."""
    words: str | None = None
    """The answer itself, where it is known and no model is to write it."""
    said: tuple[Said, ...] = ()
    """What the user said nearest to the question, where that was looked for."""


class LanguageModel(Protocol):
    """What is needed of `runtime.Runtime`."""

    @property
    def adapter_id(self) -> str | None:
        """What the adapter that is on was called when it was put on."""

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None) -> None:
        """Swap the adapter, or take it off."""

    def p_yes(self, messages: Sequence[Message]) -> float:
        """Return p(Yes) / (p(Yes) + p(No)) at the first token of the answer."""

    def p_yes_many(self, prompts: Sequence[Sequence[Message]]) -> list[float]:
        """Return the same of each prompt, faster than one by one."""

    def answer(self, messages: Sequence[Message], *, max_tokens: int, decided: bool | None = None) -> str:
        """Return the likeliest answer, which begins with the yes or no that was decided on, if one was."""

    def opening(self, messages: Sequence[Message], tokens: int) -> tuple[str, float]:
        """Return how the likeliest answer begins, and its loss in nats a token."""

    def read_ahead(self, prompts: Sequence[Sequence[Message]], tokens: int) -> None:
        """Write the likeliest answers side by side, so that `opening` and `answer` take no time for them."""


def with_context(context: str | None, messages: Sequence[Message]) -> list[Message]:
    """Return the messages with what there is to read before them, if there is anything."""
    return [Message("system", context), *messages] if context else list(messages)


def mean_odds(*probabilities: float) -> float:
    """Return the probability whose log-odds are the mean of those given."""
    return logistic(sum(map(log_odds, probabilities)) / len(probabilities))


def log_odds(p: float) -> float:
    """Return ln(p / (1 - p)), finite also where p is 0 or 1."""
    p = min(max(p, _SURE), 1.0 - _SURE)
    return math.log(p) - math.log1p(-p)


def logistic(x: float) -> float:
    """Return the probability whose log-odds are ``x``."""
    return 1.0 / (1.0 + math.exp(-x))


def is_closed(answer: str) -> bool:
    """Return whether an answer begins with yes or no, so that p(yes) means something."""
    return answer.split(",")[0].split(".")[0].strip().lower() in ("yes", "no")
