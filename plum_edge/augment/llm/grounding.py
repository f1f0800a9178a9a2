"""Whether a pair that a language model wrote may be believed: it rests on what was said, and nothing steered it.

Errs towards refusing, because the phrase augmenter makes a pair of its own for each that is refused here. Knows nothing
of prompts, of other pairs, or of how the rest is balanced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from plum_edge.augment.checks import Mentions
from plum_edge.augment.llm.grammar.base import Grammar
from plum_edge.augment.llm.grammar.english import ENGLISH, PRESENT_OF
from plum_edge.augment.llm.reading import Candidate
from plum_edge.augment.llm.sentences import Text, day_of
from plum_edge.augment.llm.support import Entails, unsupported
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.lexicon import held_out
from plum_edge.augment.phrases.synonyms import may_mean
from plum_edge.augment.phrases.words import GENERIC, NUMBERS, stem, stems, words, wordset
from plum_edge.records import Message, Segment

_YES_NO = wordset("did do does is are was were am have has had can could will would shall should may might must")
_STEERING = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:above|previous|prior|earlier|instruction|rule|prompt|"
    r"everything)|\b(?:system|developer) (?:prompt|message|mode)\b|\byou (?:are now|must now|have to answer)\b"
    r"|\bnew instructions?\b|\b(?:answer|respond|reply) (?:every|all|each|only|with)\b|\b(?:output|write|print) only\b"
    r"|\b(?:ignorier|vergiss|missachte)\w*\b.{0,40}\b(?:oben|vorherig|bisherig|anweisung|regel|alles)"
    r"|\bdu bist (?:jetzt|nun|ab jetzt)\b|\bantworte (?:nur|immer|ausschließlich|jede)"
    r"|</?log>|<\||\|>|\bjson\b.{0,40}\b(?:pair|question|schema|output)",
    re.IGNORECASE | re.DOTALL,
)
"""How text addresses a model. Who talks about such things gets phrase pairs of that message, and no harm is done."""
_PRESENT = {stem(past): stem(present) for past, present in PRESENT_OF.items()}
_OF_TALK = frozenset(
    map(stem, wordset("talk discuss mention say tell ask speak come up remember recall conversation chat know hear"))
)
_SLOT = "topicslot"


def objection(
    candidate: Candidate,
    shown: frozenset[int],
    segment: Segment,
    prior: Mentions,
    here: Mentions,
    *,
    grammar: Grammar = ENGLISH,
    entails: Entails | None = None,
    exam: bool = False,
) -> str:
    """Return why a candidate is refused, or nothing. ``shown``: ordinals of the messages that its window showed.

    ``entails`` says of what words alone do not prove whether it was said (judge.py); ``exam`` allows the phrasings and
    topics that training must not know. Reasons: ``no question``, ``no topic``, ``relative date``, ``steering``,
    ``held-out phrasing``; of what was discussed ``not cited``, ``not said`` and those of `support.unsupported`; of what
    was not ``already discussed``, ``may have been discussed``, ``held-out topic``.
    """
    text = f"{candidate.topic} {candidate.question} {candidate.answer}"
    if not _is_question(candidate, grammar):
        return "no question"
    if not _has_topic(candidate, segment, grammar):
        return "no topic"
    if steers(text):
        return "steering"
    if grammar.relative.search(text if candidate.discussed and candidate.kind == "open" else candidate.question):
        return "relative date"
    if not exam and any(pattern.search(_plain(candidate.question)) for pattern in _reserved()):
        return "held-out phrasing"
    if candidate.discussed:
        return _unbelievable(candidate, shown, segment, grammar, entails)
    if held_out(candidate.topic) and not exam:
        return "held-out topic"
    return _perhaps_discussed(candidate, segment, prior, here, grammar)


def cited(candidate: Candidate, segment: Segment) -> list[Message]:
    """Return the messages that a candidate cites."""
    return [segment.messages[n - segment.first] for n in candidate.cites]


def steers(text: str) -> bool:
    """Whether a text speaks to a model, as no conversation of everyday things does."""
    return _STEERING.search(text) is not None


def rests_on(answer: str, texts: Sequence[str]) -> bool:
    """Whether every content word and number of an answer stands in one of the texts."""
    said = {root for text in texts for root in _roots(map(stem, words(text)))}
    return not (_content(answer) | _numbers(answer)) - said - _OF_TALK


def alike(answer: str, other: str) -> bool:
    """Whether two answers have a content word or a number in common."""
    return bool(((_content(answer) | _numbers(answer)) & (_content(other) | _numbers(other))) - _OF_TALK)


def _is_question(candidate: Candidate, grammar: Grammar) -> bool:
    asked = candidate.question
    first = next(iter(words(asked)), "")
    closed = first in _YES_NO if grammar.code == "en" else first not in grammar.asks
    return asked.endswith("?") and asked.count("?") == 1 and closed == (candidate.kind == "closed")


def _has_topic(candidate: Candidate, segment: Segment, grammar: Grammar) -> bool:
    """Whether it is about something; an open question may leave the naming of it to its answer."""
    day = day_of(segment)
    told = candidate.discussed and candidate.kind == "open"
    whole = f"{candidate.question} {candidate.answer}" if told else candidate.question
    topic, asked = Text(candidate.topic, day, grammar), Text(whole, day, grammar)
    named = set(topic.content) | topic.numbers
    if not named or (grammar.code == "en" and not set(stems(candidate.topic)) - GENERIC):
        return False
    return named <= {*asked.content, *asked.numbers}


def _unbelievable(
    candidate: Candidate, shown: frozenset[int], segment: Segment, grammar: Grammar, entails: Entails | None
) -> str:
    """Return why what it says of the conversation is not believed."""
    if not candidate.cites or not shown.issuperset(candidate.cites):
        return "not cited"
    messages = cited(candidate, segment)
    if any(message.role == "system" for message in messages) or not _stands(candidate, segment, grammar):
        return "not said"
    if any(steers(message.content) for message in messages):
        return "steering"
    closed = candidate.kind == "closed"
    if closed and grammar.saying.search(candidate.question):  # whether it was talked about, not whether it is so
        return _untold(candidate, messages, segment, grammar)
    if not closed and not stems(candidate.answer):
        return "no question"
    return unsupported(
        candidate.question,
        candidate.answer,
        closed=closed,
        cites=candidate.cites,
        segment=segment,
        grammar=grammar,
        entails=entails,
    )


def _untold(candidate: Candidate, messages: Sequence[Message], segment: Segment, grammar: Grammar) -> str:
    """Return why what is asked about was not talked about, or not by the user where that is asked."""
    day = day_of(segment)
    mine = [message for message in messages if message.role == "user"] or messages
    said = Text("\n".join(message.content for message in mine), day, grammar)
    missing = [word for word in said.lacks(Text(candidate.question, day, grammar)) if not _loose(word, grammar)]
    if missing or Text(candidate.question, day, grammar).numbers - said.numbers:
        return "question not grounded"
    return "" if mine[0].role == "user" else "only the assistant said so"


def _loose(word: str, grammar: Grammar) -> bool:
    return grammar.stem(word) in grammar.loose


def _stands(candidate: Candidate, segment: Segment, grammar: Grammar) -> bool:
    """Whether the user said it, or the assistant did and nothing in the user's reply doubts it: it is to be a fact."""
    if any(message.role == "user" for message in cited(candidate, segment)):
        return True
    after = segment.messages[max(candidate.cites) - segment.first + 1 :]
    reply = next((message.content for message in after if message.role == "user"), "")
    return not grammar.wrong.search(reply[:200])


def _perhaps_discussed(
    candidate: Candidate, segment: Segment, prior: Mentions, here: Mentions, grammar: Grammar
) -> str:
    """Return why a question about what was not discussed is refused."""
    if prior.names(candidate.topic) or here.names(candidate.topic):
        return "already discussed"
    everything = " ".join(message.content for message in segment.messages if message.role != "system")
    said = Text(everything, day_of(segment), grammar)
    named = Text(candidate.topic, said.said, grammar).content
    akin = (
        any(said.has(*one) for one in named.items()) if grammar.code != "en" else may_mean(candidate.topic, everything)
    )
    return "may have been discussed" if akin else ""  # no table says what a German word may mean: any of them will do


def _numbers(text: str) -> set[str]:
    return {stem(word) for word in words(text) if word in NUMBERS or any(sign.isdigit() for sign in word)}


def _content(text: str) -> set[str]:
    return _roots(stems(text))


def _roots(found: Iterable[str]) -> set[str]:
    return {_PRESENT.get(one, one) for one in found}


def _plain(question: str) -> str:
    return " ".join(words(question))


@cache
def _reserved() -> tuple[re.Pattern[str], ...]:
    """Return the phrasings that training must not know, whatever they ask about and whatever stands around them."""
    every = (wordings.HELD_OUT, wordings.UNSEEN)
    phrasings = (text for one in every for kind in (one.closed, one.when, one.what) for text in kind)
    forms = (re.escape(_plain(text.format(topic=_SLOT))).replace(_SLOT, ".+") for text in phrasings)
    return tuple(re.compile(rf"(?:^|\s){form}(?:\s|$)") for form in forms)
