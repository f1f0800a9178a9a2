"""Whoever is compared, as `systems.py` lists them.

Each is an `evaluate.Asker` over a model and a library that it is handed. Knows nothing
of llama.cpp, the store or how answers are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from plum_edge.answer import Asked, Joint, LanguageModel, mean_odds, p_yes_many, recollect, topic, with_context
from plum_edge.answer.language_model import PROMPT
from plum_edge.answer.weighed import weighed
from plum_edge.config import Decide
from plum_edge.evaluate.readers import Reader
from plum_edge.evaluate.scoring import Asker, Scored, score
from plum_edge.evaluate.systems import SYSTEMS, System
from plum_edge.records import Message, Progress, Question, Role
from plum_edge.retrieve import Ranking, Said, Way

_MAX_TOKENS = 96
"""Room for a date and a quote of two dozen words."""


class Looks(Protocol):
    """What is needed of `retrieve.Library`."""

    def context(self, way: Way, question: str) -> str | None:
        """Return what the log says, in the reading format, or None."""

    def score(self, ranking: Ranking, question: str) -> float:
        """Return how well the log matches; from 1 on it was discussed."""

    def likelihood(self, topic: str) -> float:
        """Return how likely it is that a topic was discussed, by word search alone."""

    def likeness(self, question: str) -> float | None:
        """Return the cosine of the passage nearest in meaning; None without vectors."""

    def nearness(self, question: str) -> float | None:
        """Return the same as a log of middling size would have it."""

    def quote(self, ranking: Ranking, question: str) -> str | None:
        """Return the message that matches best."""

    def passages(self, question: str) -> list[str]:
        """Return the passages nearest to a question."""

    def said(self, question: str, limit: int, *, role: Role = ...) -> list[Said]:
        """Return what the user said that is nearest to a question; nothing without vectors."""


class Model:
    """A base with or without an adapter; ``reads`` gives the text to read for a question, where there is one.

    It sees to it that its own adapter is on before each question, so that askers over one model can take turns.
    """

    def __init__(
        self, runtime: LanguageModel, adapter: Path | None = None, reads: Callable[[str], str | None] | None = None
    ) -> None:
        self._runtime, self._adapter, self._reads = runtime, adapter, reads
        self._name = str(adapter) if adapter else None
        self._begun = False

    def p_yes(self, question: str) -> float:
        """Return p(Yes) for the question."""
        self.put_on()
        return self._runtime.p_yes(self.messages(question))

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return the same of each question."""
        self.put_on()
        return self._runtime.p_yes_many([self.messages(question) for question in questions])

    def answer(self, question: str) -> str:
        """Return the model's likeliest answer."""
        self.put_on()
        return _answered(self._runtime, Asked(self.messages(question)))

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        """Return the same of each question."""
        self.read_ahead(questions)
        return [self.answer(question) for question in questions]

    def read_ahead(self, questions: Sequence[str]) -> None:
        """Have the model write its likeliest answers side by side."""
        self.put_on()
        self._runtime.read_ahead([self.messages(question) for question in questions], _MAX_TOKENS)

    def put_on(self) -> None:
        """Put the model's own adapter on, or take another's off."""
        if not self._begun or self._runtime.adapter_id != self._name:
            self._runtime.use(self._adapter, self._name)
            self._begun = True

    def messages(self, question: str) -> list[Message]:
        """Return what is asked: the question behind what there is to read."""
        asked = [Message("user", question)]
        return with_context(self._reads(question) if self._reads else None, asked)


class Rememberer:
    """An adapter asked in several phrasings (`asking.remember`). ``model`` puts the question to it.

    ``joined``, where there is one, makes of a question and what the adapter remembers the p(yes) of all.
    """

    def __init__(
        self,
        runtime: LanguageModel,
        model: Model,
        decide: Decide,
        joined: Callable[[str, float], float] | None = None,
    ) -> None:
        self._runtime, self._model, self._decide, self._joined = runtime, model, decide, joined

    def p_yes(self, question: str) -> float:
        """Return p(yes) of all phrasings."""
        return self.p_yes_many([question])[0]

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return the same of each question."""
        self._model.put_on()
        prompts = [self._model.messages(question) for question in questions]
        remembered = p_yes_many(self._runtime, prompts, self._decide)
        if not self._joined:
            return remembered
        return [self._joined(question, p) for p, question in zip(remembered, questions, strict=True)]

    def answer(self, question: str) -> str:
        """Return the answer to the phrasing that is to be answered."""
        self._model.put_on()
        messages = self._model.messages(question)
        return _answered(self._runtime, recollect(self._runtime, messages, decide=self._decide).asked)

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        """Return the same of each question."""
        self._model.read_ahead(questions)
        return [self.answer(question) for question in questions]


class Together:
    """The adapter remembers, the bare base reads, and all have a say (`joint.Joint`)."""

    def __init__(
        self,
        runtime: LanguageModel,
        adapter: Path,
        reads: Sequence[Callable[[str], str | None]],
        found: Callable[[str], float],
        decide: Decide,
    ) -> None:
        self._runtime, self._reads, self._found = runtime, reads, found
        runtime.use(None)  # whatever is on may be another adapter of the same name
        self._joint = Joint(runtime, adapter, decide=decide)

    def p_yes(self, question: str) -> float:
        """Return p(yes) of all."""
        return self.p_yes_many([question])[0]

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return the same of each question."""
        return self._joint.p_yes_many([self._asked(question) for question in questions])

    def answer(self, question: str) -> str:
        """Return the answer of the one who is to speak."""
        return _answered(self._runtime, self._joint.speaker(*self._asked(question)))

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        """Return the same of each question."""
        return [self.answer(question) for question in questions]

    def _asked(self, question: str) -> tuple[list[Message], list[list[Message]], float]:
        asked = [Message("user", question)]
        return asked, [with_context(reads(question), asked) for reads in self._reads], self._found(question)


class Threshold:
    """No model: yes where the score of a ranking reaches a threshold tuned on the log (retrieve/threshold.py)."""

    def __init__(self, library: Looks, ranking: Ranking, *, by_topic: bool = False) -> None:
        self._library, self._ranking, self._by_topic = library, ranking, by_topic

    def p_yes(self, question: str) -> float:
        """Return a number that is one half where the score reaches the threshold, and grows with it: no probability."""
        reached = self._library.score(self._ranking, _topic(question) if self._by_topic else question)
        return reached / (reached + 1.0)

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return the same of each question."""
        return [self.p_yes(question) for question in questions]

    def answer(self, question: str) -> str:
        """Return the best message, quoted, where the score reaches the threshold; what else could it say?"""
        quote = self._library.quote(self._ranking, question) if self.p_yes(question) >= 0.5 else None
        return f'You said: "{quote}"' if quote else "I do not know: we have not talked about that."

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        """Return the same of each question."""
        return [self.answer(question) for question in questions]


def asker(
    name: str,
    runtime: LanguageModel,
    adapter: Path | None,
    library: Looks,
    decide: Decide | None = None,
    reader: Path | None = None,
) -> Asker:
    """Return one of `SYSTEMS`. ``adapter`` is the GGUF file, for those that need one; ``decide``: when it claims a yes;
    ``reader``: the adapter that reads.

    Raises:
        ValueError: no such system, or one with an adapter or a reader and none given.
    """
    if name not in SYSTEMS:
        raise ValueError(f"unknown system {name!r}; known: {', '.join(SYSTEMS)}")
    system = SYSTEMS[name]
    if system.threshold is not None:
        return Threshold(library, system.threshold, by_topic=system.by_topic)
    if system.adapter and adapter is None:
        raise ValueError(f"the system {name!r} needs an adapter")
    if system.reader:
        if reader is None:
            raise ValueError(f"the system {name!r} needs a reader, and none ships with this base")
        remembers = Rememberer(runtime, Model(runtime, adapter), decide or Decide()) if system.adapter else None
        return Reader(runtime, reader, library, weighs=system.weighs, adapter=remembers)
    reads = [(lambda _question: PROMPT)] if system.prompted else [_reader(library, way) for way in system.reads]
    if system.joint and adapter is not None:
        return Together(runtime, adapter, reads, _finder(library), decide or Decide())
    model = Model(runtime, adapter if system.adapter else None, reads[0] if reads else None)
    if not (system.adapter and system.phrased):
        return model
    return Rememberer(runtime, model, decide or Decide(), _joiner(system, library))


def _joiner(system: System, library: Looks) -> Callable[[str, float], float] | None:
    """Return how what the adapter remembers is joined with what the log says, where it is."""
    if system.weighs:
        return lambda question, p: weighed(p, library.nearness(question), library.score("bm25", question))
    found = _finder(library)
    return (lambda question, p: mean_odds(p, found(question))) if system.searches else None


def _answered(runtime: LanguageModel, asked: Asked) -> str:
    return runtime.answer(asked.messages, max_tokens=_MAX_TOKENS, decided=asked.decided)


def _finder(library: Looks) -> Callable[[str], float]:
    return lambda question: library.likelihood(_topic(question))


def _topic(question: str) -> str:
    return topic(question) or question


def _reader(library: Looks, way: Way) -> Callable[[str], str | None]:
    return lambda question: library.context(way, question)


def run(
    names: Sequence[str],
    questions: Sequence[Question],
    *,
    runtime: LanguageModel,
    adapter: Path | None,
    library: Looks,
    progress: Progress | None = None,
) -> dict[str, list[Scored]]:
    """Ask the same questions of each of the named systems, one system after the other."""
    return {name: score(questions, asker(name, runtime, adapter, library), progress) for name in names}
