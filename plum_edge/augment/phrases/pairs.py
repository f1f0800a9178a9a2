"""A conversation into question–answer pairs without a language model: topics, templates, and a hash for every choice.

For each topic closed and open questions in the phrasings of training; as many closed negatives as positives, of the
same forms; and a small held-out set in other phrasings, whose negatives name what training never names. Knows nothing
of storage, tokens or models; the log before the segment it knows as `Mentions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.determiners import determined
from plum_edge.augment.phrases.keyphrases import Phrase, key_phrases
from plum_edge.augment.phrases.negatives import Negatives
from plum_edge.augment.phrases.noise import noisy
from plum_edge.augment.phrases.synonyms import paraphrases
from plum_edge.augment.phrases.teachable import teachable
from plum_edge.augment.phrases.words import GENERIC, key, stem, stems, words
from plum_edge.records import Pair, Polarity, Segment, Split, Style, draw, spoken_date

HELD_OUT_CLOSED = 4
"""Held-out closed positives a segment, and as many negatives, half of them near."""
HELD_OUT_RENAMED = 2
"""Held-out closed positives that name the topic by a paraphrase, and as many negatives that do, where there is one."""
_LONGEST_QUOTE = 14
_TRIES = 6
_CLAUSE = re.compile(r"(?<=[,;:)])\s+|\s+(?=[(–—]|-\s|(?:but|because|so|although|while|and)\s)")
_LEADING = re.compile(r"(?:and|but|so|because)\s+", re.IGNORECASE)
_FINAL = tuple(template for template in wordings.TRAIN.closed if template.endswith("{topic}?"))
"""Phrasings that take a long topic well ("the tap and the washer", "the tap in March")."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """One closed question in the making: what it names and in which form. Its negative takes the same form."""

    shape: str
    """``plain``, ``part`` (the head alone), ``month``, ``pair`` (two topics) or ``renamed`` (by another name)."""
    topics: tuple[Phrase, ...]


def augment(segment: Segment, prior: Mentions, *, seed: int, topics: int) -> list[Pair]:
    """Return the pairs of one segment: for ``topics`` = 6 about 27 to train on (18 closed, 9 open) and 15 held out.

    Closed positives and negatives balance exactly, in either split. The same segment, log and seed give the same pairs.
    Empty where the conversation names nothing.
    """
    found = key_phrases(teachable(segment), topics, rarity=prior.rarity, is_name=prior.is_name)
    if not found:
        return []
    maker = _Maker(segment, prior, seed, found)
    asks = maker.asks(topics + topics // 2)
    return [
        *maker.closed(asks, "train"),
        *maker.open("train", when=topics // 2, what=(topics * 2 + 2) // 3, unknown=max(1, topics // 3)),
        *maker.closed([_Ask("plain", (found[i % len(found)],)) for i in range(HELD_OUT_CLOSED)], "held_out"),
        *maker.closed(
            [_Ask("renamed", (topic,)) for topic in found if other_names(topic.text)], "held_out", HELD_OUT_RENAMED
        ),
        *maker.open("held_out", when=1, what=1, unknown=1),
    ]


def quote(sentence: str, topic: str, longest: int = _LONGEST_QUOTE) -> str:
    """Return the sentence, or the clauses around the topic, in at most ``longest`` words; words and order unchanged."""
    clauses = _CLAUSE.split(sentence.replace('"', "'"))
    wanted = set(stems(topic))
    best = max(range(len(clauses)), key=lambda index: (len(wanted & set(stems(clauses[index]))), -index))
    start, end = best, best + 1
    while True:
        after = end < len(clauses) and _length(clauses[start : end + 1]) <= longest
        before = not after and start > 0 and _length(clauses[start - 1 : end]) <= longest
        if not after and not before:
            break
        start, end = start - before, end + after
    return _window(" ".join(clauses[start:end]).split(), wanted, longest)


def _length(clauses: Sequence[str]) -> int:
    return sum(len(clause.split()) for clause in clauses)


def _window(spoken: list[str], wanted: set[str], longest: int) -> str:
    """Return at most ``longest`` words around the first wanted one, without the comma that a cut leaves."""
    if len(spoken) > longest:
        at = next((i for i, word in enumerate(spoken) if wanted & {stem(part) for part in words(word)}), 0)
        start = max(0, min(at - longest // 3, len(spoken) - longest))
        spoken = spoken[start : start + longest]
    cut = " ".join(spoken).strip(" ,;:–—-")
    return _LEADING.sub("", cut, count=1) if _LEADING.match(cut) else cut


def other_names(topic: str) -> tuple[str, ...]:
    """Return the paraphrases of a topic that nothing is trained on."""
    return (*paraphrases(topic, "held_out"), *paraphrases(topic, "new"))


def _by_user(topics: Sequence[Phrase]) -> bool:
    """Return whether the user spoke of all of these; of what was never said, nobody did, and it may be asked freely."""
    return all(topic.by_user for topic in topics)


class _Maker:
    """Makes the pairs of one segment; every choice is a draw from the seed, the segment's id and what is chosen for."""

    def __init__(self, segment: Segment, prior: Mentions, seed: int, topics: Sequence[Phrase]) -> None:
        self.segment = segment
        self.prior = prior
        self.seed = seed
        self.topics = topics
        self.negatives = Negatives(segment, Mentions.of(segment), prior, seed, topics)
        self.date = spoken_date(segment.created_at)

    def asks(self, count: int) -> list[_Ask]:
        """Return the closed questions to make: every topic plainly, then other forms, at most three a topic."""
        first = self._draw("shapes")
        made = []
        for index in range(min(count, 3 * len(self.topics))):
            topic = self.topics[index % len(self.topics)]
            again = index - len(self.topics)
            shape = "plain" if again < 0 else ("part", "month", "pair")[(first + again) % 3]
            made.append(self._ask(shape, topic, self.topics[(index + 1) % len(self.topics)]))
        return made

    def _ask(self, shape: str, topic: Phrase, other: Phrase) -> _Ask:
        if shape == "part":
            ordered = (topic, *self.topics)
            return next(filter(None, map(self._part, ordered)), None) or _Ask("plain", (topic,))
        if shape == "pair" and key(topic.text) != key(other.text) and topic.by_user == other.by_user:
            return _Ask("pair", (topic, other))
        return _Ask("month" if shape == "month" and self.segment.dated else "plain", (topic,))

    def _part(self, topic: Phrase) -> _Ask | None:
        """Return the topic by its head alone where that is clear: no other topic and nothing earlier has that head."""
        head = topic.text.split()[-1]
        sharing = sum(stem(head.casefold()) in stems(phrase.text) for phrase in self.topics)
        if " " not in topic.text or not head.isalpha() or sharing > 1 or self.prior.mentions(head):
            return None
        return None if set(stems(head)) & GENERIC else _Ask("part", (replace(topic, text=head),))

    def closed(self, asks: Sequence[_Ask], split: Split, most: int | None = None) -> list[Pair]:
        """Return a positive and a negative for each ask, for the first ``most`` that can be asked if it is given.

        An ask for which nothing undiscussed is left is dropped.
        """
        made: list[Pair] = []
        turn = self._draw(split, "near first")
        for index, ask in enumerate(asks):
            if most is not None and len(made) >= 2 * most:
                break
            near = (turn + index) % 2 == 0
            against = self._against(ask, near, split, index)
            if not against:
                continue
            style: Style = "paraphrased" if ask.shape in ("part", "renamed") else "verbatim"
            made.append(self._yes(ask, split, style, index))
            made.append(self._no(replace(ask, topics=against), split, "near" if near else "far", index))
        return made

    def _against(self, ask: _Ask, near: bool, split: Split, index: int) -> tuple[Phrase, ...]:
        """Return something undiscussed for each topic of the ask, or nothing where one finds none."""
        for attempt in range(_TRIES if ask.shape == "renamed" else 1):
            salts = [(index, place, attempt) if attempt else (index, place) for place in range(len(ask.topics))]
            found = [self._undiscussed(like, near, split, salt) for like, salt in zip(ask.topics, salts, strict=True)]
            against = tuple(phrase for phrase in found if phrase)
            if len(against) < len(found):
                return ()
            if ask.shape != "renamed" or all(other_names(phrase.text) for phrase in against):
                return against
        return ()

    def open(self, split: Split, *, when: int, what: int, unknown: int) -> list[Pair]:
        """Return open questions: dates and quotes of what was said, and an honest "I do not know"."""
        fresh = sorted(self.topics, key=lambda topic: self.prior.mentions(topic.text))
        known = fresh[:when] if self.segment.dated else []
        made = [self._when(topic, split, index) for index, topic in enumerate(known)]
        spoken = [topic for topic in fresh if topic.by_user]
        if split == "held_out":  # not twice the same topic
            spoken = spoken[1:] + spoken[:1]
        made += [self._what(topic, split, index) for index, topic in enumerate(spoken[:what])]
        for index in range(unknown):
            like = self.topics[index % len(self.topics)]
            near = index % 2 == 0
            phrase = self._undiscussed(like, near, split, ("open", index))
            if phrase:
                made.append(self._unknown(phrase, split, "near" if near else "far", index))
        return made

    def _undiscussed(self, like: Phrase, near: bool, split: Split, salt: object) -> Phrase | None:
        choose = self.negatives.near if near else self.negatives.far
        text = choose(like, split, salt)
        return Phrase(text, -1, "", 0.0, all(word[0].isupper() for word in text.split())) if text else None

    def _yes(self, ask: _Ask, split: Split, style: Style, index: int) -> Pair:
        answer = self._pick(self._yeses(ask), split, "yes", index).format(date=self.date)
        cited = tuple(sorted({topic.message for topic in ask.topics}))
        return self._pair(self._closed_question(ask, split, "yes", index), answer, ask, split, style, cited)

    def _yeses(self, ask: _Ask) -> tuple[str, ...]:
        """Return the answers that are true of who said it, with a date where one is known."""
        dated = self.segment.dated
        if any(map(self._of_others, ask.topics)):
            return wordings.YES_FROM_OTHERS if dated else wordings.YES_FROM_OTHERS_UNDATED
        if not _by_user(ask.topics):
            return wordings.YES_FROM_ASSISTANT if dated else wordings.YES_FROM_ASSISTANT_UNDATED
        return wordings.YES if dated else wordings.YES_UNDATED

    def _of_others(self, topic: Phrase) -> bool:
        """Whether somebody else spoke of a topic in a chat between people."""
        return bool(self.segment.messages[topic.message - self.segment.first].name)

    def _no(self, ask: _Ask, split: Split, style: Style, index: int) -> Pair:
        answer = self._pick(wordings.NO, split, "no", index)
        return self._pair(self._closed_question(ask, split, "no", index), answer, ask, split, style, ())

    def _pair(self, question: str, answer: str, ask: _Ask, split: Split, style: Style, cited: tuple[int, ...]) -> Pair:
        topic = " and ".join(topic.text for topic in ask.topics)
        polarity: Polarity = "positive" if cited else "negative"
        return Pair(self.segment.id, question, answer, "closed", polarity, split, style, topic, messages=cited)

    def _closed_question(self, ask: _Ask, split: Split, side: str, index: int) -> str:
        """Fill a phrasing; within a segment no two positives, and no two negatives, share one until all are used."""
        phrasings = wordings.HELD_OUT.closed if split == "held_out" else wordings.TRAIN.closed
        if ask.shape in ("month", "pair"):
            phrasings = _FINAL
        topics = ask.topics
        if not _by_user(topics):
            phrasings = wordings.open_to_both(phrasings)
        if ask.shape == "renamed":
            others = [other_names(topic.text) for topic in topics]
            topics = tuple(
                replace(topic, text=names[self._draw("other name", topic.text) % len(names)])
                for topic, names in zip(topics, others, strict=True)
            )
        named = " and ".join(self._named(topic, split, side, index) for topic in topics)
        if ask.shape == "month":
            named += f" in {self.date.split()[1]}"
        phrasing = self._shuffled(phrasings, split, side)[index % len(phrasings)]
        if split == "train":
            phrasing = noisy(phrasing, self._draw("noise", side, index))
        question = phrasing.format(topic=named)
        return question[0].upper() + question[1:]

    def _when(self, topic: Phrase, split: Split, index: int) -> Pair:
        phrasings = self._phrasings(split).when
        answers: tuple[str, ...] = wordings.WHEN
        if not topic.by_user:
            answers = wordings.WHEN_FROM_OTHERS if self._of_others(topic) else wordings.WHEN_FROM_ASSISTANT
            phrasings = wordings.open_to_both(phrasings)
        answer = self._pick(answers, split, "when", index).format(date=self.date)
        return self._open(phrasings, topic, answer, split, "verbatim", index)

    def _what(self, topic: Phrase, split: Split, index: int) -> Pair:
        said = quote(topic.sentence, topic.text)
        answers = wordings.WHAT if self.segment.dated else wordings.WHAT_UNDATED
        answer = self._pick(answers, split, "what", index).format(date=self.date, quote=said)
        return self._open(self._phrasings(split).what, topic, answer, split, "verbatim", index)

    def _unknown(self, topic: Phrase, split: Split, style: Style, index: int) -> Pair:
        phrasings = self._phrasings(split)
        chosen = (phrasings.what, phrasings.when)[index % 2]
        return self._open(chosen, topic, self._pick(wordings.UNKNOWN, split, index), split, style, index)

    def _open(
        self, phrasings: tuple[str, ...], topic: Phrase, answer: str, split: Split, style: Style, index: int
    ) -> Pair:
        side = "positive" if topic.message >= 0 else "negative"
        phrasing = self._shuffled(phrasings, split, side)[index % len(phrasings)]
        question = phrasing.format(topic=self._named(topic, split, phrasing, index))
        cited = (topic.message,) if topic.message >= 0 else ()
        polarity: Polarity = "positive" if cited else "negative"
        return Pair(self.segment.id, question, answer, "open", polarity, split, style, topic.text, messages=cited)

    def _named(self, topic: Phrase, *salt: object) -> str:
        return determined(topic.text, self._draw("determiner", topic.text, *salt), proper=topic.proper)

    @staticmethod
    def _phrasings(split: Split) -> wordings.Phrasings:
        return wordings.HELD_OUT if split == "held_out" else wordings.TRAIN

    def _draw(self, *salt: object) -> int:
        return draw(self.seed, self.segment.id, *salt)

    def _pick(self, options: tuple[str, ...], *salt: object) -> str:
        return options[self._draw(*salt) % len(options)]

    def _shuffled(self, options: tuple[str, ...], *salt: object) -> list[str]:
        return sorted(options, key=lambda option: self._draw(option, *salt))
