"""The systems that are compared: the base, the adapter, retrieval with the same model, both, and no model at all.

Each is an `evaluate.Asker` over a model and a library that it is handed. Knows nothing
of llama.cpp, the store or how answers are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from plum_edge.answer import Asked, Joint, LanguageModel, mean_odds, p_yes_many, recollect, topic, with_context
from plum_edge.answer.joint import READS
from plum_edge.answer.language_model import PROMPT
from plum_edge.answer.weighed import weighed
from plum_edge.config import Decide
from plum_edge.errors import UsageError
from plum_edge.evaluate.scoring import Asker, Scored, score
from plum_edge.records import Message, Progress, Question
from plum_edge.retrieve import Ranking, Way


@dataclass(frozen=True, slots=True)
class System:
    """What answers: a base, with an adapter or none, that reads something or nothing; or the score of a ranking."""

    adapter: bool = False
    reads: tuple[Way, ...] = ()
    """More than one only where ``joint``."""
    joint: bool = False
    """The adapter remembers and the bare base reads, each by itself (`joint.Joint`); else who answers reads too."""
    weighs: bool = False
    """Beside the adapter, how well the log matches a question by meaning and by words counts (`answer.weighed`)."""
    searches: bool = False
    """Beside the adapter, how well the log matches the topic of a question counts; nothing is read."""
    threshold: Ranking | None = None
    by_topic: bool = False
    """The threshold looks at the topic of a question alone, where it is clear; else at all of its words."""
    prompted: bool = False
    """Behind `PROMPT`, as in the other line of the paper's figure 2."""
    phrased: bool = True
    """An adapter alone is asked in other phrasings too, as in ``ask`` and ``chat`` (answer/remember.py)."""

    @property
    def dense(self) -> bool:
        """Whether it needs vectors."""
        return any(name.startswith("dense") for name in (*self.reads, self.threshold or ""))


SYSTEMS: dict[str, System] = {
    "base": System(),
    "bm25": System(reads=("bm25",)),
    "bm25_top3": System(reads=("bm25_top3",)),
    "bm25_pairs": System(reads=("bm25_pairs",)),
    "bm25_passages": System(reads=("bm25_passages",)),
    "dense": System(reads=("dense",)),
    "dense_passages": System(reads=("dense_passages",)),
    "bm25_threshold": System(threshold="bm25"),
    "bm25_threshold_topic": System(threshold="bm25", by_topic=True),
    "dense_threshold": System(threshold="dense"),
    "adapter": System(adapter=True),
    "adapter_as_asked": System(adapter=True, phrased=False),
    "adapter_prompted": System(adapter=True, prompted=True),
    "adapter_search": System(adapter=True, searches=True),
    "adapter_weighed": System(adapter=True, weighs=True),
    "adapter_bm25": System(adapter=True, reads=READS, joint=True),
    "adapter_passages": System(adapter=True, reads=("bm25_passages",), joint=True),
    "adapter_dense": System(adapter=True, reads=("dense_passages", "bm25_pairs"), joint=True),
    "adapter_reads_bm25": System(adapter=True, reads=("bm25_passages",), phrased=False),
}
"""By name, as in ``evaluate --json``; what `asker` knows."""

USUAL = ("base", "bm25", "bm25_passages", "adapter_bm25", "bm25_threshold")
"""What ``evaluate --baselines`` measures. Retrieval stands there twice, so that it is seen at its best: a small model
reads a short passage better than a whole conversation."""

EVERY = "all"
"""Asks for every system that can be measured here."""

_MAX_TOKENS = 96
"""Room for a date and a quote of two dozen words."""


def chosen(asked: bool | Sequence[str], *, adapter: bool, dense: bool) -> list[str]:
    """Return the systems to measure: `USUAL` for True, none for False, otherwise those named, each once.

    With `EVERY` come all that ``adapter`` and ``dense`` (whether there is one; whether vectors can be made here) allow.
    Of `USUAL` and `EVERY` those that need an adapter are left out where there is none.

    Raises:
        UsageError: there is no such system, or one was named that needs an adapter and there is none.
    """
    if isinstance(asked, bool):
        return [name for name in (USUAL if asked else ()) if adapter or not SYSTEMS[name].adapter]
    every = [name for name, s in SYSTEMS.items() if (adapter or not s.adapter) and (dense or not s.dense)]
    names = list(dict.fromkeys(found for name in asked for found in (every if name == EVERY else [name])))
    for name in names:
        if name not in SYSTEMS:
            raise UsageError(f"There is no system {name!r}.", f"There are: {', '.join(SYSTEMS)}; {EVERY}.")
        if SYSTEMS[name].adapter and not adapter:
            raise UsageError(f"The system {name!r} needs an adapter.", "Learn first: plum-edge consolidate")
    return names


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

    def quote(self, ranking: Ranking, question: str) -> str | None:
        """Return the message that matches best."""


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
    name: str, runtime: LanguageModel, adapter: Path | None, library: Looks, decide: Decide | None = None
) -> Asker:
    """Return one of `SYSTEMS`. ``adapter`` is the GGUF file, for those that need one; ``decide``: when it claims a yes.

    Raises:
        ValueError: no such system, or one with an adapter and no adapter given.
    """
    if name not in SYSTEMS:
        raise ValueError(f"unknown system {name!r}; known: {', '.join(SYSTEMS)}")
    system = SYSTEMS[name]
    if system.threshold is not None:
        return Threshold(library, system.threshold, by_topic=system.by_topic)
    if system.adapter and adapter is None:
        raise ValueError(f"the system {name!r} needs an adapter")
    reads = [(lambda _question: PROMPT)] if system.prompted else [_reader(library, way) for way in system.reads]
    if system.joint and adapter is not None:
        return Together(runtime, adapter, reads, _finder(library), decide or Decide())
    model = Model(runtime, adapter if system.adapter else None, reads[0] if reads else None)
    remembers = system.adapter and system.phrased
    return Rememberer(runtime, model, decide or Decide(), _joiner(system, library)) if remembers else model


def _joiner(system: System, library: Looks) -> Callable[[str, float], float] | None:
    """Return how what the adapter remembers is joined with what the log says, where it is."""
    if system.weighs:
        return lambda question, p: weighed(p, library.likeness(question), library.score("bm25", question))
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
