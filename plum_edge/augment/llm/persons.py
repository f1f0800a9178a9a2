"""Whom a clause is about: whether a pair says of one person what was said of another.

Who comes first in a clause is taken for who acts. Knows nothing of numbers, dates or of what else a pair must hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from plum_edge.augment.llm.grammar.base import Grammar
from plum_edge.augment.llm.sentences import Claim, Sentence, Text
from plum_edge.augment.phrases.words import words, wordset

_RELATION = re.compile(
    r"\b(?:[Mm]y|[Oo]ur|[Yy]our|[Mm]ein\w*|[Uu]nser\w*|[Dd]ein\w*|[Ee]u(?:er|re\w*))\s+(\w+)(?:\s+([A-ZÄÖÜ]\w+))?"
    r"(?:\s+([A-ZÄÖÜ]\w+))?|\b(?:Mr|Mrs|Ms|Dr|Frau|Herr)\.?\s+([A-ZÄÖÜ]\w+)"
)
_KIN = wordset(
    """mum mom mother dad father sister brother son daughter wife husband partner girlfriend boyfriend friend boss uncle
    aunt cousin niece nephew neighbour neighbor mutter vater schwester bruder sohn tochter frau mann freund freundin
    chef chefin onkel tante cousine nichte neffe nachbar nachbarin"""
)
_THEIRS = re.compile(rf"\b(?:her|his|their|ihre?|seine?|\w+['’]s)\s+({'|'.join(sorted(_KIN))})\b", flags=re.IGNORECASE)
"""Somebody else's sister is neither the user's nor that somebody."""
_FIRST = re.compile(r"\s*([A-ZÄÖÜ]\w+)")
_YOU, _THEY = "<user>", "<third>"
_SUFFERED = re.compile(r"\b(?:were|was|wurdest|been)\b")


def states(part: Text) -> bool:
    """Whether a clause says what is, and not who does what to whom."""
    grammar = part.grammar
    you = grammar.addressed.match(part.text.strip())
    if you:
        return grammar.states.match(part.text.strip()[you.end() :].strip()) is not None
    return grammar.states.search(part.text) is not None


def swapped(part: Text, used: Sequence[Text], best: Sentence, claim: Claim) -> bool:
    """Whether a claim says of one person what was said of another: who comes first in either is compared."""
    grammar = part.grammar
    if states(part):
        return False
    text = part.text.split(maxsplit=1)[-1] if claim.closed else part.text.strip()
    mine = _who(text, grammar, claim=claim)
    theirs = _who(used[0].text, grammar)
    suffered = grammar.bidden.search(used[0].text) or _SUFFERED.search(part.text)  # "you were paid": "he paid me"
    acting = (grammar.user if claim.closed else grammar.addressed).match(text)
    if acting and not theirs and grammar.done_to.search(used[0].text):
        return not suffered  # "Soraya, from work, offered me one"
    if not theirs and mine and used[0] in best.clauses:  # who it is stands in a clause before it
        before = best.clauses[: best.clauses.index(used[0])]
        named = {word for one in before for word in words(one.text)}
        return bool(named) and not mine & {_YOU, _THEY} and not mine & {grammar.stem(one) for one in named} | named
    if not mine or not theirs or mine & theirs:
        return False
    if _THEY in mine | theirs and _YOU not in mine | theirs:
        return False
    return not (mine == {_YOU} and suffered)


def _who(text: str, grammar: Grammar, *, claim: Claim | None = None) -> frozenset[str]:
    """Return whom a clause begins with: the user, another by a pronoun, or a relation and a name.

    Of a ``claim``: in a question answered with yes the user is "I" as in what was said, in an answer "you".
    """
    user = (grammar.addressed if claim and not claim.closed else grammar.user).search(text)
    third = grammar.third.search(text)
    places = [(match.start(), {kind}) for match, kind in ((user, _YOU), (third, _THEY)) if match]
    if named := _RELATION.search(text):
        places.append((named.start(), {one.casefold() for one in named.groups() if one}))
    if theirs := _THEIRS.search(text):
        places.append((theirs.start(), {theirs[1].casefold()}))
    acts = _FIRST.match(text) if claim and claim.closed else grammar.acts.search(text)
    if acts and acts[1].casefold() not in grammar.function:
        places.append((acts.start(), {acts[1].casefold()}))
    return frozenset(min(places, key=lambda one: one[0])[1]) if places else frozenset()
