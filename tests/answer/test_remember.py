"""An adapter asked in several phrasings: what they say together, which is answered, and when it is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.answer import Asked, mean_odds, p_yes_many, recollect
from plum_edge.answer.remember import GLANCE, OPENING, claim
from plum_edge.config import Decide
from plum_edge.records import Message

CLOSED = "Did we ever get into the tap?"
CAME_UP, TALKED = "Did the tap come up?", "Was there a conversation about the tap?"
WANTED, SAID = "Which details did I give you about the tap?", "What did I say about the tap?"
YES, NO, QUOTE = "Yes, on 14 March 2026.", "No, not so far.", 'You said: "It drips."'

Says = Mapping[str, tuple[str, float, float]]
"""Question → how its answer begins, its loss, p(yes)."""


class Minds:
    """Stands for a runtime whose answer hangs on the words of the question; notes what it was asked."""

    adapter_id: str | None = "adapter"

    def __init__(self, says: Says) -> None:
        self.says = says
        self.begun: list[tuple[str, int]] = []
        self.before: set[tuple[Message, ...]] = set()

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None) -> None:
        raise AssertionError("the adapter is on already")

    def p_yes(self, messages: Sequence[Message]) -> float:
        self.before.add(tuple(messages[:-1]))
        return self.says[messages[-1].content][2]

    def p_yes_many(self, prompts: Sequence[Sequence[Message]]) -> list[float]:
        return [self.p_yes(messages) for messages in prompts]

    def answer(self, messages: Sequence[Message], *, max_tokens: int, decided: bool | None = None) -> str:
        raise AssertionError("nothing is answered yet")

    def read_ahead(self, prompts: Sequence[Sequence[Message]], tokens: int) -> None:
        pass

    def opening(self, messages: Sequence[Message], tokens: int) -> tuple[str, float]:
        self.before.add(tuple(messages[:-1]))
        self.begun.append((messages[-1].content, tokens))
        return self.says[messages[-1].content][:2]


def asked(question: str) -> list[Message]:
    return [Message("user", question)]


def test_a_yes_or_no_is_the_mean_of_its_phrasings() -> None:
    minds = Minds({CLOSED: (NO, 0.1, 0.2), CAME_UP: (YES, 0.1, 0.9), TALKED: (YES, 0.1, 0.8)})
    together = claim(mean_odds(0.2, 0.9, 0.8))
    assert p_yes_many(minds, [asked(CLOSED)])[0] == pytest.approx(together)
    recalled = recollect(minds, asked(CLOSED))
    assert recalled.asked.p_yes == pytest.approx(together)
    assert (recalled.asked.messages, recalled.opens) == (asked(CAME_UP), YES)  # the first that says so by itself
    assert recalled.asked.decided is True


@given(st.floats(0, 1).filter(lambda p: abs(p - 2 / 3) > 1e-9))
def test_a_yes_is_claimed_from_odds_of_two_to_one(p: float) -> None:
    assert (claim(p) >= 0.5) == (p > 2 / 3)
    assert 2 * claim(p) * (1 - p) == pytest.approx(p * (1 - claim(p)))  # the odds are half of those of p


def test_where_each_phrasing_says_yes_and_none_is_sure_enough_a_no_is_decided() -> None:
    minds = Minds({CLOSED: (YES, 0.1, 0.6), CAME_UP: (YES, 0.1, 0.55), TALKED: (YES, 0.1, 0.7)})
    recalled = recollect(minds, asked(CLOSED))
    assert recalled.asked.p_yes == pytest.approx(claim(mean_odds(0.6, 0.55, 0.7)))
    assert (recalled.asked.messages, recalled.asked.decided) == (asked(CLOSED), False)


def test_where_the_users_own_words_agree_they_are_answered() -> None:
    minds = Minds({CLOSED: (NO, 0.1, 0.2), CAME_UP: (YES, 0.1, 0.6), TALKED: (NO, 0.1, 0.3)})
    recalled = recollect(minds, asked(CLOSED))
    assert (recalled.asked.messages, recalled.opens) == (asked(CLOSED), NO)
    assert minds.begun == [(CLOSED, GLANCE)]


def test_words_are_answered_in_the_surer_phrasing() -> None:
    for own, other in ((0.3, 0.2), (0.2, 0.3)):
        minds = Minds({WANTED: (QUOTE, own, 0.5), SAID: (QUOTE, other, 0.5)})
        recalled = recollect(minds, asked(WANTED))
        assert recalled.asked.messages == asked(SAID if other < own else WANTED)
        assert (recalled.loss, recalled.asked.p_yes, recalled.asked.decided) == (0.2, None, None)
        assert minds.begun[1:] == [(WANTED, OPENING), (SAID, OPENING)]


def test_a_question_for_words_that_gets_a_no_is_still_one_for_words() -> None:
    minds = Minds({WANTED: (NO, 0.3, 0.1), SAID: (QUOTE, 0.2, 0.5)})
    assert recollect(minds, asked(WANTED)).asked.messages == asked(SAID)
    minds = Minds({WANTED: (NO, 0.1, 0.1), SAID: (QUOTE, 0.2, 0.5)})
    assert recollect(minds, asked(WANTED)).asked.p_yes == 0.1


@pytest.mark.parametrize(("says", "p"), [("Yes, Paris is in", 0.9), ("A tap is a valve", None)])
def test_what_is_taken_for_another_question_is_left_alone(says: str, p: float | None) -> None:
    minds = Minds({"Is the tap in Paris?": (says, 0.1, 0.9)})
    recalled = recollect(minds, asked("Is the tap in Paris?"))
    assert (recalled.asked.messages, recalled.opens, recalled.asked.p_yes) == (asked("Is the tap in Paris?"), says, p)
    assert minds.begun == [("Is the tap in Paris?", GLANCE)]


def test_what_was_said_before_in_the_chat_stands_before_the_users_own_words_alone() -> None:
    kind = Message("system", "Be kind.")
    before = [kind, Message("user", "Hello"), Message("assistant", "Hello!")]
    minds = Minds({CLOSED: (NO, 0.1, 0.2), CAME_UP: (YES, 0.1, 0.9), TALKED: (YES, 0.1, 0.8)})
    recalled = recollect(minds, [*before, *asked(CLOSED)])
    assert recalled.asked.messages == [kind, *asked(CAME_UP)]
    assert minds.before == {tuple(before), (kind,)}


@given(st.floats(0.001, 0.999), st.floats(0.1, 10.0))
def test_the_odds_from_which_on_a_yes_is_claimed(p: float, odds: float) -> None:
    assert claim(p, odds) / (1 - claim(p, odds)) == pytest.approx(p / (1 - p) / odds, rel=1e-6)
    assert claim(p, 1.0) == pytest.approx(p)


def test_without_phrasings_it_is_asked_as_it_stands() -> None:
    minds = Minds({CLOSED: (NO, 0.1, 0.2), CAME_UP: (YES, 0.1, 0.9), TALKED: (YES, 0.1, 0.8)})
    alone = Decide(odds=1.0, phrasings=False)
    assert p_yes_many(minds, [asked(CLOSED)], alone) == [pytest.approx(0.2)]
    recalled = recollect(minds, asked(CLOSED), decide=alone)
    assert recalled.asked == Asked(asked(CLOSED), pytest.approx(0.2), False)
