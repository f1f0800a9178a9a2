"""Weights and text asked together: the adapter, which remembers, and the bare base, which reads what the log says.

Each answers by itself, and p(yes) is the mean of all in log-odds: whoever is surer decides, and two who are half sure
outweigh one who is. No number in it is tuned, so that it holds for any base, adapter and log. To let the adapter read
instead is worse than to let the base read: one that says yes too easily reads a yes into any text (docs/LOG.md).

Part of the stage `evaluate`, and used as it is deployed. Knows nothing of how a text is found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from plum_edge.records import Message

_SURE = 1e-9
"""p(yes) nearer to 0 or 1 than this is taken for it: f32 logits know no better."""
_OPENING = 16
"""Tokens of an answer that show how sure it is. With all of it, nothing could be shown before both were written."""


class Recalls(Protocol):
    """What is needed of `recall.Recall`."""

    @property
    def adapter_id(self) -> str | None:
        """What the adapter that is on was called when it was put on."""

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None) -> None:
        """Swap the adapter, or take it off."""

    def p_yes(self, messages: Sequence[Message]) -> float:
        """Return p(Yes) / (p(Yes) + p(No)) at the first token of the answer."""

    def answer(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> str:
        """Return the answer."""

    def opening(self, messages: Sequence[Message], tokens: int) -> tuple[str, float]:
        """Return how the likeliest answer begins, and its loss in nats a token."""


def with_context(context: str | None, messages: Sequence[Message]) -> list[Message]:
    """Return the messages with what there is to read before them, if there is anything."""
    return [Message("system", context), *messages] if context else list(messages)


def mean_odds(*probabilities: float) -> float:
    """Return the probability whose log-odds are the mean of those given."""
    sure = [min(max(p, _SURE), 1.0 - _SURE) for p in probabilities]
    return 1.0 / (1.0 + math.exp(-sum(math.log(p) - math.log1p(-p) for p in sure) / len(sure)))


def is_closed(answer: str) -> bool:
    """Return whether an answer begins with yes or no, so that p(yes) means something."""
    return answer.split(",")[0].split(".")[0].strip().lower() in ("yes", "no")


class Joint:
    """An adapter and the bare base over one recall. ``name`` is what the recall calls the adapter."""

    def __init__(self, recall: Recalls, adapter: Path, name: str | None = None) -> None:
        self._recall, self._adapter = recall, adapter
        self._name = name or str(adapter)

    def p_yes(self, plain: Sequence[Message], readings: Sequence[Sequence[Message]]) -> float:
        """Return p(yes) of all for a yes/no question: ``plain`` as asked, ``readings`` with a text each before it.

        Where nothing was found to read, a reading is ``plain``: that the base then says no has its weight.
        """
        self._remember()
        remembered = self._recall.p_yes(plain)
        self._read()
        return mean_odds(remembered, *(self._recall.p_yes(reading) for reading in readings))

    def speaker(
        self, plain: Sequence[Message], readings: Sequence[Sequence[Message]]
    ) -> tuple[list[Message], float | None]:
        """Put on or take off the adapter, and return what is to be answered from now on, with p(yes) for a yes or no.

        What all say together is said by one that agrees with it: by a reader where one does, the first before the
        others, as it has the words before it. Where the first reader or the adapter has more to say than yes or no, the
        surer of the two says it, by the likelihood of how each begins: of what was never said each claims a good deal,
        but seldom in words that it is sure of (docs/LOG.md).
        """
        # The reader last: its prompt is the long one, and need not be read again where it speaks, as it mostly does.
        self._remember()
        recalls, own_loss = self._recall.opening(plain, _OPENING)
        remembered = self._recall.p_yes(plain) if is_closed(recalls) else None
        self._read()
        opens, loss = self._recall.opening(readings[0], _OPENING)
        if remembered is None or not is_closed(opens):
            if own_loss >= loss:
                return list(readings[0]), None
            self._remember()
            return list(plain), None
        read = [self._recall.p_yes(reading) for reading in readings]
        together = mean_odds(remembered, *read)
        for reading, p in zip(readings, read, strict=True):
            if (p >= 0.5) == (together >= 0.5):
                return list(reading), together
        self._remember()
        return list(plain), together

    def _remember(self) -> None:
        if self._recall.adapter_id != self._name:
            self._recall.use(self._adapter, self._name)

    def _read(self) -> None:
        self._recall.use(None)
