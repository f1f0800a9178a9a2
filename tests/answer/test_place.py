"""Whether a message asks anything: in doubt it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge.answer import may_ask
from plum_edge.augment.phrases.requests import about_itself, greets

SAMPLES = Path(__file__).parents[2] / "samples" / "dev"


@pytest.mark.parametrize(
    "text",
    ["Thanks!", "Hello!", "hi there", "Good morning", "Thanks, that helped.", "My tap drips again.", "ok", "Bye.",
     "Who are you?", "How are you?", "Tell me a joke.", "Can you write me a poem about rain?", "Why do cats purr?",
     "What should I cook tonight?", "How do I descale a kettle?", "Should I buy a new bicycle?", "Give me three ideas.",
     "Please explain photosynthesis.", "Is it healthy to eat late?", "What's a good name for a dog?"],
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
        "When is my dentist appointment?",
        "Where does my sister live?",
        "Should I repeat the test in a year, as you advised?",
        "Can you write down what I told you about the tap?",
        "you know, the bicycle",
    ],
)
def test_whoever_says_this_may_ask(text: str) -> None:
    assert may_ask(text)


def test_most_questions_that_people_wrote_are_known_without_their_mark() -> None:
    files = sorted(SAMPLES.glob("*/questions.jsonl"))
    questions = [json.loads(line)["question"] for path in files for line in path.read_text("utf-8").splitlines()]
    asked = [question for question in questions if "?" in question]
    assert sum(map(may_ask, asked)) > 0.99 * len(asked)
    assert sum(may_ask(question.replace("?", "")) for question in questions) > 0.75 * len(questions)


@pytest.mark.parametrize(
    "text",
    [
        "Who are you?",
        "Hello! What can you do?",
        "what can you do for me",
        "So what's your name?",
        "Tell me about yourself.",
        "Are you a human?",
        "Can you tell me who made you?",
        "Hi. Who are you? What can I ask you?",
    ],
)
def test_who_says_this_asks_about_the_assistant(text: str) -> None:
    assert about_itself(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hello!",
        "",
        "Who am I?",
        "What can you do about my tap?",
        "Who are you talking about?",
        "What did you tell me about yourself?",
        "Who are you, and did we talk about the tap?",
        "Do you remember my name?",
        "Who is your favourite composer?",
        "What are you able to tell me about my sister?",
    ],
)
def test_who_says_this_does_not(text: str) -> None:
    assert not about_itself(text)


def test_who_greets_does_nothing_else() -> None:
    assert all(map(greets, ("Hello!", "hi there", "Good morning.", "Thanks!", "Hi! Good evening.")))
    assert not any(map(greets, ("", "Hello, my tap drips.", "Thanks, that helped.", "Who are you?", "the kitchen tap")))
