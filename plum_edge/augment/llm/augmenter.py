"""A conversation into question–answer pairs by a language model: asked window by window, and believed pair by pair.

What the model writes is a proposal. Answers to closed questions, and to those about what was not discussed, are never
its words; open answers are, where the messages that they cite hold what they say (grounding.py). The questions of its
examination are held out: nothing near to them is trained on, and what they say was not discussed is never named in
training. Where the phrase augmenter finds something, its pairs make good what was refused. Knows nothing of storage,
tokens or of how the model is run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plum_edge.augment import language
from plum_edge.augment.augmenter import foreign, prepare, refused
from plum_edge.augment.checks import Checked, Mentions, check
from plum_edge.augment.llm import prompts
from plum_edge.augment.llm.grammar import KNOWN
from plum_edge.augment.llm.grammar.english import ENGLISH
from plum_edge.augment.llm.grounding import cited, objection
from plum_edge.augment.llm.prompts import ANGLES, SCHEMA, VERSION
from plum_edge.augment.llm.reading import Candidate, read
from plum_edge.augment.llm.support import Entails
from plum_edge.augment.llm.windows import Window
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.augmenter import PhraseAugmenter
from plum_edge.augment.phrases.pairs import other_names
from plum_edge.augment.phrases.words import key, stem, stems, words
from plum_edge.records import Kind, Message, Pair, Polarity, Segment, Split, Style, content_hash, draw, spoken_date

Generate = Callable[[Sequence[Message], Mapping[str, object]], str]
"""``generate(messages, json_schema)``: what the model writes, in the form of the schema where it does not break off."""
Written = Sequence[tuple[Window, Sequence[str]]]
"""Windows, each with what `ask` returned of it."""

PASSES = len(ANGLES) + 1
"""Answers of a window: one an angle, and the examination."""
_SAME = 0.8
"""Share of common words from which two questions are one."""
_NEAR = 0.6
"""The same for a question of training and a held-out one."""
_MOST = 6
"""Pairs of the model's for each topic that the phrase augmenter is asked for: so that a long talk is no long night."""
_HELD_OUT = 12
"""Held-out pairs of the model's, at most."""


def ask(window: Window, generate: Generate) -> list[str]:
    """Return what the model writes of a window: one answer an angle (`prompts.ANGLES`), then the examination."""
    return [generate(messages, SCHEMA) for messages in prompts.every(window)]


def judged(segment: Segment, answers: Sequence[str], supported: Callable[[str, str, str], bool]) -> str:
    """Return, as one more answer to keep, what a reader says of what was written: it is never asked again.

    ``supported(passage, question, answer)`` is asked about each open pair and each closed one that cites messages.
    """
    verdicts = {}
    for candidate in (one for answer in answers for one in read(answer)[0]):
        places = [n - segment.first for n in candidate.cites]
        if candidate.discussed and places and all(0 <= place < len(segment.messages) for place in places):
            passage = "\n".join(segment.messages[place].content for place in places)
            said = candidate.answer if candidate.kind == "open" else _yes(segment)
            verdicts[content_hash(passage, candidate.question, said)] = supported(passage, candidate.question, said)
    return json.dumps({"supported": verdicts}, sort_keys=True)


def name(window: Window, model: str) -> str:
    """Return what a window's answers are kept under: they depend on this window, the model and the prompts alone."""
    return content_hash(VERSION, model, window.date, window.text)


@dataclass(frozen=True, slots=True)
class LlmAugmenter:
    """Pairs by a language model: ``written(segment)`` is what it wrote. Reads what the checks have a grammar of."""

    written: Callable[[Segment], Written]
    seed: int
    topics: int
    name: str = "llm"
    version: str = VERSION
    languages: frozenset[str] = frozenset(KNOWN)

    def pairs_of(self, segment: Segment, prior: Mentions) -> Checked:
        """Return what may be believed of what was written, and phrase pairs where these are missing.

        The model is asked also where the phrase augmenter finds nothing, and where it does not know the language.
        """
        if foreign(segment, self.languages):
            return refused()
        shown = prepare(segment)
        phrases = PhraseAugmenter(self.seed, self.topics).pairs_of(segment, prior).kept
        made = pairs(shown, prior, self.written(shown), phrases, seed=self.seed, topics=self.topics)
        checked = check(made.kept, segment, prior)
        return Checked(checked.kept, checked.rejected + made.rejected)


def pairs(
    segment: Segment,
    prior: Mentions,
    written: Iterable[tuple[Window, Sequence[str]]],
    phrases: Sequence[Pair],
    *,
    seed: int,
    topics: int,
) -> Checked:
    """Return the segment's pairs: what may be believed of what was written, then ``phrases`` where they are missing.

    ``phrases`` are those of the phrase augmenter for the same segment, log, seed and ``topics``. Reasons for refusal
    are those of `grounding.objection`, and ``not readable``, ``near duplicate``, ``held-out name``, ``near to held
    out``, ``other split``, ``more than enough``. The same input gives the same pairs. `checks.check` has the last word.
    """
    every = list(written)
    exam = _Maker(segment, prior, "held_out", [], seed)
    for window, answers in every:
        for answer in answers[len(ANGLES) : PASSES]:
            exam.take(answer, window, _verdicts(answers))
    own = exam.most(_HELD_OUT)
    held_out = [*own, *_missing(own, [pair for pair in phrases if pair.split == "held_out"], 0)]
    maker = _Maker(segment, prior, "train", held_out, seed)
    for window, answers in every:
        for answer in answers[: len(ANGLES)]:
            maker.take(answer, window, _verdicts(answers))
    kept = maker.most(_MOST * topics)
    others = _missing(kept, [pair for pair in phrases if pair.split == "train" and not _near(pair, own)], topics)
    return Checked([*kept, *others, *held_out], +(maker.rejected + exam.rejected))


def _verdicts(answers: Sequence[str]) -> Entails | None:
    """Return what a reader said of a window's answers, if one was asked: what it was not asked about is not supported.

    `judged` wrote it, of what the model wrote in the same breath.
    """
    if len(answers) <= PASSES:
        return None
    supported: dict[str, Any] = json.loads(answers[PASSES])["supported"]
    return lambda *asked: float(supported.get(content_hash(*asked), False))


def _yes(segment: Segment) -> str:
    return "Ja" if language.spoken(segment) == "de" else "Yes"


def _near(pair: Pair, held_out: Sequence[Pair]) -> bool:
    """Whether a pair of training asks nearly what a held-out one asks, or names what one says was not discussed."""
    asked, stems_ = _shape(pair.question), set(stems(pair.question))
    return any(
        len(asked & _shape(other.question)) >= _NEAR * len(asked | _shape(other.question))
        or (other.polarity == "negative" and set(stems(other.topic)) <= stems_)
        for other in held_out
    )


class _Maker:
    """Takes answers of the model one after the other and keeps the pairs of one split that may be believed."""

    def __init__(self, segment: Segment, prior: Mentions, split: Split, held_out: Sequence[Pair], seed: int) -> None:
        self.segment, self.prior, self.split, self.seed = segment, prior, split, seed
        self.here = Mentions.of(segment)
        self.grammar = KNOWN.get(language.spoken(segment), ENGLISH)
        self.kept: list[Pair] = []
        self.rejected: Counter[str] = Counter()
        self._held_out = held_out
        self._asked: list[tuple[Kind, Polarity, frozenset[str]]] = []
        self._names = [
            (set(stems(other)), set(stems(pair.topic))) for pair in held_out for other in other_names(pair.topic)
        ]

    def take(self, written: str, window: Window, entails: Entails | None = None) -> None:
        """Keep what may be believed of one answer, and count the rest by reason."""
        candidates, broken = read(written)
        if broken:
            self.rejected["not readable"] += broken
        for candidate in candidates:
            reason = self._objection(candidate, window, entails) or self._kept_apart(candidate)
            if reason:
                self.rejected[reason] += 1
            else:
                self._keep(candidate)

    def most(self, count: int) -> list[Pair]:
        """Return at most ``count`` pairs, drawn by hash and in their order."""
        drawn = sorted(self.kept, key=lambda pair: draw(self.seed, pair.id))[:count]
        self.rejected["more than enough"] += len(self.kept) - len(drawn)
        ids = {pair.id for pair in drawn}
        return [pair for pair in self.kept if pair.id in ids]

    def _objection(self, candidate: Candidate, window: Window, entails: Entails | None) -> str:
        return objection(
            candidate, window.shown, self.segment, self.prior, self.here,
            grammar=self.grammar, entails=entails, exam=self.split == "held_out",
        )  # fmt: skip

    def _kept_apart(self, candidate: Candidate) -> str:
        """Return why a candidate comes too near to what the other split asks, or nothing."""
        if not candidate.discussed and _examined(candidate.topic) != (self.split == "held_out"):
            return "other split"
        asked, shape = set(stems(candidate.question)), _shape(candidate.question)
        for pair in self._held_out:
            if pair.polarity == "negative" and set(stems(pair.topic)) <= asked:
                return "held-out topic"
            known, same = _shape(pair.question), _NEAR if pair.origin == "llm" else _SAME
            if len(shape & known) >= same * len(shape | known):
                return "near to held out"
        if any(names <= asked and not names <= own for names, own in self._names):
            return "held-out name"
        return ""

    def _keep(self, candidate: Candidate) -> None:
        polarity: Polarity = "positive" if candidate.discussed else "negative"
        shape = _shape(candidate.question)
        for kind, other, known in self._asked:
            if (kind, other) == (candidate.kind, polarity) and len(shape & known) >= _SAME * len(shape | known):
                self.rejected["near duplicate"] += 1
                return
        self._asked.append((candidate.kind, polarity, shape))
        self.kept.append(
            Pair(
                self.segment.id, candidate.question, self._answer(candidate), candidate.kind, polarity, self.split,
                self._style(candidate), candidate.topic, "llm", candidate.cites if candidate.discussed else (),
            )
        )  # fmt: skip

    def _answer(self, candidate: Candidate) -> str:
        if not candidate.discussed:
            return self._pick(wordings.NO if candidate.kind == "closed" else wordings.UNKNOWN, candidate.question)
        date = spoken_date(self.segment.created_at) if self.segment.dated else ""
        if self.grammar.code == "de" and candidate.kind == "open":
            return candidate.answer + ("" if candidate.answer.endswith((".", "!")) else ".")
        told = any(message.role == "user" for message in cited(candidate, self.segment))
        source = f"{'you told me' if told else 'we talked about it'}{f' on {date}' if date else ''}."
        if candidate.kind == "closed":
            return f"Yes, {source}"
        if not date or date in candidate.answer:
            return candidate.answer
        end = "" if candidate.answer.endswith((".", "!")) else "."
        return f"{candidate.answer}{end} {source[0].upper()}{source[1:]}"

    def _style(self, candidate: Candidate) -> Style:
        named = set(stems(candidate.topic))
        said = {stem(word) for message in self.segment.messages for word in words(message.content)}
        if candidate.discussed:
            return "paraphrased" if self.split == "held_out" else "verbatim"
        return "near" if named & said else "far"

    def _pick(self, options: tuple[str, ...], question: str) -> str:
        return options[draw(self.seed, self.segment.id, "llm", question) % len(options)]


def _shape(question: str) -> frozenset[str]:
    return frozenset(map(stem, words(question)))


def _examined(topic: str) -> bool:
    """Whether a topic that was not discussed may be asked about in an examination only: decided by its spelling."""
    return draw("examined", key(topic)) % 2 == 0


def _missing(kept: Sequence[Pair], phrases: Sequence[Pair], topics: int) -> list[Pair]:
    """Return the phrase pairs that stay beside those kept, of one split: as many of each sort as are missing.

    The first ``topics`` closed ones stay in any case: they ask about each topic once, so that nothing goes unasked
    because the model did not see it.
    """
    have = Counter((pair.kind, pair.polarity) for pair in kept)
    room: dict[tuple[Kind, Polarity], int] = {}
    for sort, count in Counter((pair.kind, pair.polarity) for pair in phrases).items():
        if sort[0] == "closed":
            count = max(count, have["closed", "positive"], have["closed", "negative"])
        room[sort] = max(count - have[sort], topics if sort[0] == "closed" else 0)
    staying = []
    for pair in phrases:
        room[pair.kind, pair.polarity] -= 1
        if room[pair.kind, pair.polarity] >= 0:
            staying.append(pair)
    return staying
