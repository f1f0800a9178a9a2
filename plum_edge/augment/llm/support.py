"""Whether what was said supports a written pair: numbers, dates and names by proof, the rest by words, or by a reader.

A pair rests on one sentence. It must hold whatever the answer says: every number, date and name without exception, and
the other words by their stems. It must say it of the same person, as surely, at the same time, and no later message
may take it back. What stands in other words can only be judged by reading: where a reader that can (judge.py) is at
hand, it is asked; else such a pair is refused. Knows nothing of how pairs are written or used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set

from plum_edge.augment.llm.grammar.base import Grammar
from plum_edge.augment.llm.persons import states, swapped
from plum_edge.augment.llm.sentences import SENTENCE, Claim, Sentence, Text, day_of, owner, sentences
from plum_edge.augment.phrases.words import words
from plum_edge.records import Segment

Entails = Callable[[str, str, str], float]
"""``entails(passage, question, answer)``: how likely the passage supports the answer to the question, 0 to 1."""

_SHARE = 0.5
"""A question of whose own words no more than this share were said asks about something else."""


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
    reason = _unproven(best, claim, cited, told) or _otherwise(best, claim, told, segment)
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
    hard += len(claim.answer.names & set(map(owner, words(one.text))))
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
    spoken = {owner(word) for one in told if one.message <= best.message for word in words(one.text)}
    mine = set(map(owner, words(best.text)))
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


def _otherwise(best: Sentence, claim: Claim, told: Sequence[Sentence], segment: Segment) -> str:
    """Return why it is another thing that was said: another polarity, certainty, time, person, or taken back later."""
    grammar = best.grammar
    if not best.by_user and not grammar.told.search(claim.question.text):
        return "only the assistant said so"
    if best.by_user and grammar.told.search(claim.question.text):
        return "only the user said so"
    asked = claim.question.content.items()
    answered = "".join(one.text for one in _answered(best, segment) if any(one.has(*word) for word in asked))
    for part in _parts(claim):
        reason = _differs(part, best, claim, answered)
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


def _differs(part: Text, best: Sentence, claim: Claim, answered: str) -> str:
    """Return how a clause of a claim differs from the clauses that it rests on.

    ``answered`` is the question that the other one asked just before, where it was about the same.
    """
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
    over = grammar.past.search(part.text) or (grammar.past.search(_plain(asked, grammar)) and not states(part))
    if grammar.over.search(said) and not grammar.over.search(whole.text) and not over:
        return "another time"
    then = grammar.past.search(f"{around} {answered}") and (grammar.past.search(said) or not grammar.ahead.search(said))
    if over and not then and not grammar.told.search(asked):
        return "another time"
    return "another person" if swapped(part, used, best, claim) else ""


def _plain(question: str, grammar: Grammar) -> str:
    """Return a question without the words that ask what was said."""
    return grammar.saying.sub(" ", question)


def _used(part: Text, best: Sentence) -> list[Text]:
    """Return the clauses that a claim rests on, the one that holds most first; the whole sentence where none does."""
    left, used = _atoms(part, part), list[Text]()
    while left:
        nearest = max(best.clauses, key=lambda one: len(left & _atoms(part, one)), default=best)
        held = left & _atoms(part, nearest)
        if not held:
            break
        named = used and len(held) == 1 and part.grammar.meant.search(used[0].text)
        if not named:  # "I have not opened the parcel, I'll take it back": the other clause only says what "it" is
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
    meant = _meant(best, told)
    lacking = [one for one in lacking if one[1] not in meant]
    new = [one for one in lacking if one[0] in own]
    around: list[Text] = [*_answered(best, segment), *(_beside(best, told) if claim.closed and len(new) == 1 else [])]
    if _missing(new, around) or _missing(lacking, before):
        return "not grounded"
    question = Text(grammar.measure.sub(" ", claim.question.text), claim.question.said, grammar)
    asked = [one for one in question.content.items() if one[0] not in grammar.loose]
    shown = Text(segment.messages[best.message - 1].content if best.message else "", best.said, grammar)
    unsaid = len(_missing(asked, [*before, shown]))
    return "question not grounded" if unsaid and unsaid >= (1 - _SHARE) * len(asked) else ""


def _meant(best: Sentence, told: Sequence[Sentence]) -> set[str]:
    """Return the names that "she" may stand for in a sentence: those of the nearest one before it that has any."""
    if not best.grammar.third.search(best.text):
        return set()
    return next((one.names for one in reversed(told[: told.index(best)]) if one.names), set())


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
