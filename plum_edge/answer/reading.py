"""A base that was taught to read the log: what each of the passages nearest to a question says to it, one at a time.

Some bases ship with an adapter for that (models/NAME/reader.gguf): it remembers nobody, and tells a passage that
answers a question from one that only lies near, which a base of 0.1 billion parameters cannot. Every passage is read by
itself, so that none is taken for another, and the surest is believed. Knows nothing of how passages are found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from plum_edge.answer.language_model import Asked, LanguageModel, is_closed, with_context
from plum_edge.answer.quoting import with_source
from plum_edge.augment.phrases.wordings import UNKNOWN
from plum_edge.bases import Base
from plum_edge.bases.shipped import READER, shipped
from plum_edge.convert.gguf_header import BASE_GGUF_SHA256, NotGguf, read
from plum_edge.records import Message
from plum_edge.retrieve import Said

_FOR_YES = 2
"""Passages that are read for a yes or no, the nearest ones. With four it is no surer of what was never said, and takes
twice the time (docs/experiments/2026-11-30-a-reader.md)."""
_OPENING = 12
"""Tokens of an answer that show how sure it is, and whether the passage answers at all."""
LONGEST = 48
"""Tokens of a fact, which is a few words."""
SAID = 3
"""Stretches of the user's words among which a fact is to stand."""
_ALIKE, _DOUBT = 0.3, 0.4
"""A fact is named where question and log have at least this cosine, and so much more for each nat a token that the
answer costs: of what was never told that leaves out half, and of what was told nothing
(docs/experiments/2026-11-30-a-second-lesson.md)."""


def reader(base: Base) -> Path | None:
    """Return the adapter that reads for a base, where one ships with these very weights."""
    path = shipped(base, READER)
    try:
        made_for = read(path).metadata.get(BASE_GGUF_SHA256) if path else None
    except (NotGguf, OSError):  # damaged: the base reads by itself
        return None
    return path if made_for == base.sha256 else None


class Reading:
    """Questions put to the reader. It is put on before each, and stays on."""

    def __init__(self, runtime: LanguageModel, adapter: Path) -> None:
        self._runtime, self._adapter = runtime, adapter

    def is_closed(self, passages: Sequence[str], question: Message) -> bool:
        """Return whether the reader takes a question for one of yes or no."""
        self._put_on()
        return is_closed(self._runtime.opening(with_context(passages[0], [question]), _OPENING)[0])

    def each(self, asked: Sequence[tuple[Sequence[str], Message]]) -> list[list[float]]:
        """Return p(yes) of each passage that is read for a yes or no, for each question; the nearest passage first."""
        self._put_on()
        nearest = [(passages[:_FOR_YES], question) for passages, question in asked]
        p = iter(self._runtime.p_yes_many([with_context(one, [q]) for passages, q in nearest for one in passages]))
        return [[next(p) for _ in passages] for passages, _ in nearest]

    def decided(self, passages: Sequence[str], question: Message, each: Sequence[float], p_yes: float) -> Asked:
        """Return what is to be answered where yes or no is decided: beside the surest passage by `each`."""
        self._put_on()
        return Asked(with_context(passages[each.index(max(each))], [question]), p_yes, p_yes >= 0.5)

    def fact(
        self, passages: Sequence[str], question: Message, likeness: float | None, said: Sequence[Said] = ()
    ) -> Asked | None:
        """Return what is to be answered to a question for a fact, or None where the reader names none.

        Where there are vectors, ``said`` is what the user said nearest to it: a fact is given with the words that hold
        it, and is none where no words do.
        """
        asked = self._named(passages, question, likeness)
        if not asked or not said:
            return asked
        words = with_source(self._runtime.answer(asked.messages, max_tokens=LONGEST), said)
        return Asked([question], recalled=True, words=words) if words else None

    def _named(self, passages: Sequence[str], question: Message, likeness: float | None) -> Asked | None:
        """Return the question beside the passage of whose answer the reader is surest.

        None where it finds an answer in no passage, or is not sure enough for so little ``likeness``: the cosine of
        question and log, where there are vectors.
        """
        self._put_on()
        prompts = [with_context(one, [question]) for one in passages]
        begun = [self._runtime.opening(prompt, _OPENING) for prompt in prompts]
        told = [(loss, n) for n, (opens, loss) in enumerate(begun) if not _unknown(opens)]
        loss, surest = min(told, default=(math.inf, 0))
        if not told or (likeness is not None and likeness < _ALIKE + _DOUBT * loss):
            return None
        return Asked(prompts[surest], recalled=True)

    def _put_on(self) -> None:
        if self._runtime.adapter_id != READER:
            self._runtime.use(self._adapter, READER)


def _unknown(opens: str) -> bool:
    """Return whether an answer begins as one that says that nothing was told."""
    said = opens.strip()
    return any(said.startswith(form) or (said and form.startswith(said)) for form in UNKNOWN)
