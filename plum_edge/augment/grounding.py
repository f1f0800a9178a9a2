"""Whether a pair that a language model wrote may be believed: it rests on what was said, and nothing steered it.

Errs towards refusing, because the phrase augmenter makes a pair of its own for each that is refused here. Knows nothing
of prompts, of other pairs, or of how the rest is balanced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from plum_edge.augment import templates
from plum_edge.augment.checks import Mentions
from plum_edge.augment.lexicon import held_out
from plum_edge.augment.reading import Candidate
from plum_edge.augment.synonyms import may_mean
from plum_edge.augment.words import GENERIC, NUMBERS, stem, stems, words, wordset
from plum_edge.records import Message, Segment, spoken_date

_YES_NO = wordset("did do does is are was were am have has had can could will would shall should may might must")
_RELATIVE = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|nowadays|currently|recently|soon|ago"
    r"|(?:last|next|this|coming|past) (?:\w+day|week|weekend|month|year|night|morning|afternoon|evening|spring|summer"
    r"|autumn|fall|winter)|in (?:a|an|two|three|four|five|six|seven|\d+) (?:day|week|month|year)s?)\b",
    re.IGNORECASE,
)
_STEERING = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:above|previous|prior|earlier|instruction|rule|prompt|"
    r"everything)|\b(?:system|developer) (?:prompt|message|mode)\b|\byou (?:are now|must now|have to answer)\b"
    r"|\bnew instructions?\b|\b(?:answer|respond|reply) (?:every|all|each|only|with)\b|\b(?:output|write|print) only\b"
    r"|</?log>|<\||\|>|\bjson\b.{0,40}\b(?:pair|question|schema|output)",
    re.IGNORECASE | re.DOTALL,
)
"""How text addresses a model. Who talks about such things gets phrase pairs of that message, and no harm is done."""
_NEGATION = re.compile(r"\b(?:not|no|never|nor|neither|none|nothing|nobody|cannot|without)\b|n['’]t\b", re.IGNORECASE)
_WRONG = re.compile(
    r"\b(?:no|nope|wrong|incorrect|not (?:right|true|correct|quite)|mistaken|actually|that is not|that['’]s not)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_PRESENT = {
    stem(past): stem(present)
    for present, past in (
        pair.split("/")
        for pair in wordset(
            """find/found go/went go/gone get/got see/saw see/seen make/made take/took take/taken come/came keep/kept
            begin/began meet/met lose/lost think/thought feel/felt leave/left run/ran eat/ate eat/eaten fall/fell
            speak/spoke know/knew spend/spent win/won choose/chose forget/forgot tell/told say/said hear/heard
            bring/brought hold/held stand/stood sit/sat become/became grow/grown throw/threw wear/wore tear/tore
            steal/stole hide/hid lead/led fight/fought sleep/slept feed/fed draw/drew"""
        )
    )
}
"""Past forms that the stemmer does not know: a question asks "did I find" about what was found."""
_OF_TALK = frozenset(
    map(stem, wordset("talk discuss mention say tell ask speak come up remember recall conversation chat know hear"))
)
_ASKING = _OF_TALK | frozenset(
    map(
        stem,
        wordset(
            """name kind sort many much colour color size price cost plan opinion think feel like want change happen
            person people date day month year place time thing reason number"""
        ),
    )
)
"""What a question may add to what was said."""
_SLOT = "topicslot"


def objection(candidate: Candidate, shown: frozenset[int], segment: Segment, prior: Mentions, here: Mentions) -> str:
    """Return why a candidate is refused, or nothing. ``shown``: ordinals of the messages that its window showed.

    Reasons: ``no question``, ``no topic``, ``relative date``, ``steering``, ``held-out phrasing``; of what was
    discussed ``not cited``, ``not said``, ``question not grounded``, ``not grounded``, ``number not grounded``,
    ``negation``; of what was not ``already discussed``, ``may have been discussed``, ``held-out topic``.
    """
    text = f"{candidate.topic} {candidate.question} {candidate.answer}"
    if not _is_question(candidate):
        return "no question"
    if not _has_topic(candidate):
        return "no topic"
    if steers(text):
        return "steering"
    if _RELATIVE.search(text if candidate.discussed and candidate.kind == "open" else candidate.question):
        return "relative date"
    if any(pattern.search(_plain(candidate.question)) for pattern in _reserved()):
        return "held-out phrasing"
    if candidate.discussed:
        return _unbelievable(candidate, shown, segment)
    return _perhaps_discussed(candidate, segment, prior, here)


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


def _is_question(candidate: Candidate) -> bool:
    asked = candidate.question
    first = next(iter(words(asked)), "")
    return asked.endswith("?") and asked.count("?") == 1 and (first in _YES_NO) == (candidate.kind == "closed")


def _has_topic(candidate: Candidate) -> bool:
    named = set(stems(candidate.topic))
    return bool(named - GENERIC) and named <= set(map(stem, words(candidate.question)))


def _unbelievable(candidate: Candidate, shown: frozenset[int], segment: Segment) -> str:
    """Return why what it says of the conversation is not believed."""
    if not candidate.cites or not shown.issuperset(candidate.cites):
        return "not cited"
    messages = cited(candidate, segment)
    if any(message.role == "system" for message in messages) or not _stands(candidate, segment):
        return "not said"
    if any(steers(message.content) for message in messages):
        return "steering"
    said = {root for message in messages for root in _roots(map(stem, words(message.content)))}
    if not said.issuperset(_content(candidate.topic)) or not (said | _ASKING).issuperset(_content(candidate.question)):
        return "question not grounded"
    claim = candidate.question
    if candidate.kind == "open":
        claim = candidate.answer
        dates = [segment.created_at, *(message.created_at for message in messages if message.created_at)]
        allowed = {stem(word) for date in dates for word in words(spoken_date(date))} | _OF_TALK
        if not candidate.answer or not stems(claim):
            return "no question"
        if _numbers(claim) - said - allowed:
            return "number not grounded"
        if _content(claim) - said - allowed:
            return "not grounded"
    elif _content(claim) & _OF_TALK:
        return ""  # whether it was talked about, not whether it is so
    return "negation" if _negated(claim) != _negated(_nearest(claim, messages)) else ""


def _stands(candidate: Candidate, segment: Segment) -> bool:
    """Whether the user said it, or let the assistant's word stand."""
    if any(message.role == "user" for message in cited(candidate, segment)):
        return True
    after = segment.messages[max(candidate.cites) - segment.first + 1 :]
    reply = next((message.content for message in after if message.role == "user"), "")
    return not _WRONG.search(reply[:200])


def _perhaps_discussed(candidate: Candidate, segment: Segment, prior: Mentions, here: Mentions) -> str:
    """Return why a question about what was not discussed is refused."""
    if held_out(candidate.topic):
        return "held-out topic"
    if prior.names(candidate.topic) or here.names(candidate.topic):
        return "already discussed"
    everything = " ".join(message.content for message in segment.messages if message.role != "system")
    return "may have been discussed" if may_mean(candidate.topic, everything) else ""


def _numbers(text: str) -> set[str]:
    return {stem(word) for word in words(text) if word in NUMBERS or any(sign.isdigit() for sign in word)}


def _nearest(claim: str, messages: Sequence[Message]) -> str:
    """Return the sentence that has most of the claim's words."""
    wanted = _content(claim)
    spoken = (one for message in messages for one in _SENTENCE.split(message.content))
    return max(spoken, key=lambda one: len(wanted & _roots(map(stem, words(one)))), default="")


def _content(text: str) -> set[str]:
    return _roots(stems(text))


def _roots(found: Iterable[str]) -> set[str]:
    return {_PRESENT.get(one, one) for one in found}


def _negated(text: str) -> bool:
    return _NEGATION.search(text) is not None


def _plain(question: str) -> str:
    return " ".join(words(question))


@cache
def _reserved() -> tuple[re.Pattern[str], ...]:
    """Return the phrasings that training must not know, whatever they ask about and whatever stands around them."""
    every = (templates.HELD_OUT, templates.UNSEEN)
    phrasings = (text for one in every for kind in (one.closed, one.when, one.what) for text in kind)
    forms = (re.escape(_plain(text.format(topic=_SLOT))).replace(_SLOT, ".+") for text in phrasings)
    return tuple(re.compile(rf"(?:^|\s){form}(?:\s|$)") for form in forms)
