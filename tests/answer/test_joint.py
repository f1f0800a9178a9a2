"""Weights and text together: who is asked what, who speaks, and the mean of the two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.answer import Asked, Joint, is_closed, mean_odds, with_context
from plum_edge.answer.remember import claim
from plum_edge.records import Message

ADAPTER = Path("adapter.gguf")
ASKED = [Message("user", "Did the tap come up?")]
READING = [Message("system", "Conversation of 14 March 2026\nUser: The tap drips."), *ASKED]


class Two:
    """Stands for a runtime: says what it is told to with the adapter on, and with text to read."""

    def __init__(self, remembered: str, p_remembered: float, read: str, p_read: float) -> None:
        self.adapter_id: str | None = "another"
        self.says = {True: (remembered, p_remembered), False: (read, p_read)}
        self.losses = {True: 0.2, False: 0.1}

    def use(self, adapter_gguf: Path | None, adapter_id: str | None = None) -> None:
        self.adapter_id = adapter_id if adapter_gguf else None

    def _now(self, messages: Sequence[Message]) -> tuple[str, float]:
        assert self.adapter_id in (str(ADAPTER), None)
        assert (messages[0].role == "system") is (self.adapter_id is None)  # the adapter never reads
        return self.says[self.adapter_id is not None]

    def p_yes(self, messages: Sequence[Message]) -> float:
        return self._now(messages)[1]

    def p_yes_many(self, prompts: Sequence[Sequence[Message]]) -> list[float]:
        return [self.p_yes(messages) for messages in prompts]

    def answer(self, messages: Sequence[Message], *, max_tokens: int, decided: bool | None = None) -> str:
        return {None: self._now(messages)[0], True: "Yes", False: "No"}[decided]

    def read_ahead(self, prompts: Sequence[Sequence[Message]], tokens: int) -> None:
        pass

    def opening(self, messages: Sequence[Message], tokens: int) -> tuple[str, float]:
        return self._now(messages)[0], self.losses[self.adapter_id is not None]


probabilities = st.floats(0, 1)


@given(probabilities, probabilities)
def test_the_mean_lies_between_is_fair_and_says_no_where_both_say_no(p: float, q: float) -> None:
    mean = mean_odds(p, q)
    assert min(p, q) - 1e-8 <= mean <= max(p, q) + 1e-8
    assert mean_odds(q, p) == mean
    assert mean_odds(1 - p, 1 - q) == pytest.approx(1 - mean, abs=1e-6)
    assert mean_odds(p, p) == pytest.approx(p, abs=1e-8)


def test_the_surer_one_decides() -> None:
    assert mean_odds(0.99, 0.3) > 0.5 > mean_odds(0.01, 0.7)
    assert mean_odds(0.9, 0.2) == pytest.approx(1 / (1 + math.sqrt((0.1 / 0.9) * (0.8 / 0.2))))


def test_each_is_asked_by_itself() -> None:
    runtime = Two("Yes, on", 0.9, "No, not", 0.2)
    assert Joint(runtime, ADAPTER).p_yes_many([(ASKED, [READING], 0.7)])[0] == pytest.approx(
        mean_odds(claim(0.9), 0.2, 0.7)
    )


@pytest.mark.parametrize(
    ("remembered", "read", "speaks"),
    [
        (("Yes, on", 0.9), ("Yes, on", 0.6), "reader"),
        (("No, not", 0.1), ("No, not", 0.4), "reader"),
        (("Yes, on", 0.9), ("No, not", 0.2), "memory"),
        (("Yes, on", 0.6), ("No, not", 0.1), "reader"),
        (("No, not", 0.01), ("Yes, on", 0.7), "memory"),
        (("No, not", 0.3), ("Yes, on", 0.99), "reader"),
        (("Yes, on", 0.6), ("Yes, on", 0.51), "memory"),
    ],
)
def test_what_both_say_is_said_by_one_that_agrees(
    remembered: tuple[str, float], read: tuple[str, float], speaks: str
) -> None:
    runtime = Two(*remembered, *read)
    asked = Joint(runtime, ADAPTER).speaker(ASKED, [READING], 0.5)
    assert asked.p_yes == pytest.approx(mean_odds(claim(remembered[1]), read[1], 0.5))
    assert asked.messages == (READING if speaks == "reader" else ASKED)
    assert runtime.adapter_id == (None if speaks == "reader" else str(ADAPTER))
    said = runtime.answer(asked.messages, max_tokens=9, decided=asked.decided)
    assert is_closed(said)
    assert said.startswith("Yes") == (asked.p_yes >= 0.5)


@pytest.mark.parametrize(("remembered", "read"), [("Yes, on", "You said"), ("You said", "No, not"), ("On 14", "On 14")])
@pytest.mark.parametrize("surer", ["memory", "reader", "neither"])
def test_where_there_is_more_to_say_the_surer_says_it(remembered: str, read: str, surer: str) -> None:
    runtime = Two(remembered, 0.9, read, 0.1)
    runtime.losses = {"memory": {True: 0.1, False: 0.2}, "reader": {True: 0.2, False: 0.1}}.get(
        surer, dict.fromkeys((True, False), 0.1)
    )
    asked = Joint(runtime, ADAPTER).speaker(ASKED, [READING], 0.99)
    if surer == "memory":  # where it is a yes or no, its own p(yes) goes with it
        assert asked == (Asked(ASKED, pytest.approx(claim(0.9)), True) if remembered == "Yes, on" else Asked(ASKED))
    else:
        assert asked == Asked(READING)
    assert runtime.adapter_id == (str(ADAPTER) if surer == "memory" else None)


def test_of_several_readers_one_that_agrees_says_it_and_all_count() -> None:
    class Three(Two):
        def p_yes(self, messages: Sequence[Message]) -> float:
            return 0.99 if "Note" in messages[0].content else super().p_yes(messages)

    note = [Message("system", "Note"), *ASKED]
    runtime = Three("Yes, on", 0.7, "No, not", 0.3)
    joint = Joint(runtime, ADAPTER)
    together = mean_odds(claim(0.7), 0.3, 0.99, 0.5)
    assert joint.speaker(ASKED, [READING, note], 0.5) == Asked(note, pytest.approx(together), True)
    assert joint.p_yes_many([(ASKED, [READING, note], 0.5)])[0] == pytest.approx(together)


def test_the_search_decides_between_two_and_against_all_has_nobody_to_say_it() -> None:
    runtime = Two("Yes, on", 0.8, "No, not", 0.1)
    asked = Joint(runtime, ADAPTER).speaker(ASKED, [READING], 0.98)
    assert asked == Asked(ASKED, pytest.approx(mean_odds(claim(0.8), 0.1, 0.98)), True)
    runtime = Two("No, not", 0.4, "No, not", 0.3)
    asked = Joint(runtime, ADAPTER).speaker(ASKED, [READING], 0.99)
    assert asked == Asked(READING, pytest.approx(mean_odds(claim(0.4), 0.3)), False)


def test_an_adapter_of_another_name_is_taken_off_first() -> None:
    runtime = Two("Yes", 0.9, "Yes", 0.9)
    Joint(runtime, ADAPTER).p_yes_many([(ASKED, [READING], 0.5)])  # `Two` refuses the name "another"


def test_nothing_found_is_nothing_before_the_question() -> None:
    assert with_context(None, ASKED) == with_context("", ASKED) == ASKED
    assert with_context("Text", ASKED) == [Message("system", "Text"), *ASKED]


@pytest.mark.parametrize(
    ("answer", "closed"), [("Yes, on 14", True), ("no.", True), (" No", True), ("None", False), ("You said", False)]
)
def test_what_begins_with_yes_or_no(answer: str, closed: bool) -> None:
    assert is_closed(answer) is closed
