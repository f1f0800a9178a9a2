"""What a conversation is about: noun phrases of one to three words, ranked by how well they name it.

The user's turns come first; the assistant's count unless the user's next words refuse them. Deterministic, no model, a
few milliseconds. Knows nothing of questions, and of the log only what ``rarity`` tells.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from plum_edge.augment.phrases import words as w
from plum_edge.augment.phrases.chunks import noun_phrases
from plum_edge.augment.phrases.wordclasses import proper_names
from plum_edge.records import Message, Segment

_USER_CHARS = 6_000
_ASSISTANT_CHARS = 3_000
_MESSAGES = 60
"""Bounds on what is read: of a pasted log, the beginning."""

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|https?://\S+")
_MARKUP = re.compile(r"\*\*|__|`|^[#>\s]+|^\s*(?:[-*+•]|\d+[.)])\s+|\*(?=\w)|(?<=\w)\*|</?\w+[^>]{0,80}>", re.MULTILINE)
END = re.compile(r"(?<=[.!?…])(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bMrs\.)(?<!\be\.g\.)[\"'”)\]]*\s+")
"""Where a sentence ends."""
_CODE_SIGNS = re.compile(r"[_={}<>;|\\@]|\w\(|\)\.|::|\w\.\w")
_REFUSES = re.compile(r"^\W*(?:no\b|nope\b|wrong\b|not (?:that|what|true|quite)|that's (?:not|wrong)|that isn't)", re.I)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A topic. ``message`` is the ordinal within the conversation; ``sentence`` the words around it, as written."""

    text: str
    message: int
    sentence: str
    score: float
    proper: bool = False
    by_user: bool = True


@dataclass(slots=True)
class _Candidate:
    text: str
    proper: bool
    places: list[tuple[int, int, str]]
    """(message, sentence number, sentence) of each occurrence."""
    by_user: int = 0


@dataclass(frozen=True, slots=True)
class _Turn:
    ordinal: int
    by_user: bool
    sentences: tuple[str, ...]


def key_phrases(
    segment: Segment,
    limit: int,
    *,
    rarity: Callable[[str], float] | None = None,
    is_name: Callable[[str], bool] | None = None,
) -> list[Phrase]:
    """Return at most ``limit`` phrases that name the conversation, the best first, no two about the same.

    ``rarity`` is a positive factor for a stem, larger for what the log has rarely seen; None takes 1 for all.
    ``is_name`` says whether the log so far knows a lower-case word as a name ("gunnar"); None knows none.
    """
    turns = list(_turns(segment))
    weights = _weights(turns, segment.title, rarity or (lambda _: 1.0))
    title = frozenset(w.stems(segment.title))
    candidates = _candidates(turns, _names(turns, segment.title, is_name))
    ranked = sorted(
        ((_score(candidate, weights, title, turns), candidate) for candidate in candidates.values()),
        key=lambda item: (-item[0], item[1].places[0][:2], item[1].text),
    )
    chosen: list[Phrase] = []
    for score, candidate in ranked:
        if len(chosen) == limit or score <= 0:
            break
        borrowed = sum(not phrase.by_user for phrase in chosen)
        if not _repeats(candidate, chosen) and (candidate.by_user or borrowed < max(1, limit // 3)):
            chosen.append(_phrase(candidate, score, turns))
    return chosen


def sentences(text: str) -> list[str]:
    """Return the sentences of a message in reading order: no code, no markup, white space made single."""
    plain = _MARKUP.sub("", _LINK.sub(r" \1 ", _FENCE.sub("\n", text)))
    lines = (line for block in plain.splitlines() for line in block.split(" | "))
    parts = (part for line in lines for part in END.split(line))
    return [sentence for part in parts if (sentence := " ".join(part.split())) and not _is_code(sentence)]


def _is_code(sentence: str) -> bool:
    return len(_CODE_SIGNS.findall(sentence)) * 6 > len(sentence.split()) + 4


def _turns(segment: Segment) -> Iterator[_Turn]:
    """Yield the turns that facts may come from: the user's, and the assistant's that the user did not refuse."""
    for index, message in enumerate(segment.messages[:_MESSAGES]):
        by_user = message.role == "user"
        if message.role == "system" or not (by_user or _unrefused(segment.messages, index)):
            continue
        text = message.content[: _USER_CHARS if by_user else _ASSISTANT_CHARS]
        yield _Turn(segment.first + index, by_user, tuple(sentences(text)))


def _unrefused(messages: Sequence[Message], index: int) -> bool:
    """Whether the next words do not refuse the message: its topics count then, whatever else is said of its claims."""
    following = messages[index + 1] if index + 1 < len(messages) else None
    return following is None or not _REFUSES.match(following.content)


def _weights(turns: Sequence[_Turn], title: str, rarity: Callable[[str], float]) -> dict[str, float]:
    """Return how much each content stem says about this conversation: how often, how rare, and whether in the title."""
    count: Counter[str] = Counter()
    for turn in turns:
        for sentence in turn.sentences:
            for word in w.words(sentence):
                if word not in w.FUNCTION:
                    count[w.stem(word)] += 2 if turn.by_user else 1
    named = frozenset(w.stems(title))
    return {
        stem: math.log2(1 + n) * rarity(stem) * (0.3 if stem in w.GENERIC else 1) * (1.7 if stem in named else 1)
        for stem, n in count.items()
    }


def _names(turns: Sequence[_Turn], title: str, is_name: Callable[[str], bool] | None) -> frozenset[str]:
    spoken = [title, *(sentence for turn in turns for sentence in turn.sentences)]
    known = (
        {base for text in spoken for word in w.words(text) if (base := word.removesuffix("'s"))} if is_name else set()
    )
    return proper_names(spoken) | {word for word in known if is_name and is_name(word)}


def _candidates(turns: Sequence[_Turn], names: frozenset[str]) -> dict[str, _Candidate]:
    found: dict[str, _Candidate] = {}
    for turn in turns:
        for number, sentence in enumerate(turn.sentences):
            if _is_foreign(sentence):
                continue
            for phrase in noun_phrases(sentence, names):
                if not _nameable(phrase.text):
                    continue
                candidate = found.setdefault(w.key(phrase.text), _Candidate(phrase.text, phrase.proper, []))
                candidate.places.append((turn.ordinal, number, sentence))
                candidate.by_user += turn.by_user
                first = turn.by_user and candidate.by_user == 1
                if first or candidate.text.isupper() or (phrase.proper and candidate.text.islower()):
                    candidate.text, candidate.proper = phrase.text, phrase.proper
    for candidate in found.values():
        candidate.text = _small(candidate.text, names)
    return found


def _is_foreign(sentence: str) -> bool:
    """Return whether a longer sentence has next to no English function words: its "nouns" would be guesses."""
    spoken = w.words(sentence)
    return len(spoken) >= 6 and sum(word in w.FUNCTION for word in spoken) * 8 < len(spoken)


def _nameable(text: str) -> bool:
    parts = w.stems(text)
    if not parts or text.casefold() in w.FUNCTION:
        return False
    head = parts[-1]
    if len(parts) == 1 and (head in w.GENERIC or len(head) < 3 or not any(letter.isalpha() for letter in head)):
        return False
    return not all(part in w.GENERIC or part[0].isdigit() for part in parts)


def _small(text: str, names: frozenset[str]) -> str:
    """Write a phrase as it stands inside a sentence: no capital that only opened the sentence, and no shouting."""
    calm = " ".join(_calm(word, names) for word in text.split(" "))
    first, _, rest = calm.partition(" ")
    base = first.casefold().removesuffix("'s")
    title_case = first[:1].isupper() and first[1:].islower()
    if not title_case or base in names or base in w.TITLES or rest[:1].isupper():
        return calm
    return f"{first[0].lower()}{calm[1:]}"


def _calm(word: str, names: frozenset[str]) -> str:
    if not (word.isupper() and word.isalpha() and len(word) > 4):
        return word
    return word.title() if word.casefold() in names else word.lower()


def _score(candidate: _Candidate, weights: dict[str, float], title: frozenset[str], turns: Sequence[_Turn]) -> float:
    parts = w.stems(candidate.text)
    score = float(sum(weights.get(part, 0.0) for part in parts) / len(parts) ** 0.45)
    if parts[-1] in w.GENERIC:
        score *= 0.6
    if len(parts) == 1 and not candidate.proper and len(candidate.places) == 1 and parts[0] not in title:
        score *= 0.7
    if not candidate.by_user:
        score *= 0.5
    elif candidate.places[0][0] == turns[0].ordinal:
        score *= 1.15
    return score * (1.1 if len(candidate.places) > 1 else 1.0)


def _repeats(candidate: _Candidate, chosen: Sequence[Phrase]) -> bool:
    """Return whether a chosen phrase already says this: more than half of the shorter one's stems, or the same head."""
    mine = w.stems(candidate.text)
    for phrase in chosen:
        theirs = w.stems(phrase.text)
        shared = len(set(mine) & set(theirs))
        if shared * 2 > min(len(mine), len(theirs)) or mine[-1] == theirs[-1]:
            return True
    return sum(any(part in w.stems(phrase.text) for part in mine) for phrase in chosen) >= 2


def _phrase(candidate: _Candidate, score: float, turns: Sequence[_Turn]) -> Phrase:
    """Point a topic at its most telling sentence: the user's, stating more than asking, with figures and names."""
    spoken = {turn.ordinal for turn in turns if turn.by_user}
    ordinal, _, sentence = max(
        candidate.places, key=lambda place: (place[0] in spoken, _telling(place[2]), -place[0], -place[1])
    )
    return Phrase(candidate.text, ordinal, sentence, round(score, 4), candidate.proper, ordinal in spoken)


def _telling(sentence: str) -> float:
    spoken = sentence.split()
    figures = sum(any(letter.isdigit() for letter in word) for word in spoken)
    names = sum(word[:1].isupper() and word not in ("I", "I'm", "I've") for word in spoken[1:])
    length = min(len(spoken), 14) / 14
    return length + 0.5 * min(figures, 2) + 0.3 * min(names, 2) - (0.8 if sentence.endswith("?") else 0)
