"""Systems that stand beside memory to show what is none: questions told apart without a log, searches without weights.

Know nothing of what they are asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from benchmarks.experiment import natural
from benchmarks.voice import odds, spoken
from plum_edge.answer.language_model import logistic
from plum_edge.answer.weighed import weighed
from plum_edge.evaluate.scoring import Asker
from plum_edge.retrieve import Library


class _Control:
    """Answers questions one by one, and has no words."""

    def __init__(self, p_yes: Callable[[str], float]) -> None:
        self.p_yes = p_yes

    def p_yes_many(self, questions: Sequence[str]) -> list[float]:
        """Return p(yes) of each question."""
        return [self.p_yes(question) for question in questions]

    def answer(self, question: str) -> str:
        """Return nothing."""
        return ""


def searches(library: Library) -> Asker:
    """Return both searches, weighed as `answer.weighed` weighs them beside an adapter: here beside none."""
    return _Control(lambda question: weighed(0.5, library.likeness(question), library.score("bm25", question)))


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
