"""Whether what was said supports a written pair: numbers, dates and names by proof, the rest by words, or by a reader.

A pair rests on one sentence. It must hold whatever the answer says: every number, date and name without exception, and
the other words by their stems. It must say it of the same person, as surely, at the same time, and no later message
may take it back. What stands in other words can only be judged by reading: where a reader that can (judge.py) is at
hand, it is asked; else such a pair is refused. Knows nothing of how pairs are written or used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set

from plum_edge.augment.llm.grammar.base import Grammar
from plum_edge.augment.llm.sentences import SENTENCE, Claim, Sentence, Text, day_of, sentences
from plum_edge.augment.phrases.words import words
from plum_edge.records import Segment

Entails = Callable[[str, str, str], float]
"""``entails(passage, question, answer)``: how likely the passage supports the answer to the question, 0 to 1."""

_SHARE = 0.5
"""A question of whose own words no more than this share were said asks about something else."""
_RELATION = re.compile(
    r"\b(?:[Mm]y|[Oo]ur|[Yy]our|[Mm]ein\w*|[Uu]nser\w*|[Dd]ein\w*|[Ee]u(?:er|re\w*))\s+(\w+)(?:\s+([A-ZÄÖÜ]\w+))?"
    r"(?:\s+([A-ZÄÖÜ]\w+))?|\b(?:Mr|Mrs|Ms|Dr|Frau|Herr)\.?\s+([A-ZÄÖÜ]\w+)"
)
_FIRST = re.compile(r"\s*([A-ZÄÖÜ]\w+)")


def unsupported(
    question: str,
    answer: str,
    *,
    closed: bool,
    cites: Sequence[int],
    segment: Segment,
    grammar: Grammar,
    entails: Entails | None = None,
    border: float = 0.5,
) -> str:
    """Return why what was said does not support a pair, or nothing.

    ``cites`` are ordinals within the conversation. ``entails`` reads what the words alone do not settle, and refuses
    what it finds less likely than ``border``. Reasons: ``number not grounded``, ``date not grounded``, ``name not
    grounded``, ``not grounded``, ``question not grounded``, ``negation``, ``not as a fact``, ``another time``,
    ``another person``, ``only the assistant said so``, ``changed later``, ``not read so``.
    """
    said = day_of(segment)
    asked = Text(question, said, grammar)
    claim = Claim(asked, asked if closed else Text(answer, said, grammar), closed)
    told = sentences(segment, grammar)
    cited = [one for one in told if one.message + segment.first in cites]
    if not cited:
        return "not grounded"
    best = max(cited, key=lambda one: _fit(one, claim))
    reason = _unproven(best, claim, cited, told) or _otherwise(best, claim, told)
    if reason:
        return reason
    unread = _unsaid(best, claim, told, segment)
    if entails is not None:
        passage = "\n".join(segment.messages[n - segment.first].content for n in cites)
        return "" if entails(passage, question, answer or _YES[grammar.code]) >= border else "not read so"
    return unread


_YES = {"en": "Yes", "de": "Ja"}


def _fit(one: Sentence, claim: Claim) -> tuple[float, float, int]:
    """Return how well a sentence fits: what the answer adds to the question first, then the question; then the last."""
    own = _own(claim)
    hard = len(claim.answer.numbers & one.numbers) + sum(one.dates.hold(day) for day in claim.answer.dates.exact)
    hard += len(claim.answer.dates.weekdays & one.dates.weekdays)
    hard += len(claim.answer.names & set(words(one.text)))
    soft = len(own) - len([word for word in one.lacks(claim.answer) if claim.answer.grammar.stem(word) in own])
    return hard + soft, len(claim.question.content) - len(one.lacks(claim.question)), one.message


def _own(claim: Claim) -> set[str]:
    """Return the stems that the answer adds to the question; all of them where it adds none."""
    everything = set(claim.answer.content)
    new = everything - set(claim.question.content)
    if claim.closed or not (new or claim.answer.numbers or claim.answer.dates):
        return everything
    return new


def _unproven(best: Sentence, claim: Claim, cited: Sequence[Sentence], told: Sequence[Sentence]) -> str:
    """Return which hard part is not proven: of the answer by this sentence, of the question by what is cited."""
    said = claim.question.said
    before = [one for one in cited if one.message <= best.message]
    if not _numbers_hold(best, claim, before):
        return "number not grounded"
    if not claim.answer.dates.follow(best.dates, said):
        return "date not grounded"
    if any(not any(one.dates.hold(day) for one in before) and day != said for day in claim.question.dates.exact):
        return "date not grounded"
    spoken = {word for one in told if one.message <= best.message for word in words(one.text)}
    mine = set(words(best.text))
    own = claim.answer.names - claim.question.names if not claim.closed else claim.answer.names
    if own - mine or (claim.answer.names | claim.question.names) - spoken - _date_words(claim):
        return "name not grounded"
    return ""


def _numbers_hold(best: Sentence, claim: Claim, before: Iterable[Sentence]) -> bool:
    """Whether the numbers are this sentence's, and stand beside what they are said of."""
    asked = {number for one in before for number in one.numbers | {str(day.day) for day in one.dates.days}}
    if claim.question.numbers - asked - {str(one) for one in best.dates.loose}:
        return False
    mine = claim.answer.numbers
    if not mine <= best.numbers:
        return False
    for clause in best.clauses:
        other = clause.numbers - mine
        own = [word for word in claim.answer.content.values() if clause.has(claim.answer.grammar.stem(word), word)]
        elsewhere = [
            word
            for word in own
            if not any(part.has(claim.answer.grammar.stem(word), word) for part in best.clauses if part.numbers & mine)
        ]
        if mine and other and elsewhere:
            return False  # "twenty-two guests, two of them vegan" are not twenty-two vegans
    return True


def _date_words(claim: Claim) -> set[str]:
    grammar = claim.question.grammar
    return {*grammar.months, *grammar.weekdays}


def _otherwise(best: Sentence, claim: Claim, told: Sequence[Sentence]) -> str:
    """Return why it is another thing that was said: another polarity, certainty, time, person, or taken back later."""
    grammar = best.grammar
    if not best.by_user and not grammar.told.search(claim.question.text):
        return "only the assistant said so"
    if best.by_user and grammar.told.search(claim.question.text):
        return "only the user said so"
    for part in _parts(claim):
        reason = _differs(part, best, claim)
        if reason:
            return reason
    return "changed later" if _changed(best, claim, told) else ""


def _parts(claim: Claim) -> list[Text]:
    """Return the clauses that claim something."""
    if claim.closed:
        return [claim.question]
    grammar = claim.answer.grammar
    parts = [Text(part, claim.answer.said, grammar) for part in grammar.clause.split(claim.answer.text) if part.strip()]
    return [part for part in parts if part.content or part.numbers or part.dates]


def _differs(part: Text, best: Sentence, claim: Claim) -> str:
    """Return how a clause of a claim differs from the clauses that it rests on."""
    grammar = best.grammar
    asked = claim.question.text
    used = _used(part, best)
    said = " ".join(one.text for one in used)
    whole = part if claim.closed else Text(f"{asked} {part.text}", part.said, grammar)
    around = " ".join(one.text for one in _used(whole, best))
    denied = _negated(part.text, grammar)
    if denied != _negated(said, grammar) and (claim.closed or denied or not _negated(asked, grammar)):
        return "negation"
    supposed = grammar.doubt.search(said) or grammar.condition.search(best.text)
    if supposed and not grammar.doubt.search(whole.text) and not grammar.ahead.search(whole.text):
        return "not as a fact"
    over = grammar.past.search(part.text) or (grammar.past.search(_plain(asked, grammar)) and not _states(part))
    if grammar.over.search(said) and not grammar.over.search(whole.text) and not over:
        return "another time"
    then = grammar.past.search(around) and (grammar.past.search(said) or not grammar.ahead.search(said))
    if over and not then and not grammar.told.search(asked):
        return "another time"
    return "another person" if _swapped(part, used, best, claim) else ""


def _plain(question: str, grammar: Grammar) -> str:
    """Return a question without the words that ask what was said."""
    return grammar.saying.sub(" ", question)


def _states(part: Text) -> bool:
    """Whether a clause says what is, and not who does what to whom."""
    grammar = part.grammar
    you = grammar.addressed.match(part.text.strip())
    if you:
        return grammar.states.match(part.text.strip()[you.end() :].strip()) is not None
    return grammar.states.search(part.text) is not None


def _used(part: Text, best: Sentence) -> list[Text]:
    """Return the clauses that a claim rests on, the one that holds most first; the whole sentence where none does."""
    left, used = _atoms(part, part), list[Text]()
    while left:
        nearest = max(best.clauses, key=lambda one: len(left & _atoms(part, one)), default=best)
        held = left & _atoms(part, nearest)
        if not held:
            break
        used.append(nearest)
        left -= held
    return used or [best]


def _atoms(part: Text, other: Text) -> set[str]:
    """Return the words, numbers and dates of a text that another holds."""
    days = {day.isoformat() for day in part.dates.days if other.dates.hold(day)}
    return (
        {stem for stem, word in part.content.items() if other.has(stem, word)} | (part.numbers & other.numbers) | days
    )


def _negated(text: str, grammar: Grammar) -> bool:
    """Whether a text denies; what it denies twice it affirms."""
    return len(grammar.negation.findall(text)) % 2 == 1


def _swapped(part: Text, used: Sequence[Text], best: Sentence, claim: Claim) -> bool:
    """Whether a claim says of one person what was said of another: who comes first in either is compared."""
    grammar = part.grammar
    if _states(part):
        return False
    mine = _who(part.text.split(maxsplit=1)[-1] if claim.closed else part.text, grammar, claim=claim)
    theirs = _who(used[0].text, grammar)
    if not theirs and mine and used[0] in best.clauses:  # who it is stands in a clause before it
        before = best.clauses[: best.clauses.index(used[0])]
        named = {word for one in before for word in words(one.text)}
        return bool(named) and not mine & {_YOU, _THEY} and not mine & {grammar.stem(one) for one in named} | named
    if not mine or not theirs or mine & theirs:
        return False
    if _THEY in mine | theirs and _YOU not in mine | theirs:
        return False
    suffered = grammar.bidden.search(used[0].text) or _SUFFERED.search(part.text)  # "you were paid": "he paid me"
    return not (mine == {_YOU} and suffered)


_YOU, _THEY = "<user>", "<third>"
_SUFFERED = re.compile(r"\b(?:were|was|wurdest|been)\b")


def _who(text: str, grammar: Grammar, *, claim: Claim | None = None) -> frozenset[str]:
    """Return whom a clause begins with: the user, another by a pronoun, or a relation and a name.

    Of a ``claim``: in a question answered with yes the user is "I" as in what was said, in an answer "you".
    """
    user = (grammar.addressed if claim and not claim.closed else grammar.user).search(text)
    third = grammar.third.search(text)
    places = [(match.start(), {kind}) for match, kind in ((user, _YOU), (third, _THEY)) if match]
    if named := _RELATION.search(text):
        places.append((named.start(), {one.casefold() for one in named.groups() if one}))
    acts = _FIRST.match(text) if claim and claim.closed else grammar.acts.search(text)
    if acts and acts[1].casefold() not in grammar.function:
        places.append((acts.start(), {acts[1].casefold()}))
    return frozenset(min(places, key=lambda one: one[0])[1]) if places else frozenset()


def _changed(best: Sentence, claim: Claim, told: Sequence[Sentence]) -> bool:
    """Whether a later message of the user's says that what the answer tells is otherwise now."""
    grammar = best.grammar
    mine = _values(claim.answer)
    later = [one for one in told if one.by_user and one.message > best.message]
    for one in later:
        about = any(one.has(stem, word) for stem, word in claim.question.content.items() if stem not in grammar.loose)
        if not about or not any(mine) or not grammar.changed.search(one.text):
            continue
        rest = [_values(other) for other in later if other.message == one.message]
        if any(new - old for values in rest for old, new in zip(mine, values, strict=True) if old):
            return True
        if grammar.off.search(one.text):
            return True
    return False


def _values(text: Text) -> tuple[Set[str], Set[str], Set[str]]:
    """Return what a change of mind changes: numbers, dates, how often."""
    dates = text.dates
    days = {*map(str, dates.weekdays), *(day.isoformat() for day in dates.exact), *(f"{one}." for one in dates.loose)}
    return text.numbers, days, text.grammar.often & set(words(text.text))


def _unsaid(best: Sentence, claim: Claim, told: Sequence[Sentence], segment: Segment) -> str:
    """Return which side has words of its own that were not said, or nothing.

    What an answer leaves out, or names by a pronoun, stands before it: never in what was said after it.
    """
    grammar, own = best.grammar, _own(claim)
    before: list[Text] = [*told[: told.index(best) + 1], *_answered(best, segment)]
    lacking = [(grammar.stem(word), word) for word in best.lacks(claim.answer)]
    lacking = [one for one in lacking if one[0] not in grammar.loose]
    new = [one for one in lacking if one[0] in own]
    around: list[Text] = [*_answered(best, segment), *(_beside(best, told) if claim.closed and len(new) == 1 else [])]
    if _missing(new, around) or _missing(lacking, before):
        return "not grounded"
    asked = [one for one in claim.question.content.items() if one[0] not in grammar.loose]
    shown = Text(segment.messages[best.message - 1].content if best.message else "", best.said, grammar)
    unsaid = len(_missing(asked, [*before, shown]))
    return "question not grounded" if unsaid and unsaid >= (1 - _SHARE) * len(asked) else ""


def _missing(wanted: Iterable[tuple[str, str]], texts: Sequence[Text]) -> list[tuple[str, str]]:
    return [one for one in wanted if not any(text.has(*one) for text in texts)]


def _answered(best: Sentence, segment: Segment) -> list[Text]:
    """Return the question that the other one asked just before, where there is one: an answer leaves its words out."""
    if not best.message or segment.messages[best.message].content.split(best.text)[0].strip():
        return []
    before = segment.messages[best.message - 1].content.rstrip()
    asked = SENTENCE.split(before)[-1] if before.endswith("?") else ""
    return [Text(asked, best.said, best.grammar)] if asked else []


def _beside(best: Sentence, told: Sequence[Sentence]) -> list[Text]:
    """Return the sentence before it in the same message."""
    at = told.index(best)
    return [told[at - 1]] if at and told[at - 1].message == best.message else []
