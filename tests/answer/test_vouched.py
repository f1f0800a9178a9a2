"""An answer is held back until its dates and quotes are vouched for; what is general passes as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.answer import vouched
from plum_edge.augment.phrases.dates import Named, named
from plum_edge.augment.phrases.quotes import Quote

DAYS = [date(2026, 3, 14), date(2026, 5, 2)]


def known(claim: Named, of_speech: bool) -> bool:
    return claim.among(DAYS)


def said(answer: str, *, of_talk: bool = True) -> str:
    return "".join(vouched(list(answer), known, of_talk=of_talk))


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("Yes, on 14 March 2026.", None),
        ("Yes, on 15 March 2026.", "Yes, but I do not remember when."),
        ("We talked about it on 14 March 2027.", "I do not remember the day."),
        ('On 14 March 2026 you said: "It drips. All night."', None),
        ('On 1 March 2026 you said: "It drips. All night."', 'You said: "It drips. All night."'),
        ('You said: "He is alive. Since 3 November 2021!"', None),
        ("Yes, on 9 May 2021. You said it drips.", "Yes, but I do not remember when. You said it drips."),
        ("Yes, on 9 May 2021. And on 3 June 2022.", "Yes, but I do not remember when. "),
        ("No, we have not talked about that.", None),
        ("You told me twice: on 14 March 2026 and on 15 March 2026.", "I do not remember the day."),
        ("", None),
    ],
)
def test_no_date_is_shown_that_nobody_vouches_for(answer: str, shown: str | None) -> None:
    assert said(answer) == (answer if shown is None else shown)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("On 8 May 1945.", None),
        ("World War II ended on 2 September 1945. It began in 1939.", None),
        ("Yes, Napoleon lost on 18 June 1815.", None),
        ("Yes, we talked about it on 9 May 2021.", "Yes, but I do not remember when."),
        ('On 9 May 2021 you said: "It drips."', 'You said: "It drips."'),
    ],
)
def test_a_general_question_may_be_answered_with_any_date(answer: str, shown: str | None) -> None:
    assert said(answer, of_talk=False) == (answer if shown is None else shown)


def test_a_sentence_is_shown_when_it_is_whole_and_not_before() -> None:
    pieces = vouched(iter(["Yes, on ", "14 March", " 2026. ", "You ", "said so."]), known, of_talk=True)
    assert list(pieces) == ["Yes, on 14 March 2026. ", "You said so."]


def test_a_general_answer_is_not_held_back() -> None:
    drawn: list[str] = []

    def source() -> Iterator[str]:
        for piece in ("The ", "war ", "ended ", "in 1945."):
            drawn.append(piece)
            yield piece

    shown = vouched(source(), known, of_talk=False)
    assert next(shown) == "The "
    assert drawn == ["The "]


TOLD = {"It drips. All night.": [DAYS[0]], "It drips": [DAYS[0]], "We marry!": [DAYS[1]], "Once upon a time": []}


def told(quote: Quote) -> list[date] | None:
    """What the user said, and when; of one thing the day is not known."""
    whole = (
        next((said for said in TOLD if quote.text and said.startswith(quote.text)), None) if quote.cut else quote.text
    )
    return TOLD.get(whole or "")


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ('You said: "It drips"', None),
        ('On 14 March 2026 you said: "It drips. All night."', None),
        ('On 14 March 2026 you said: "It drops. All night."', "We talked about it on 14 March 2026, but {}"),
        ('You said: "It drops. All night." That is all.', "I do not remember your words. That is all."),
        ('On 1 March 2026 you said: "It drops."', "I do not remember your words."),
        ('On 2 May 2026 you said: "It drips"', 'You said: "It drips"'),  # a day, but another one
        ('On 14 March 2026 you said: "Once upon a time"', 'You said: "Once upon a time"'),
        ('You said: "Once upon a time"', None),
        ('You told me "It drips" on 2 May 2026.', "I do not remember the day."),
        ('You said: "It drips" On 2 May 2026 you said: "We marry!"', "I do not remember the day."),
        ('You said: "It dripped." You said: "We married!"', "I do not remember your words. "),
        (
            'Yes. You said: "It drips". And you said: "We part!" So you did.',
            'Yes. You said: "It drips". {} So you did.',
        ),
        ('You said: "Ah. Oh." You said: "Oh. Ah." Bye.', "I do not remember your words. Bye."),
        ('Yes, you said: "Ah. Oh."', "Yes, but I do not remember your words."),
        ('Yes, on 2 May 2026. Yes, you said: "Ah."', "Yes, on 2 May 2026. I do not remember your words."),
        ('You said: "It drips. All ni', None),
        ('You said: "It drips. All da', "I do not remember your words."),
        ('You said: "', "I do not remember your words."),
        ('I said: "It drops."', None),
        ("You said that it drops.", None),
    ],
)
def test_no_words_are_shown_that_the_user_did_not_say(answer: str, shown: str | None) -> None:
    honest = (answer if shown is None else shown).replace("{}", "I do not remember your words.")
    assert "".join(vouched(list(answer), known, told, of_talk=True)) == honest
    assert "".join(vouched([answer], known, told, of_talk=True)) == honest


def test_of_a_general_answer_only_a_memorys_words_are_held_back() -> None:
    def shown(answer: str) -> str:
        return "".join(vouched(list(answer), known, told, of_talk=False))

    assert shown('You said: "It drops. Ah."') == "I do not remember your words."
    assert (
        shown('On 14 March 2026 you said: "Ah."')
        == "We talked about it on 14 March 2026, but I do not remember your words."
    )
    for general in ('Hamlet said: "To be. Or not."', 'Shall I say that you said: "Ah"?', '"Ah." On 3 May 1999: "Oh."'):
        assert shown(general) == general


def test_the_words_of_the_user_are_held_back_until_they_are_whole_and_nothing_else_is() -> None:
    pieces = ("Yes. ", 'You said: "It ', "drips. ", "All ", 'night." ', "I said: ", '"Mend it. ', "Now.", '" ', "Bye.")
    shown = list(vouched(iter(pieces), known, told, of_talk=True))
    assert shown == ["Yes. ", 'You said: "It drips. All night." ', 'I said: "Mend it. ', 'Now." ', "Bye."]


_SENTENCES = st.sampled_from(
    (
        "Yes, on 14 March 2026.", "Yes, on 1 January 2020.", "On 3 June 2031.", 'You said: "On 1 May 2001 it broke."',
        "We talked about it on 2 May 2026.", "It drips.", "We spoke in April 2019.", "That was in 1999!", "No.",
        'On 5 May 2005 you said: "Never!"',
    )
)  # fmt: skip


@given(st.lists(_SENTENCES, max_size=5), st.lists(st.integers(1, 30), min_size=1))
def test_however_an_answer_is_cut_no_unknown_date_comes_through(sentences: list[str], cuts: list[int]) -> None:
    answer = " ".join(sentences)
    pieces, at = [], 0
    while at < len(answer):
        step = cuts[len(pieces) % len(cuts)]
        pieces.append(answer[at : at + step])
        at += step
    shown = "".join(vouched(pieces, known, of_talk=True))
    assert all(one.among(DAYS) for one in named(shown))
    assert shown == said(answer)


@given(st.text(), st.booleans())
def test_an_answer_without_dates_comes_through_whole(answer: str, of_talk: bool) -> None:
    if not named(answer) and not named(f'"{answer}'):
        assert said(answer, of_talk=of_talk) == answer
