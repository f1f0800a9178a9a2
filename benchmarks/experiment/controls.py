"""Systems that stand beside an adapter: searches without any model that speaks, and questions told apart without a log;
and what the product answers where nothing was learned, in an adapter's place.

Know nothing of what they are asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.experiment import natural
from benchmarks.voice import odds, spoken
from plum_edge.answer import unlearned
from plum_edge.answer.language_model import log_odds, logistic
from plum_edge.answer.quoting import nearest
from plum_edge.answer.reading import SAID
from plum_edge.answer.weighed import BOTH, weighed
from plum_edge.evaluate.scoring import Asker
from plum_edge.retrieve import Library
from plum_edge.store import Store


class _Control:
    """Answers questions one by one, and has the same words for each, or none."""

    def __init__(self, p_yes: Callable[[str], float], words: str | Callable[[str], str] = "") -> None:
        self.p_yes, self._words = p_yes, words

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return p(yes) of each question."""
        return [self.p_yes(question) for question in questions]

    def answer(self, question: str) -> str:
        """Return its words."""
        return self._words if isinstance(self._words, str) else self._words(question)

    def answer_many(self, questions: Sequence[str]) -> list[str]:
        """Return them for each question."""
        return [self.answer(question) for question in questions]


def nothing_learned(store: Store) -> Asker:
    """Return what the product answers about what was said while nothing is learned: no, and in words that it is so."""
    return _Control(lambda question: unlearned.p_yes(question) or 0.0, unlearned.said_instead(store))


def vectors(library: Library) -> Asker:
    """Return search by meaning with the model as it was published: what anybody has who has the log.

    Raises:
        NoModel: the model that makes vectors is not installed.
    """
    return vectors_taught(replace(library, taught=False, vectors=None))


def vectors_taught(library: Library) -> Asker:
    """Return search by meaning, with the threshold that the log's pairs give it; asked for a fact it shows the user's
    own words that are nearest, as the product does where its reader names none.

    Of a log of which no pairs are made it affirms nothing, and still says which question is nearer than which.

    Raises:
        NoModel: the model that makes vectors is not installed.
    """
    library.prepare_dense()

    def p_yes(question: str) -> float:
        reached = library.score("dense", question)
        return reached / (reached + 1.0) or (library.likeness(question) or 0.0) / 2

    return _Control(p_yes, lambda question: nearest(library.said(question, SAID)))


def searches(library: Library) -> Asker:
    """Return both searches, weighed as `answer.weighed` weighs them beside an adapter: here beside none.

    Raises:
        NoModel: the model that makes vectors is not installed.
    """
    library.prepare_dense()
    return _Control(lambda question: weighed(0.5, library.nearness(question), library.score("bm25", question)))


def beside(adapter: float, found: float) -> float:
    """Return p(yes) of an adapter and of what else is weighed, as `answer.weighed` has it, from the p(yes) of each.

    An adapter counts as much beside `searches` as beside these and the reader.
    """
    return logistic(BOTH.adapter * log_odds(adapter) + log_odds(found))


def questions_only(log: str, point: int) -> Asker:
    """Return naive Bayes over the words and marks of a question, learned from what the other users are asked.

    It never saw this user's questions, nor any log: what it gets right, the set gives away by itself.
    """
    mine = {one.question for one in natural.own(log)}
    others = (one for name in natural.AGAINST if name != log for one in natural.questions("crossed", name, point))
    learned, sizes = (Counter[str](), Counter[str]()), [0, 0]
    for one in others:
        if one.question not in mine:
            side = int(one.answer == "yes")
            learned[side].update(spoken(one.question))
            sizes[side] += 1
    return _Control(lambda question: logistic(odds(spoken(question), learned, sizes)))


SEARCHES = {"vectors": vectors, "vectors_taught": vectors_taught, "searches": searches}
"""Those without a language model, by name."""
