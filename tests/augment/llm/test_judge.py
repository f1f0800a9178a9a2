"""A reader is believed only after its controls."""

from __future__ import annotations

from collections.abc import Sequence

from plum_edge.augment.llm import judge
from plum_edge.records import Message

RIGHT = {
    judge.asked(passage, question, answer)[0].content: right for passage, question, answer, right in judge._CONTROLS
}


def test_one_that_tells_the_controls_apart_is_trusted_with_a_border_between_them() -> None:
    found = judge.reader(lambda messages: 0.97 if RIGHT[messages[0].content] else 0.9)
    assert found.trusted and found.right == 1.0 and 0.9 < found.border < 0.97


def test_one_that_always_says_yes_is_not() -> None:
    assert not judge.reader(lambda _: 0.9).trusted


def test_one_that_goes_by_shared_words_is_not() -> None:
    def shared(messages: Sequence[Message]) -> float:
        said, answer = messages[0].content.split("Said: ")[1].split("Answer: ")
        words = answer.split("\n")[0].casefold().rstrip(".").split()
        return sum(word in said.casefold() for word in words) / len(words)

    found = judge.reader(shared)
    assert not found.trusted and found.right < 0.8


def test_a_long_passage_is_cut() -> None:
    assert len(judge.asked("x" * 9_000, "Who?", "You.")[0].content) < 3_000


def test_half_of_the_controls_are_wrong() -> None:
    assert sum(RIGHT.values()) * 2 == len(RIGHT) >= 24
