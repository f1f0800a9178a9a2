"""Whether a message asks anything: in doubt it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge.answer import may_ask

SAMPLES = Path(__file__).parents[2] / "samples" / "dev"


@pytest.mark.parametrize(
    "text",
    ["Thanks!", "Hello!", "hi there", "Good morning", "Thanks, that helped.", "My tap drips again.", "ok", "Bye."],
)  # fmt: skip
def test_whoever_says_this_asks_nothing(text: str) -> None:
    assert not may_ask(text)


@pytest.mark.parametrize(
    "text",
    [
        "Did we talk about the tap?",
        "what was the trick for the kitchen tap",
        "Remind me of the washer.",
        "Tell me about my tap",
        "the thing I told you about",
        "you know, the bicycle",
    ],
)
def test_whoever_says_this_may_ask(text: str) -> None:
    assert may_ask(text)


def test_most_questions_that_people_wrote_are_known_without_their_mark() -> None:
    files = sorted(SAMPLES.glob("*/questions.jsonl"))
    questions = [json.loads(line)["question"] for path in files for line in path.read_text("utf-8").splitlines()]
    assert all(may_ask(question) for question in questions if "?" in question)
    assert sum(may_ask(question.replace("?", "")) for question in questions) > 0.75 * len(questions)
