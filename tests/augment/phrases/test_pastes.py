"""What was pasted goes, what was written stays: shapes of logs, code and data, and prose that looks a little so."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.pairs import augment
from plum_edge.augment.phrases.pastes import prose
from plum_edge.paths import data_dir
from tests.augment.conversations import segment
from tests.augment.pasted import AROUND, PASTES, WRITTEN

FRAMED = ("Unhandled exception", "C:\\Users", "BEGIN:VCALENDAR")
"""Pastes of which a line by itself is like a sentence or a word, and stays."""


def _letters(text: str) -> int:
    return sum(not sign.isspace() for sign in text)


@pytest.mark.parametrize("paste", PASTES)
def test_a_paste_goes_but_for_a_tenth(paste: str) -> None:
    most = 0.6 if paste.startswith(FRAMED) else 0.1
    assert _letters(prose(paste)) <= most * _letters(paste)


@pytest.mark.parametrize("text", WRITTEN)
def test_prose_stays_as_it_is(text: str) -> None:
    assert prose(text) == text


@pytest.mark.parametrize("paste", PASTES)
def test_prose_around_a_paste_stays(paste: str) -> None:
    before, after = "My nephew wrote this for the choir, and it broke.", "The rehearsal is on Monday evening at seven."
    left = prose(f"{before}\n\n{paste}\n\n{after}")
    assert left.startswith(before)
    assert left.endswith(after)


@pytest.mark.parametrize(("text", "stays", "goes"), AROUND)
def test_of_a_message_with_a_paste_the_prose_is_what_makes_topics(
    text: str, stays: tuple[str, ...], goes: tuple[str, ...]
) -> None:
    left = prose(text)
    assert all(part in left for part in stays)
    assert not any(part in left for part in goes)


@pytest.mark.parametrize("paste", PASTES)
def test_a_paste_alone_makes_next_to_no_pair(paste: str) -> None:
    if not paste.startswith(FRAMED):
        assert augment(segment(paste, "I see."), Mentions(), seed=0, topics=6) == []


def test_of_the_sample_user_only_code_goes() -> None:
    lines = (data_dir("samples") / "nora" / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
    said = [message["content"] for line in lines for message in json.loads(line)["messages"]]
    changed = [text for text in said if prose(text) != text]
    assert len(changed) == 4
    assert all(any(sign in text for sign in ("SELECT", "def ", "df[", "* * 1-5")) for text in changed)


@given(st.text())
def test_any_text_is_taken_and_nothing_is_added(text: str) -> None:
    left = prose(text)
    assert set(left) <= set(text) | {"\n"}
    assert prose(left) == left or len(prose(left)) < len(left)
