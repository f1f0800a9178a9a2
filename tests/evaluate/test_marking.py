"""Marks for free answers: the same words, the fact in them, or no claim at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.augment.phrases import wordings
from plum_edge.evaluate.marking import abstains, contains, token_f1, words

QUOTE = 'On 14 March 2026 you said: "The washer was 3/8 inch."'


@pytest.mark.parametrize(
    ("answer", "gold", "f1"),
    [
        ("27 cm", "27 cm", 1.0),
        ("The 27 cm.", "27 CM", 1.0),
        ("It was 27 cm wide", "27 cm", 2 * 0.4 * 1.0 / 1.4),
        ("no idea", "27 cm", 0.0),
        ("27 27 27 cm", "27 cm", 2 * 2 / 6),
        ("", "27 cm", 0.0),
    ],
)
def test_token_f1(answer: str, gold: str, f1: float) -> None:
    assert token_f1(answer, gold) == pytest.approx(f1)


@settings(deadline=None)
@given(st.text(), st.text())
def test_token_f1_is_symmetric_and_one_for_the_same_words(a: str, b: str) -> None:
    assert token_f1(a, b) == pytest.approx(token_f1(b, a))
    assert 0 <= token_f1(a, b) <= 1
    assert token_f1(a, a) == (1.0 if words(a) else 0.0)


@pytest.mark.parametrize(
    ("answer", "gold", "found"),
    [
        ("She turned 83.", "eighty three", True),
        ("On 11 April.", "eleventh of April", False),  # the words of the gold answer, in order: "of" is one
        ("Two hundred dollars", "200", True),
        ("Nine.", "10", False),
        ("It was 3/8 inch, you said.", "3/8 inch", True),
        ("8/3 inch", "3/8 inch", False),
        ("You pay 1200 a month", "1,200 a month", True),
        ('You said: "The washer was 3/8 inch."', QUOTE, True),
        ("On 14 March 2026.", QUOTE, False),
        ("We talked about it on 14 March 2026.", "On 14 March 2026.", True),
        ("On 15 March 2026.", "On 14 March 2026.", False),
        ("anything", "...", False),
    ],
)
def test_contains_looks_for_the_fact_in_order(answer: str, gold: str, found: bool) -> None:
    assert contains(answer, gold) is found


@pytest.mark.parametrize(
    "answer",
    [
        *wordings.UNKNOWN,
        *wordings.NO,
        "Nothing has been learned yet; 20 conversations in the log. Next: plum-edge consolidate",
        "Nothing that was learned is in use. Next: plum-edge adapters list",
        "I don’t know.",
        "I'm sorry, I have no record of that.",
        "We haven't talked about that yet.",
        "That never came up.",
        "You did not mention it.",
        "I cannot recall anything.",
    ],
)
def test_answers_that_claim_nothing(answer: str) -> None:
    assert abstains(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "On 14 March 2026.",
        QUOTE,
        'You said: "I do not know what to cook."',
        'You said: "I do not know what to',
        "You said: we have not talked to the landlord",
        "Yes, but I do not remember the details.",
        "Blue.",
    ],
)
def test_answers_that_claim_something_or_say_nothing(answer: str) -> None:
    assert not abstains(answer)
