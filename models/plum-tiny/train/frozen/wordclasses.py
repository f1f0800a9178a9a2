"""Words and their classes in a sentence, without a tagger's model: word lists, endings and the neighbours decide.

`classes` gives each token a class, first from the lists, then from its neighbours ("leaks" is a noun after "two" and a
verb after "tap"). Wrong now and then, the same way every time. Knows nothing of phrases (chunks.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from frozen import words as w
from frozen.lexicon import stem_themes

_TOKEN = re.compile(
    r"[£$€]?\d+(?:[.,/:]\d+)*%?(?![^\W\d_])|[^\W_]+(?:(?:[-'’_.+#]|(?<=\d)/(?=\d))[^\W_]+)*(?:(?<=s)[’'](?=\s|$))?|\S"
)
_NAMED_IN_CODE = re.compile(r"\w_\w|[a-zé][A-Z]|[A-Za-z]\d|\d[A-Za-z]")
_ADJECTIVE = re.compile(r"\w{2,}(?:ous|ful|less|able|ible|iest|ier|ish|esque|ical)$|\w{3,}(?:ive|ary|ent|ant)$")
_OPENERS = frozenset('.:!?"“([*-–—')
"""What a sentence, and so a capital letter, may begin after."""
_LONGEST = 40
"""Letters of the longest word; longer ones are data."""


def tokens(sentence: str) -> list[str]:
    """Return words, numbers and punctuation marks in order."""
    return [token.replace("’", "'") for token in _TOKEN.findall(sentence)]


def proper_names(sentences: Sequence[str]) -> frozenset[str]:
    """Return words that stand for names in these texts: capitalised inside sentences, and not oftener written small.

    A word that only ever opens sentences counts where it does so twice and acts like a name ("Gunnar stinks").
    """
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    opening: Counter[str] = Counter()
    acting: set[str] = set()
    for sentence in sentences:
        for index, token in enumerate(found := tokens(sentence)):
            base = bare(token)
            word = base.casefold()
            if base.isupper() and len(base) > 1:
                continue  # an acronym, or shouting
            if base.islower():
                small[word] += 1
            elif base[:1].isupper() and index and found[index - 1] not in _OPENERS:
                capital[word] += 1
            elif base[:1].isupper():
                opening[word] += 1
                if _acts_as_name(word, index, found):
                    acting.add(word)
    named = {word for word, count in capital.items() if count >= small[word]}
    named |= {word for word in acting if opening[word] > 1 and not small[word]}
    return frozenset(named - w.FUNCTION)


def _acts_as_name(small: str, index: int, found: list[str]) -> bool:
    """Return whether an unknown word that opens a sentence does what only names do there: it acts, or owns."""
    if small in w.FUNCTION or _open_class(small) != "N" or small.endswith("s") or w.stem(small) in stem_themes():
        return False
    following = found[index + 1].casefold() if index + 1 < len(found) else "."
    acts = following in w.AUXILIARIES or (following.endswith("s") and _open_class(following) in "VW")
    return acts or found[index].endswith("'s")


def classes(sentence: str, names: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
    """Return the tokens of a sentence and one letter for each.

    N noun, P name, J adjective, Q quantity with unit, V verb, D number, T determiner, R pronoun, X auxiliary,
    I preposition, O "to", C conjunction, A adverb, E adjective that names nothing, ``.`` punctuation.
    """
    found = _join_quantities(tokens(sentence))
    marks = [_first_guess(index, found, names) for index in range(len(found))]
    found, marks = _part_contractions(found, marks)
    for index, mark in enumerate(marks):
        before = marks[index - 1] if index else "."
        after = marks[index + 1] if index + 1 < len(marks) else "."
        if before in "NP" and index and possessive(found[index - 1]):
            before = "T"  # whoever owns determines
        if mark == "W":
            marks[index] = "N" if _is_noun(found, marks, index, before, after) else "V"
        elif mark == "G":
            marks[index] = _gerund(w.stem(found[index].casefold()), before, after)
        elif mark == "B":
            marks[index] = "J" if before in "TJEDIVX.C" and after in "NWJGB" else "V"
        elif mark == "D" and _follows_its_noun(found, index, before, after):
            marks[index] = "N"
        elif mark == "N" and before == "X" and after in ".CIOA" and found[index - 1].lower() in _LINKING:
            marks[index] = (
                "N" if found[index].endswith("s") else "E"
            )  # "it is chewed up": said of something, names nothing
    return found, marks


def _join_quantities(found: list[str]) -> list[str]:
    """Join a number, its unit and what is measured into one modifier: "3/8 inch" before "washer"."""
    joined: list[str] = []
    for index, token in enumerate(found):
        unit = token.casefold()
        measured = found[index + 1].casefold() if index + 1 < len(found) else "."
        if (
            joined
            and joined[-1][0].isdigit()
            and joined[-1][-1].isdigit()
            and unit in w.UNITS
            and not unit.endswith("s")
            and measured[0].isalpha()
            and measured not in w.FUNCTION | w.UNITS
        ):
            joined[-1] = f"{joined[-1]} {token}"
        else:
            joined.append(token)
    return joined


def _part_contractions(found: list[str], marks: list[str]) -> tuple[list[str], list[str]]:
    """Part "Elsa's fine" into the name and an auxiliary; leave "Elsa's baby" whole."""
    parted: list[str] = []
    letters: list[str] = []
    for index, (token, mark) in enumerate(zip(found, marks, strict=True)):
        after = marks[index + 1] if index + 1 < len(marks) else "."
        beyond = marks[index + 2] if index + 2 < len(marks) else "."
        owns = after in "NPWQ" or (after in "JGBE" and beyond in "NPWJGB")
        if mark in "NP" and token.endswith("'s") and not owns:
            parted += [bare(token), "'s"]
            letters += [mark, "X"]
        else:
            parted.append(token)
            letters.append(mark)
    return parted, letters


_LINKING = w.wordset("is are was were be been am isn't aren't wasn't weren't 's")


def _first_guess(index: int, found: list[str], names: frozenset[str]) -> str:
    """Return the class that the word itself suggests; W, G and B are left for its neighbours to settle."""
    token = found[index]
    small = bare(token).casefold()
    if token == "&":
        return "P"
    if not token[0].isalnum() and token[0] not in "£$€":
        return "."
    if " " in token:
        return "Q"
    if len(token) > _LONGEST:
        return "."
    if _NAMED_IN_CODE.search(token):
        return "P"
    if token[0].isdigit() or token[0] in "£$€" or small.split("-")[0] in w.NUMBERS:
        return "D"
    for mark, members in _CLOSED:
        if token.casefold() in members or small in members:
            return "P" if mark == "A" and _is_name(index, found, names) else mark
    return "P" if _is_name(index, found, names) else _open_class(small)


def _is_name(index: int, found: list[str], names: frozenset[str]) -> bool:
    base = bare(found[index])
    small = base.casefold()
    if not base[:1].isupper():
        return False
    if small in names or small in w.TITLES:
        return True
    if base.isupper() and len(base) > 1:  # an acronym; or a known word, shouted
        return len(base) < 5 and small not in w.FUNCTION and _open_class(small) == "N"
    if index and found[index - 1] not in _OPENERS:
        return True
    following = found[index + 1] if index + 1 < len(found) else "."
    return (
        following[:1].isupper()
        and following[1:2].islower()
        and small not in w.FUNCTION
        and following.casefold() not in w.FUNCTION
        and _open_class(small) in "NJ"
    )


def _open_class(small: str) -> str:
    stem = w.stem(small)
    last = small.rsplit("-", 1)[-1]
    if last in w.ING_NOUNS:
        return "N"
    if small in ("leaves", "lives"):
        return "W"
    if small.endswith("ly") and len(small) > 4 and small not in w.NOT_ADVERBS:
        return "A"
    if small in w.EMPTY_ADJECTIVES:
        return "E"
    if small in w.ADJECTIVES or (_ADJECTIVE.match(small) and stem not in w.NOT_ADJECTIVES and len(small) > 5):
        return "W" if stem in w.NOUNS_TOO else "J"
    if small.endswith("est") and (small[:-3] in _GRADED or small[:-2] in _GRADED):
        return "J"
    if small.endswith("er") and (small[:-2] in _GRADED or small[:-1] in _GRADED):
        return "J"
    if last.endswith("ing") and w.stem(last) != last:
        return "G"
    if last.endswith("ed") and len(last) > 3 and last not in w.NOT_PARTICIPLES and not last.endswith("eed"):
        return "B"
    if stem in w.VERBS:
        return "W" if stem in w.NOUNS_TOO else "V"
    return "N"


_GRADED = w.ADJECTIVES | w.EMPTY_ADJECTIVES
_CLOSED = (
    ("O", frozenset({"to"})),
    ("T", w.DETERMINERS),
    ("R", w.PRONOUNS),
    ("X", w.AUXILIARIES),
    ("I", w.PREPOSITIONS),
    ("C", w.CONJUNCTIONS),
    ("A", w.ADVERBS),
)


def _is_noun(found: list[str], marks: list[str], index: int, before: str, after: str) -> bool:
    """Decide noun or verb for a word that is either, from its neighbours."""
    third_person = found[index].endswith("s") and not found[index].endswith("ss")
    if before == "T":
        return not (third_person and found[index - 1].lower() in ("that", "this", "which", "who"))
    if before in "JEDQI":
        return True
    if before in "NP":
        if third_person:
            counted = any(mark in "D" for mark in marks[max(0, index - 3) : index])
            return counted or found[index - 1].endswith("s'")
        return after in ".CIXN" and not found[index - 1].endswith("s")
    if before in ".C":
        return after in "XI" if before == "C" else after in "XN"
    return False


def _gerund(stem: str, before: str, after: str) -> str:
    if before in "TJEDQ":
        return "J" if after in "NWGR" else "N"
    names_something = stem in w.NOUNS_TOO or stem not in w.VERBS
    return "J" if before in "IC.V" and after in "NW" and names_something else "V"


def _follows_its_noun(found: list[str], index: int, before: str, after: str) -> bool:
    """Return whether a small whole number belongs to the noun before it ("tram 28", "box 31")."""
    if not found[index].isdigit() or len(found[index]) > 3 or before not in "NP" or after not in ".CIXO":
        return False
    noun = found[index - 1].casefold()
    numbered = before == "N" or noun in _NUMBERED
    return numbered and not noun.endswith("s") and w.stem(noun) not in _CALENDAR


_NUMBERED = w.wordset(
    "phase option part version chapter room type level step tram bus line platform gate box flat unit tier"
)
_CALENDAR = frozenset(
    w.stem(name)
    for name in w.wordset(
        """january february march april may june july august september october november december
        monday tuesday wednesday thursday friday saturday sunday"""
    )
)


def possessive(token: str) -> bool:
    """Whether a token says whose something is."""
    return token.endswith(("'s", "s'"))


def bare(token: str) -> str:
    """Return the token without a possessive ending."""
    for ending in ("'s", "s'"):
        if token.endswith(ending):
            return token[:-2] + ("s" if ending == "s'" else "")
    return token
