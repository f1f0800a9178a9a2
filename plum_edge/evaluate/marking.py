"""Marking an open answer by its words: does it state the fact, how near is it to the gold, does it claim to know?

Knows nothing of questions, models or counts.
"""

from __future__ import annotations

import re

from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.numbers import in_digits


def words(text: str) -> list[str]:
    """Return the words to compare answers by: lower case, no punctuation, no articles, numbers in digits."""
    plain = re.sub(r"['’]|(?<=\d),(?=\d{3})", "", text.lower())
    return in_digits([word for word in re.findall(r"\w+", plain) if word not in ("a", "an", "the")])


def token_f1(answer: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall over words, counted with repetition."""
    given, wanted = words(answer), words(gold)
    common = sum(min(given.count(word), wanted.count(word)) for word in set(wanted))
    return 2 * common / (len(given) + len(wanted)) if common else 0.0


def contains(answer: str, gold: str) -> bool:
    """Return whether the words of the gold fact occur in the answer, in order.

    Where the gold answer has one of our own forms the fact is the quote or the date in it: 'On 14 March 2026 you said:
    "…"' and 'You said: "…"' state the same fact.
    """
    rest = iter(words(answer))
    wanted = words(_fact(gold))
    return bool(wanted) and all(word in rest for word in wanted)


def _fact(gold: str) -> str:
    for form in (*wordings.WHAT, *wordings.WHEN):
        pattern = (
            re.escape(form.removesuffix('"'))
            .replace(r"\{date\}", "(?P<date>.+)")
            .replace(r"\{quote\}", "(?P<quote>.+)")
        )
        if found := re.fullmatch(pattern, gold, re.S):
            return found.groupdict().get("quote") or found["date"]
    return gold


_ASSERTS = re.compile(r"\W*(yes\b|on \d|you (also |once )?(said|told|mentioned|asked|wrote)\b)")
_ABSTAINS = re.compile(
    r"^\W*no\b"
    r"|\b(do not|don't|cannot|can't|could not|couldn't) (know|remember|recall|say|tell)\b"
    r"|\b(you|we|i|that|this|it)( have| has| had| did|'ve|'s)?( not|n't| never)( \w+){0,2} "
    r"(told|tell|talk\w*|discuss\w*|mention\w*|spoken?|said|come up|came up|shared?|asked?|given)\b"
    r"|\bno (record|memory|information|idea|recollection|mention)\b"
    r"|\b(do not|don't) have (any|that|this|enough)\b"
    r"|\bnot (so far|that i know|sure)\b"
    r"|^\W*nothing (has been learned yet|that was learned is in use)\b"
)


def abstains(answer: str) -> bool:
    """Return whether an answer says that it does not know or was not told. Words that it quotes do not count."""
    own = re.sub(r"[\"“”].*?([\"“”]|$)", " ", answer.lower().replace("’", "'"), flags=re.S)
    return not _ASSERTS.match(own) and bool(_ABSTAINS.search(own))


def _pattern(form: str) -> str:
    """Return what finds a form filled in; a quote may be cut short."""
    slots = {r"\{date\}": ".+", r"\{topic\}": ".+", r"\{quote\}": ".*"}
    pattern = re.escape(form.removesuffix('"'))
    for slot, anything in slots.items():
        pattern = pattern.replace(slot, anything)
    return pattern


_QUESTIONS = (*wordings.TRAIN.closed, *wordings.HELD_OUT.closed)
_ANSWERS = (*wordings.YES, *wordings.NO, *wordings.UNKNOWN, *wordings.WHAT, *wordings.WHEN[1:])
_OWN_FORMS = re.compile("|".join(map(_pattern, (*_QUESTIONS, *_ANSWERS))), re.I)
"""Questions and answers about what was discussed. The bare "On 14 March 2026." may be said for other reasons."""


def sound(reply: str) -> bool:
    """Return whether a reply to small talk is one: it says something, once, and nothing of our questions and answers.

    A run of four words may not come back, nor a word be said three times in a row. Whether it makes sense is not seen.
    """
    said = re.findall(r"\w+", reply.lower())
    runs = [tuple(said[n : n + 4]) for n in range(len(said) - 3)]
    stutters = any(a == b == c for a, b, c in zip(said, said[1:], said[2:], strict=False))
    return bool(said) and len(set(runs)) == len(runs) and not stutters and not _OWN_FORMS.search(reply)
