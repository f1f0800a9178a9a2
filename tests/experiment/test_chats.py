"""Whose chats an adapter is held against."""

from __future__ import annotations

import pytest

from benchmarks.experiment import chats, clean, logs


@pytest.mark.parametrize("log", [*clean.NATURAL, *clean.USERS])
def test_nobodys_own_chats_are_held_out(log: str) -> None:
    user = chats.other(log)
    assert user in clean.DEVELOPMENT and user != log


def test_turns_of_the_assistant_with_what_stands_before_them() -> None:
    asked = chats.exchanges("tarek")
    assert len(asked) == chats.EXCHANGES and asked == chats.exchanges("tarek")
    said = {message.content: message.role for chat in logs.load("tarek") for message in chat.messages}
    for before, answer in asked:
        assert before[-1].role == "user" and said[answer] == "assistant"
    begun = [n for n, (before, _) in enumerate(asked) if len(before) == 1]
    assert len(begun) > 5 and begun[0] == 0
