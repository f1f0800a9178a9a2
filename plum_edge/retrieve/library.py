"""Every way of reading the log for a question, by name. Joins the rooms beside it; a way is opened when it is used.

Knows nothing of the model that reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Literal

from plum_edge.records import Conversation, Evidence, Pair, Progress, Role
from plum_edge.retrieve import tuning
from plum_edge.retrieve.dense import Dense, Kept, nobody
from plum_edge.retrieve.encoder import Encoder, installed
from plum_edge.retrieve.notes import NOTES, Notes
from plum_edge.retrieve.passages import newest, passage
from plum_edge.retrieve.retriever import PASSAGE, Retriever
from plum_edge.retrieve.said import Close, Said, said
from plum_edge.retrieve.threshold import PairThreshold, WordThreshold

Ranking = Literal["bm25", "dense"]
Way = Literal["bm25", "bm25_top3", "bm25_pairs", "bm25_passages", "dense", "dense_passages", "newest"]
"""By words (BM25) or by meaning (vectors): the best conversation, the best three, stored pairs, or the best passage; or
by no search: the end of the log, as much as there is room for.
"""


_BY_MEANING, _BY_WORDS = 3, 1
"""Passages that are read by themselves: the nearest of each search. A question as it stands finds the conversation that
it is about among three by meaning more often than its content words do: 86 times in 100 instead of 80."""
_MESSAGES, _FEWEST, _GROWS = 146, 60, 0.04
"""Messages of the log that a yes was weighed on, the fewest that were looked at, and how the cosine of the nearest one
grows with the logarithm of their number, whatever is asked (docs/experiments/2026-11-30-log-size-and-yes.md)."""


@dataclass
class Library:
    """The log of one user, to be looked things up in.

    ``search`` is the search by words (`Retriever.search`), ``conversations`` and ``pairs`` (those of training that are
    true now) all that there is, ``dates`` when the conversation of a segment was, if that is known, ``version`` another
    value whenever the log is another; ``room`` are the tokens that a model has for what it reads.
    """

    search: Callable[[str, int], list[Evidence]]
    get: Callable[[str], Conversation]
    conversations: Callable[[], Iterable[Conversation]]
    pairs: Callable[[], Iterable[Pair]]
    dates: Callable[[], dict[str, datetime]]
    version: Callable[[], object]
    count_tokens: Callable[[str], int]
    room: int
    vectors: Kept | None = None
    """Where the vectors of messages are kept, so that each is made once."""
    written: Callable[[str, int], str] | None = None
    """A message as it stands in the log, by conversation and place: what was changed for reading is not quoted."""
    taught: bool = True
    """Search by meaning as plum-edge taught it (tuning.py); else with the published model, to hold that against it."""
    left_out: str | None = None
    """A conversation that is passed over: the one that is going on."""
    _tuned_at: object = None
    _end: tuple[object, str | None] = (None, None)

    def context(self, way: Way, question: str) -> str | None:
        """Return what there is to read for a question, in the reading format of the embedded base, or None.

        Raises:
            NoModel: the way needs vectors, and the model that makes them is not installed.
        """
        if way == "bm25_pairs":
            return self._notes.context(question, min(NOTES, self.room), left_out=self.left_out)
        if way == "newest":
            return self._newest
        retriever = self._retriever("dense" if way.startswith("dense") else "bm25")
        if way.endswith("passages"):
            return retriever.context(question, room=min(PASSAGE, self.room))
        return retriever.context(question, top=3 if way.endswith("top3") else 1, room=self.room)

    def passages(self, question: str) -> list[str]:
        """Return the passages nearest to a question, each to be read by itself: by meaning, where vectors can be made
        here, and by words.
        """
        meant = self._by_meaning.search(question, _BY_MEANING) if installed() else []
        words = self._by_words.search(self._by_words.query(question), _BY_WORDS if meant else _BY_MEANING + _BY_WORDS)
        found = {(one.conversation, one.message): one for one in (*meant, *words)}
        room = min(PASSAGE, self.room)
        return [passage(self.get(one.conversation), one, room, self.count_tokens) for one in found.values()]

    def said(self, question: str, limit: int = 1, *, role: Role = "user") -> list[Said]:
        """Return what the user said (or the assistant) that is nearest to a question in meaning, best first; nothing
        without vectors. What others said in a chat between people is nobody's of the two.
        """

        def by_role(query: str, count: int) -> list[Close]:
            best: dict[str, float] = {}
            mine = (one for one in self._dense.nearest(query) if one[0].id != self.left_out)
            close = ((talk, at, score, best.setdefault(talk.id, score)) for talk, at, score in mine)
            spoken = ((one, one[0].messages[one[1]]) for one in close)
            return list(islice((one for one, message in spoken if message.role == role and not message.name), count))

        found = said(by_role, self._dense.encode, question, limit) if installed() else []
        return [one for one in found if self._is_written(one)]

    def _is_written(self, one: Said) -> bool:
        if self.written is None:
            return True
        return one.text in " ".join(self.written(one.conversation.id, one.message).split())

    def prepare_dense(self, progress: Progress = nobody) -> None:
        """Read the model and make the vectors of all of the log, so that no question waits for it.

        Raises:
            NoModel: the model is not installed.
        """
        self._dense.progress = progress
        try:
            self._by_meaning.best("anything")
        finally:
            self._dense.progress = nobody

    def score(self, ranking: Ranking, question: str) -> float:
        """Return how well the log matches a question, by no model's reading: from 1 on it was discussed."""
        self._tune()
        return self._word_threshold.score(question) if ranking == "bm25" else self._pair_threshold.score(question)

    def likeness(self, question: str) -> float | None:
        """Return the cosine of the passage nearest in meaning; None where no vectors can be made here."""
        return self._by_meaning.best(question) if installed() else None

    def nearness(self, question: str) -> float | None:
        """Return `likeness` as a log of `_MESSAGES` would have it: the best of more lies nearer, whatever is asked."""
        likeness = self.likeness(question)
        return None if likeness is None else likeness - _GROWS * math.log(max(len(self._dense), _FEWEST) / _MESSAGES)

    def likelihood(self, topic: str) -> float:
        """Return how likely it is that a topic was discussed, by word search alone: from one half on it was."""
        self._tune()
        return self._word_threshold.likelihood(topic)

    def _tune(self) -> None:
        now = self.left_out or self.version()  # while a conversation goes on, the rest of the log is what it was
        if self._tuned_at != now:
            self._tuned_at = now
            self.__dict__.pop("_word_threshold", None)
            self.__dict__.pop("_pair_threshold", None)

    def quote(self, ranking: Ranking, question: str) -> str | None:
        """Return the message that matches best, or None."""
        return self._retriever(ranking).quote(question)

    def text_bytes(self, way: Way | Ranking) -> int:
        """Return how much text of the user must stay on the device for a way of reading."""
        if way == "bm25_pairs":
            return self._notes.text_bytes()
        return sum(len(m.content.encode()) for conversation in self.conversations() for m in conversation.messages)

    def _retriever(self, ranking: Ranking) -> Retriever:
        return self._by_words if ranking == "bm25" else self._by_meaning

    @cached_property
    def _by_words(self) -> Retriever:
        return Retriever(self._passing_over(self.search), self.get, self.count_tokens)

    @cached_property
    def _by_meaning(self) -> Retriever:
        return Retriever(self._passing_over(self._dense.search), self.get, self.count_tokens)

    @cached_property
    def _dense(self) -> Dense:
        encoder = Encoder(tuning.adapter() if self.taught else None)
        return Dense(encoder.encode, self.conversations, self.version, encoder.maker, self.vectors)

    def _passing_over(self, search: Callable[[str, int], list[Evidence]]) -> Callable[[str, int], list[Evidence]]:
        def others(query: str, limit: int) -> list[Evidence]:
            found = search(query, limit + 1)
            return [evidence for evidence in found if evidence.conversation != self.left_out][:limit]

        return others

    @property
    def _newest(self) -> str | None:
        now = self.version(), self.left_out, self.room
        if self._end[0] != now:
            others = (one for one in self.conversations() if one.id != self.left_out)
            self._end = now, newest(others, self.room, self.count_tokens)
        return self._end[1]

    @cached_property
    def _notes(self) -> Notes:
        def told() -> Iterable[Pair]:
            return (pair for pair in self.pairs() if pair.polarity == "positive")

        return Notes(told, self.dates, self.count_tokens, self.version)

    @cached_property
    def _word_threshold(self) -> WordThreshold:
        return WordThreshold(self._by_words.best, self.conversations)

    @cached_property
    def _pair_threshold(self) -> PairThreshold:
        def questions() -> Iterable[tuple[str, bool]]:
            return ((p.question, p.polarity == "positive") for p in self.pairs() if p.kind == "closed")

        return PairThreshold(self._by_meaning.best, questions)
