"""Weights and text asked together: the adapter, which remembers, the bare base, which reads what the log says, and how
well the log matches what is asked about.

Each answers by itself, and p(yes) is the mean of all in log-odds: whoever is surer decides, and two who are half sure
outweigh one who is. The adapter claims a yes from odds of two to one (remember.py); no other number in it was chosen,
so that it holds for any base and log. To let the adapter read instead is worse than to let the base read: one that
says yes too easily reads a yes into any text (docs/LOG.md).

The adapter is asked in several phrasings (remember.py); the base, which knows more of them, as the question stands.
Knows nothing of how a text is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from plum_edge.answer import remember
from plum_edge.answer.language_model import Asked, LanguageModel, is_closed, mean_odds
from plum_edge.config import Decide
from plum_edge.records import Message
from plum_edge.retrieve import Way

READS: tuple[Way, ...] = ("bm25_passages", "bm25_pairs")
"""What is read beside the adapter: what was said, and what was made of it. The two miss different things."""


class Joint:
    """An adapter and the bare base over one runtime. ``name`` is what the runtime calls the adapter."""

    def __init__(
        self, runtime: LanguageModel, adapter: Path, name: str | None = None, decide: Decide | None = None
    ) -> None:
        self._runtime, self._adapter = runtime, adapter
        self._name, self._decide = name or str(adapter), decide or Decide()

    def p_yes_many(
        self, questions: Sequence[tuple[Sequence[Message], Sequence[Sequence[Message]], float]]
    ) -> list[float]:
        """Return p(yes) of all for each yes/no question: as it was asked, with a text each before it, and found.

        The last is how likely the search holds it to have been discussed. Where nothing was found to read, a reading is
        the question as asked: that the base then says no has its weight.
        """
        self._remember()
        remembered = remember.p_yes_many(self._runtime, [plain for plain, _, _ in questions], self._decide)
        self._read()
        read = iter(self._runtime.p_yes_many([reading for _, readings, _ in questions for reading in readings]))
        return [
            mean_odds(p, *(next(read) for _ in readings), found)
            for p, (_, readings, found) in zip(remembered, questions, strict=True)
        ]

    def speaker(self, plain: Sequence[Message], readings: Sequence[Sequence[Message]], found: float) -> Asked:
        """Put on or take off the adapter, and return what is to be answered from now on.

        What all say together is said by one that agrees with it: by a reader where one does, the first before the
        others, as it has the words before it. Where none does, the search has nobody to speak for it, and p(yes) is
        that of the others. Where the first reader or the adapter has more to say than yes or no, the surer of the two
        says it, by the likelihood of how each begins: of what was never said each claims a good deal, but seldom in
        words that it is sure of (docs/LOG.md).
        """
        # The reader last: its prompt is the long one, and need not be read again where it speaks, as it mostly does.
        self._remember()
        recalled = remember.recollect(self._runtime, plain, remember.OPENING, self._decide)
        self._read()
        opens, loss = self._runtime.opening(readings[0], remember.OPENING)
        remembered = recalled.asked.p_yes
        if remembered is None or not is_closed(opens):
            if recalled.loss >= loss:
                return Asked(list(readings[0]))
            self._remember()
            return recalled.asked
        read = self._runtime.p_yes_many(readings)
        sides = {p >= 0.5 for p in (remembered, *read)}
        together = mean_odds(remembered, *read, found)
        if (together >= 0.5) not in sides:
            together = mean_odds(remembered, *read)
        yes = together >= 0.5
        for reading, p in zip(readings, read, strict=True):
            if (p >= 0.5) == yes:
                return Asked(list(reading), together, yes)
        self._remember()
        return replace(recalled.asked, p_yes=together, decided=yes)

    def _remember(self) -> None:
        if self._runtime.adapter_id != self._name:
            self._runtime.use(self._adapter, self._name)

    def _read(self) -> None:
        self._runtime.use(None)
