"""Which quotes of a sentence are put into the user's mouth, and what is said where they are not borne out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.quotes import Quote, is_open, of_user, unremembered, without


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ('You said: "It drips."', ["It drips."]),
        ('On 14 March 2026 you said: "It drips. All night."', ["It drips. All night."]),
        ('Yes, on 14 March 2026: "It drips."', ["It drips."]),
        ('"It drips."', ["It drips."]),
        ("You told me “it drips” and “it leaks”.", ["it drips", "it leaks"]),
        ("You’ve once written „es tropft“ here.", ["es tropft"]),
        ("You asked me: «Does it drip?»", ["Does it drip?"]),
        ('In the book it drips: "plop", you told me.', ["plop"]),
        ('When you asked, I said: "No." You said "Oh"', ["No.", "Oh"]),
        ('Your own words were "plop".', ["plop"]),
        ('You said: ""it drips""', ["", ""]),
        ('You said "it drips" and I said: "Mend it."', ["it drips"]),
        ('You said: "It drips. You said: "It leaks."', ['It drips. You said: "It leaks.']),
        ('I told you: "Mend it."', []),
        ('We talked about the book "Drips".', []),
        ('In the kitchen, "plop" is what one hears.', []),
        ("You said that it drips.", []),
        ("", []),
    ],
)
def test_what_is_put_into_the_mouth_of_the_user(sentence: str, found: list[str]) -> None:
    assert of_user(sentence) == [Quote(text) for text in found]


def test_a_quote_alone_is_the_users_where_those_words_were_asked_for() -> None:
    assert of_user('On 23 April 1616: "To be"', alone=True)
    assert not of_user('On 23 April 1616: "To be"', alone=False)


def test_every_form_that_adapters_learn_is_found() -> None:
    for form in (*wordings.WHAT, *wordings.WHAT_UNDATED):
        assert of_user(form.format(date="14 March 2026", quote="It drips."), alone=False) == [Quote("It drips.")]


@given(st.text(st.characters(exclude_characters='"“”„«»')))
def test_a_quote_that_is_not_closed_is_cut(text: str) -> None:
    assert of_user(f'You said: "{text}') == [Quote(text, cut=True)]
    assert is_open(f'You said: "{text}')
    assert not is_open(f'You said: "{text}"')
    assert not is_open(f'I said: "{text}')
    assert without(f'You said: "{text}') == 'You said: ""'


@pytest.mark.parametrize(
    ("sentence", "honest"),
    [
        ('You said: "x"', "I do not remember your words."),
        ('Yes, you said: "x"', "Yes, but I do not remember your words."),
        ('On 14 March 2026 you said: "x"', "We talked about it on 14 March 2026, but I do not remember your words."),
        (
            'Yes, on March 14th you said: "x"',
            "Yes, we talked about it on March 14th, but I do not remember your words.",
        ),
        ('In March 2026 you said: "x"', "I do not remember your words."),
        ('You said: "On 14 March 2026 it broke"', "I do not remember your words."),
        ('Your flight on 14 March 2026, you said, is "late"', "I do not remember your words."),
    ],
)
def test_what_is_said_instead(sentence: str, honest: str) -> None:
    assert unremembered(sentence) == honest
