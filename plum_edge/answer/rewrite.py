"""A question about what was said, in phrasings that adapters are trained on (in retrieval: query rewriting).

An adapter knows a topic by the few dozen phrasings that it was trained in, people ask in any. So what a question is
about is found by the classes of its words, without a model, and put into two of those. Where a question names nothing,
or too much, it stays as it is. Knows nothing of who is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.wordclasses import classes
from plum_edge.augment.phrases.words import FUNCTION, GENERIC, stem, stems, words, wordset
from plum_edge.records import Message

Phrasings = Callable[[str], tuple[str, ...]]
"""Gives other phrasings of a question: `closed` or `open_ended`."""

CLOSED = ("Did {topic} come up?", "Was there a conversation about {topic}?")
WHEN = ("When did we talk about {topic}?",)
WHAT = ("What did I say about {topic}?",)
"""Of `wordings.TRAIN`, the plainest. Four closed ones answer no better than two
(docs/experiments/2026-11-21-phrasings-and-search.md)."""

_LONGEST = 10
"""Words of a topic; more are a sentence, or another language."""
_LONGEST_QUESTION = 500
"""Characters; more are not a question but something to work on, perhaps pages."""
_TALKING = GENERIC | frozenset(
    stem(noun)
    for noun in wordset("""talk discussion memory recollection recall remark dialogue exchange history log record
    archive session entry past matter theme thread account report news occasion occurrence sign trace hint reference
    knowledge bell table agenda chance touch ring concern wonder repeat remind quote""")
)
"""Stems of nouns, and of verbs that look like one, by which people speak of a conversation and not of its topic."""
_ABOUT = frozenset(("about", "regarding", "concerning"))
_JOINING = frozenset(("and", "of", "in", "with", "for"))
_ASKS_FOR_WORDS = re.compile(
    r"^\W*(?:(?:on|since|from|by|at|in|for) )?(?:what|which|when|where|who|why|how)\b|^\W*(?:please )?(?:quote|cite)\b|"
    r"\b(?:tell|remind|show|give|read|repeat|remember|recall|know|say|see|check|find|me|you|us|of|exactly|again) "
    r"(?:what|which|when|where|who|why|how)\b",
    re.IGNORECASE,
)
"""At the beginning, or asked indirectly; "a time when we spoke" asks for a yes or no."""
_ASKS_WHEN = re.compile(r"\b(?:when|date|day|month|year|how long ago)\b", re.I)
_HEADS = tuple(
    form.partition("{")[::2]
    for forms in (
        *(wordings.YES, wordings.YES_UNDATED, wordings.NOT_FROM_USER, wordings.NO, wordings.WHEN),
        *(wordings.WHAT, wordings.UNKNOWN),
    )
    for form in forms
)
"""What stands before a date or a quote in each answer of training, and what is put in there."""


def closed(question: str) -> tuple[str, ...]:
    """Return a question to be answered with yes or no in other phrasings, none where its topic is not clear."""
    return _put(question, CLOSED)


def open_ended(question: str) -> tuple[str, ...]:
    """Return a question for a date, or for what was said, in another phrasing, none where its topic is not clear."""
    return _put(question, WHEN if _ASKS_WHEN.search(question) else WHAT)


def asks_for_words(question: str) -> bool:
    """Return whether a question wants more than a yes or no, as far as its form tells."""
    return _ASKS_FOR_WORDS.search(question) is not None


def in_form(answer: str) -> bool:
    """Return whether an answer, or its beginning, is in the form of those that adapters are trained to give.

    Only such a question was taken for one about what was said: "Yes, Paris is in France." is none of them.
    """
    said = answer.strip()
    for head, rest in _HEADS:
        if said and head.startswith(said):
            return True
        after = said[len(head) :]
        if said.startswith(head) and (not rest.startswith("date") or after[:1].isdigit() or not after):
            return True
    return False


def topic(question: str) -> str | None:
    """Return what a question about earlier talk is about, as it stands there ("the tap"), or None."""
    if len(question) > _LONGEST_QUESTION:
        return None
    text = " ".join(question.replace("’", "'").split())
    found, marks = classes(text)
    marks = _governed(marks)
    places = list(_places(text, found))
    named = [span for span in _noun_spans(marks) if not _is_talk(found, marks, *span)]
    if not named:
        return None
    start, end = next((span for span in named if _before(span[0], found, marks) in _ABOUT), named[0])
    for following, beyond in named:
        if following > end and 1 <= len(gap := found[end:following]) <= 2 and _joins(gap, marks[end:following]):
            end = beyond
    start = _determined(start, marks)
    asking = any(word.casefold() in FUNCTION for word in (*found[:start], *found[end:]))  # else it may not be English
    spoken = text[places[start] : places[end - 1] + len(found[end - 1])]
    return spoken if asking and len(spoken.split()) <= _LONGEST else None


def named_in(question: str, before: Sequence[Message]) -> bool:
    """Return whether what a question is about was said in the messages before it: then it can be read there.

    So it is where the question names nothing ("What did you just say?").
    """
    if not any(message.role == "user" for message in before):
        return False
    about = topic(question)
    wanted = set(stems(about)) - GENERIC if about else set()
    return any(
        wanted <= {stem(word) for word in words(message.content)} for message in before if message.role != "system"
    )


def _put(question: str, phrasings: Sequence[str]) -> tuple[str, ...]:
    about = topic(question)
    if about is None:
        return ()
    return tuple(made for phrasing in phrasings if (made := phrasing.format(topic=about)) != question)


def _places(text: str, found: Sequence[str]) -> Iterator[int]:
    """Yield where each token begins."""
    at = 0
    for token in found:
        at = text.index(token, at)
        yield at
        at += len(token)


def _governed(marks: Sequence[str]) -> list[str]:
    """Return the classes with the last word that a preposition governs taken for a noun: "about the autumn leaves"."""
    made = list(marks)
    governed = False
    for index, mark in enumerate(marks):
        governed = mark == "I" or (governed and mark in "TDNPQJEV")
        goes_on = marks[index + 1 : index + 2] and marks[index + 1] in "TDNPQJEVR"
        if governed and mark in "JEV" and not goes_on:
            made[index] = "N"
    return made


def _noun_spans(marks: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the runs of adjectives and nouns that end in a noun: first token, and the one after the last."""
    start = None
    for index in range(len(marks) + 1):
        inside = index < len(marks) and marks[index] in "NPJQE"
        if inside and start is None:
            start = index
        if not inside and start is not None:
            end = index
            while end > start and marks[end - 1] not in "NP":
                end -= 1
            if end > start:
                yield start, end
            start = None


def _is_talk(found: Sequence[str], marks: Sequence[str], start: int, end: int) -> bool:
    """Return whether a span is about talking and no more: "our old conversations"."""
    run = " ".join(found[n] for n in range(start, end) if marks[n] != "E")
    return all(part in _TALKING for part in stems(run))


def _determined(start: int, marks: Sequence[str]) -> int:
    """Return where a span begins with what determines it: "my two" before "museum shops"."""
    while start and marks[start - 1] in "TD":
        start -= 1
    return start


def _before(start: int, found: Sequence[str], marks: Sequence[str]) -> str:
    first = _determined(start, marks)
    return found[first - 1].casefold() if first else ""


def _joins(gap: Sequence[str], marks: Sequence[str]) -> bool:
    """Return whether two spans are one topic: "the tap and the washer", "a case for the oboe"."""
    return gap[0].casefold() in _JOINING and all(mark == "T" for mark in marks[1:])
