"""Retrieval beside the weights: passages of the log for a question, and a yes or no by their score alone.

The ranking is BM25 as the search that it is handed returns it. Knows nothing of SQLite, models or adapters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from plum_edge.records import Conversation, Evidence, Message, draw, spoken_date

_STOPWORD_TEXT = """
    a about above after again against all also am an and any anything are as at back be because been before being
    below between both but by can could did do does doing done down during each either else even ever every few for
    from further had has have having he her here hers him his how i if in into is it its itself just like may me might
    mine more most much must my myself no nor not now of off on once one only or other our ours out over own per quite
    rather right same shall she should since so some something such sure than that the their them then there these they
    thing things this those through to too under until up us very was way we were what when where whether which while
    who whom whose why will with within without would yes yet you your yours
    ll re ve don didn doesn isn wasn weren hasn haven hadn couldn wouldn shouldn won aren ain s d m t
"""
_TALK_TEXT = """
    advice among already answer answered anywhere arise ask asked asking bell bring brought busy came chat chats chatted
    come comes complain concern conversation conversations covered date dates day days describe detail details discuss
    discussed discussing discussion exact far include matter messages recollection side somewhere table theme think
    gave get give go going got hear heard help helped kept knew know known last learn let made make mean memory
    memories mention mentioned mentioning name note part point previous previously put question raise raised recall
    refer regarding remember remembered remind repeat ring said saw say saying session sessions share shared speak
    speaking spoke spoken subject talk talked talking talks tell telling time times told topic topics touch touched true
    wanted went wonder word words wrote
"""
_STOPWORDS = frozenset(_STOPWORD_TEXT.split())
_TALK = frozenset(_TALK_TEXT.split())
"""Words of talking about talk. A topic made of nothing else ("the bell") keeps them."""

_CALIBRATION = 100
"""Made-up topics of each sort that a bar is tuned on."""
_LONGEST = 12
"""Content words of a question that its score looks at."""


def content_words(question: str) -> list[str]:
    """Return the different words that say what a question is about, lower case, in order.

    Question words, function words and the frame ("Did we ever talk about …") are left out. Where nothing would be left,
    the frame's words stay, and where still nothing, all.
    """
    found = list(dict.fromkeys(re.findall(r"[^\W_]+", question.lower())))
    plain = [word for word in found if word not in _STOPWORDS]
    return [word for word in plain if word not in _TALK] or plain or found


@dataclass
class Retriever:
    """Passages and scores from the log.

    ``search(query, limit)`` returns the conversations that bear on a text, best first, one message each, with a BM25
    score (higher is better). ``get`` returns a conversation by its id, ``count_tokens`` the length of a text for the
    model, and ``conversations`` all of the log, once, for `score` alone.
    """

    search: Callable[[str, int], list[Evidence]]
    get: Callable[[str], Conversation]
    count_tokens: Callable[[str], int]
    conversations: Callable[[], Iterable[Conversation]] | None = None

    def context(self, question: str, *, top: int = 1, passage_tokens: int = 192) -> str | None:
        """Return the ``top`` best passages in the reading format of the embedded base, or None where nothing was found.

        A passage is the message found with as many neighbours as fit into ``passage_tokens``, under a line with the
        date ("Conversation of 14 March 2026"); passages are parted by a blank line, the best first.
        """
        found = self.search(" ".join(content_words(question)), top)
        return "\n\n".join(self._passage(evidence, passage_tokens) for evidence in found) or None

    def quote(self, question: str) -> str | None:
        """Return the whole message that answers best, or None where nothing was found."""
        found = self.search(" ".join(content_words(question)), 1)
        return self.get(found[0].conversation).messages[found[0].message].content if found else None

    def score(self, question: str) -> float:
        """Return the best message's BM25 score for the content words, as a multiple of `bar`: from 1 on, yes."""
        words = content_words(question)[:_LONGEST]
        return self._best(words) / self.bar(len(words)) if words else 0.0

    def bar(self, count: int) -> float:
        """Return the BM25 score from which on a topic of so many content words counts as discussed.

        It is tuned on the log and on nothing else. Of topics made of the log's own words some were discussed: half of
        their words (at least two, where there are two) stand together in a message of the user, the others are drawn
        from the whole log. Some were not: all words are drawn, and no message holds them all. The bar is where balanced
        accuracy on `_CALIBRATION` of each is best; in an empty log nothing reaches it.

        Raises:
            ValueError: no ``conversations`` were handed over.
        """
        if count not in self._bars:
            present, absent = _made_up(self._said, count)
            self._bars[count] = _best_cut([self._best(topic) for topic in present], [self._best(t) for t in absent])
        return self._bars[count]

    @cached_property
    def _bars(self) -> dict[int, float]:
        return {}

    @cached_property
    def _said(self) -> list[list[str]]:
        """The content words of every message of the user."""
        if self.conversations is None:
            raise ValueError("the bar is tuned on the log: Retriever needs its conversations")
        messages = (m for conversation in self.conversations() for m in conversation.messages if m.role == "user")
        return [words for m in messages if (words := content_words(m.content))]

    def _best(self, words: Sequence[str]) -> float:
        found = self.search(" ".join(words), 1)
        return max(found[0].score, 0.0) if found else 0.0

    def _passage(self, evidence: Evidence, limit: int) -> str:
        conversation = self.get(evidence.conversation)
        header = f"Conversation of {spoken_date(conversation.created_at)}"

        def fits(lines: Sequence[str]) -> bool:
            return self.count_tokens("\n".join((header, *lines))) <= limit

        turns = [m for m in conversation.messages if m.role != "system" and m.content.strip()]
        hit = conversation.messages[evidence.message]
        at = next((n for n, m in enumerate(turns) if m is hit), 0)
        if not fits([_line(turns[at])]):
            return f"{header}\n{_cut(turns[at], evidence.excerpt, fits)}"
        first, last = at, at + 1
        # To a question belongs the reply, to a reply the question.
        sides = [1, -1] if turns[at].role == "user" else [-1, 1]
        while sides:
            side = sides.pop(0)
            start, end = (first, last + 1) if side > 0 else (first - 1, last)
            if start >= 0 and end <= len(turns) and fits([_line(turn) for turn in turns[start:end]]):
                first, last = start, end
                sides.append(side)
        return "\n".join((header, *(_line(turn) for turn in turns[first:last])))


def _line(message: Message) -> str:
    return f"{message.role.capitalize()}: {' '.join(message.content.split())}"


def _cut(message: Message, excerpt: str, fits: Callable[[Sequence[str]], bool]) -> str:
    """Return the longest stretch of a message around the first word found that fits, at least that word."""
    words = message.content.split()
    marked = {mark.lower() for mark in re.findall(r"\[([^\[\]]+)\]", excerpt)}
    hit = next((n for n, word in enumerate(words) if marked & set(re.findall(r"[^\W_]+", word.lower()))), 0)
    speaker = f"{message.role.capitalize()}: "

    def stretch(length: int) -> str:
        first = max(0, min(hit - length // 2, len(words) - length))
        return speaker + " ".join(words[first : first + length])

    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits([stretch(middle)]) else (low, middle - 1)
    return stretch(low)


def _made_up(said: Sequence[Sequence[str]], count: int) -> tuple[list[list[str]], list[list[str]]]:
    """Return topics of ``count`` words that were discussed and topics that were not, made of what was said."""
    together = max(min(count, 2), (count + 1) // 2)
    sources = [words for words in said if len(words) >= together]
    vocabulary = sorted({word for words in said for word in words})
    holds = [set(words) for words in said]

    def drawn(*key: object, number: int) -> list[str]:
        return [vocabulary[draw("bar", count, *key, k) % len(vocabulary)] for k in range(number)]

    present, absent = [], []
    for n in range(_CALIBRATION if sources else 0):
        source = sources[draw("bar", count, "source", n) % len(sources)]
        start = draw("bar", count, "start", n) % (len(source) - together + 1)
        present.append([*source[start : start + together], *drawn("rest", n, number=count - together)])
        topic = drawn("absent", n, number=count)
        if not any(words.issuperset(topic) for words in holds):
            absent.append(topic)
    return present, absent or [[]]  # of one word: one that is nowhere in the log, and finds nothing


def _best_cut(present: Sequence[float], absent: Sequence[float]) -> float:
    """Return the positive cut with the best balanced accuracy, in the middle of its gap; infinity where all is 0."""
    cuts = [
        max((low + high) / 2, math.nextafter(low, high)) for low, high in pairwise(sorted({0.0, *present, *absent}))
    ]

    def quality(cut: float) -> float:
        return sum(v >= cut for v in present) / len(present) + sum(v < cut for v in absent) / len(absent)

    return max(cuts, key=quality) if present and absent and cuts else math.inf
