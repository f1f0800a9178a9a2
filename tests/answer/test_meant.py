"""Whom a message is for: on the talk and the questions of two made-up users."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.answer.meant import Meant
from plum_edge.augment.phrases.bids import bids, is_brief_question
from plum_edge.evaluate.ability import turns
from plum_edge.paths import data_dir
from plum_edge.records import Message

USERS = ("amadeu", "tarek")
TALKED = [Message("user", "My tap drips."), Message("assistant", "Turn it off.")]


@pytest.fixture(scope="module", params=USERS)
def logged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Memory, Path]]:
    """A memory with all that a user said, and the folder that it came from."""
    folder = data_dir("samples") / "dev" / request.param
    with Memory(tmp_path_factory.mktemp(request.param)) as memory:
        memory.import_file(folder / "conversations.jsonl")
        yield memory, folder


def test_next_to_nothing_of_ordinary_talk_is_for_the_memory(logged: tuple[Memory, Path]) -> None:
    memory, _ = logged
    store = memory.store
    meant = Meant(store)
    chats = [store.log.get(one.id) for one in store.log.list()]
    said = [before for chat in chats for before, _ in turns(chat.messages)]
    assert len(said) > 150
    assert sum(map(meant.may_speak, said)) < 0.1 * len(said)  # the log has this very talk


def test_most_questions_of_a_person_are(logged: tuple[Memory, Path]) -> None:
    memory, folder = logged
    meant = Meant(memory.store)
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()[::4]
    asked = [Message("user", json.loads(line)["question"]) for line in lines]
    assert sum(meant.may_speak([one]) for one in asked) > 0.7 * len(asked)


@pytest.mark.parametrize(
    ("text", "first", "later"),
    [
        ("Did we talk about the tap?", True, True),
        ("What is my sister called?", True, True),
        ("what was my sister called", True, True),
        ("I went to the lake with my sister. It was cold. Which coat did I take?", True, False),
        ("I went to the lake with my sister and it was so cold that we both turned back.", False, False),
        ("My ear hurts since the summer. " * 6 + "Is it dangerous?", False, False),
        ("Could you put my figures into a table?", True, False),
        ("Hi! I want to lose weight. Can you help me with that?", False, False),
        ("I am bored.", False, False),
        ("Is gold a metal?", False, False),
        ("Thanks!", False, False),
    ],
)
def test_in_a_chat_that_goes_on_a_question_to_the_memory_is_short(
    tmp_path: Path, text: str, first: bool, later: bool
) -> None:
    with Memory(tmp_path) as memory:
        meant, asked = Meant(memory.store), Message("user", text)
        assert (meant.may_speak([asked]), meant.may_speak([*TALKED, asked])) == (first, later)


@pytest.mark.parametrize(
    ("text", "may", "brief"),
    [
        ("Where does Rosa live?", True, True),
        ("um where does Rosa live", True, True),
        ("Hi! Where does Rosa live?", True, True),
        ("Rosa has moved. Where does she live?", True, False),
        ("yep that one, you know", True, False),
        ("I wrote down when she came and what she said, and then we went to the lake, all of us.", False, False),
        ("Could you move the second line up?", True, False),
        ("Can you tell me where Rosa lives?", True, True),
    ],
)
def test_what_is_a_question_at_all(text: str, may: bool, brief: bool) -> None:
    assert (bids(text), is_brief_question(text)) == (may, brief)


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("Which church was the concert in?", True),
        ("Who visits Mrs Abernathy in the mornings?", True),
        ("How much is the deposit for the flat on Constitution Street?", True),
        ("What is a parking permit?", False),
        ("What is the best flour for bread?", False),
        ("Why do midges bite?", False),
        ("How do you feed the starter?", False),
        ("The concert was in a church.", False),
        ("Translate the letter to Benedita, please.", False),
    ],
)
def test_a_question_about_one_thing_may_be_asked_of_the_log(text: str, may: bool, tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        meant = Meant(memory.store)
        assert meant.may_be_asked([Message("user", text)]) is may
        assert not meant.may_be_asked([*TALKED, Message("user", text)])
