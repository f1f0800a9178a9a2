"""A conversation into question–answer pairs by a language model: asked window by window, and believed pair by pair.

What the model writes is a proposal. Answers to closed questions, and to those about what was not discussed, are never
its words; open answers are, where the messages that they cite hold every word. What is refused is made good with the
pairs of the phrase augmenter, whose held-out questions stay the only ones and are never trained on in any form. Knows
nothing of storage, tokens or of how the model is run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from plum_edge.augment import templates
from plum_edge.augment.checks import Checked, Mentions
from plum_edge.augment.grounding import cited, objection
from plum_edge.augment.phrases import other_names
from plum_edge.augment.prompts import ANGLES, SCHEMA, VERSION, messages
from plum_edge.augment.reading import Candidate, read
from plum_edge.augment.windows import Window
from plum_edge.augment.words import stem, stems, words
from plum_edge.records import Kind, Message, Pair, Polarity, Segment, Style, content_hash, draw, spoken_date

Generate = Callable[[Sequence[Message], Mapping[str, object]], str]
"""``generate(messages, json_schema)``: what the model writes, in the form of the schema where it does not break off."""

_SAME = 0.8
"""Share of common words from which two questions are one."""
_MOST = 6
"""Pairs of the model's for each topic that the phrase augmenter is asked for: so that a long talk is no long night."""


def ask(window: Window, generate: Generate) -> list[str]:
    """Return what the model writes of a window, one answer an angle (`prompts.ANGLES`)."""
    return [generate(messages(window, angle), SCHEMA) for angle in ANGLES]


def name(window: Window, model: str) -> str:
    """Return what a window's answers are kept under: they depend on this window, the model and the prompts alone."""
    return content_hash(VERSION, model, window.date, window.text)


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

    ``phrases`` are those of the phrase augmenter for the same segment, log, seed and ``topics``; its held-out pairs all
    stay. Reasons for refusal are those of `grounding.objection`, and ``not readable``, ``near duplicate``,
    ``held-out name``, ``more than enough``. The same input gives the same pairs. `checks.check` has the last word.
    """
    maker = _Maker(segment, prior, [pair for pair in phrases if pair.split == "held_out"], seed)
    for window, answers in written:
        for answer in answers:
            maker.take(answer, window)
    kept = maker.most(_MOST * topics)
    return Checked([*kept, *_missing(kept, phrases, topics)], +maker.rejected)


class _Maker:
    """Takes answers of the model one after the other and keeps the pairs that may be believed."""

    def __init__(self, segment: Segment, prior: Mentions, held_out: Sequence[Pair], seed: int) -> None:
        self.segment, self.prior, self.seed = segment, prior, seed
        self.here = Mentions.of(segment)
        self.kept: list[Pair] = []
        self.rejected: Counter[str] = Counter()
        self._asked = [(pair.kind, pair.polarity, _shape(pair.question)) for pair in held_out]
        self._names = [
            (set(stems(other)), set(stems(pair.topic))) for pair in held_out for other in other_names(pair.topic)
        ]
        self._never = [set(stems(pair.topic)) for pair in held_out if pair.polarity == "negative"]

    def take(self, written: str, window: Window) -> None:
        """Keep what may be believed of one answer, and count the rest by reason."""
        candidates, broken = read(written)
        if broken:
            self.rejected["not readable"] += broken
        for candidate in candidates:
            reason = objection(candidate, window.shown, self.segment, self.prior, self.here) or self._held(candidate)
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

    def _held(self, candidate: Candidate) -> str:
        """Return why a candidate comes too near to a held-out question, or nothing."""
        asked = set(stems(candidate.question))
        if any(never <= asked for never in self._never):
            return "held-out topic"
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
                self.segment.id, candidate.question, self._answer(candidate), candidate.kind, polarity, "train",
                self._style(candidate), candidate.topic, "llm", candidate.cites if candidate.discussed else (),
            )
        )  # fmt: skip

    def _answer(self, candidate: Candidate) -> str:
        if not candidate.discussed:
            return self._pick(templates.NO if candidate.kind == "closed" else templates.UNKNOWN, candidate.question)
        date = spoken_date(self.segment.created_at)
        told = any(message.role == "user" for message in cited(candidate, self.segment))
        source = f"you told me on {date}." if told else f"we talked about it on {date}."
        if candidate.kind == "closed":
            return f"Yes, {source}"
        if date in candidate.answer:
            return candidate.answer
        end = "" if candidate.answer.endswith((".", "!")) else "."
        return f"{candidate.answer}{end} {source[0].upper()}{source[1:]}"

    def _style(self, candidate: Candidate) -> Style:
        named = set(stems(candidate.topic))
        said = {stem(word) for message in self.segment.messages for word in words(message.content)}
        if candidate.discussed:
            return "verbatim"
        return "near" if named & said else "far"

    def _pick(self, options: tuple[str, ...], question: str) -> str:
        return options[draw(self.seed, self.segment.id, "llm", question) % len(options)]


def _shape(question: str) -> frozenset[str]:
    return frozenset(map(stem, words(question)))


def _missing(kept: Sequence[Pair], phrases: Sequence[Pair], topics: int) -> list[Pair]:
    """Return the phrase pairs that stay: all held-out ones, and of the others as many of each sort as are missing.

    The first closed ones stay in any case: they ask about each topic once, so that nothing goes unasked because the
    model did not see it.
    """
    have = Counter((pair.kind, pair.polarity) for pair in kept)
    offered = Counter((pair.kind, pair.polarity) for pair in phrases if pair.split == "train")
    room: dict[tuple[Kind, Polarity], int] = {}
    for sort, count in offered.items():
        if sort[0] == "closed":
            count = max(count, have["closed", "positive"], have["closed", "negative"])
        least = topics if sort[0] == "closed" else 0
        room[sort] = max(count - have[sort], least)
    staying = []
    for pair in phrases:
        if pair.split == "train":
            room[pair.kind, pair.polarity] -= 1
            if room[pair.kind, pair.polarity] < 0:
                continue
        staying.append(pair)
    return staying
