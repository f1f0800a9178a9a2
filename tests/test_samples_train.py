"""The questions for training, to users whose conversations are elsewhere: enough, unlike each other, true of their log.

What needs the conversations finds them by $PLUM_EDGE_DATA, and is skipped without.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks import crossed, pair_precision, voice
from benchmarks.experiment.logs import load
from plum_edge.augment.phrases.wordings import HELD_OUT, TRAIN, UNSEEN
from plum_edge.evaluate.questions import read_questions
from plum_edge.importers import read
from plum_edge.records import Conversation

SAMPLES = Path(__file__).parents[1] / "samples"
USERS = ("Adeleke_Okonjo", "Ethan_Hunt", "Kenta_Tanaka", "Liam_O_Connor")

each_user = pytest.mark.parametrize("user", USERS)
with_conversations = pytest.mark.skipif(
    not Path(os.environ.get("PLUM_EDGE_DATA", "nowhere"), "realmem").is_dir(), reason="needs $PLUM_EDGE_DATA: realmem/"
)


def _lines(user: str) -> list[dict[str, Any]]:
    text = (SAMPLES / "train" / user / "questions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _begun(question: str, count: int) -> str:
    return " ".join(re.findall(r"[\w'’]+", question.lower())[:count])


def test_nobody_is_forgotten() -> None:
    """The short chats beside them are of nobody in particular (test_samples_reading.py)."""
    folders = {folder.name for folder in (SAMPLES / "train").iterdir() if folder.is_dir()}
    assert tuple(sorted(folders - {"chats"})) == USERS


@each_user
def test_every_kind_is_asked_and_enough(user: str) -> None:
    read_questions(SAMPLES / "train" / user / "questions.jsonl")
    questions = _lines(user)
    for line in questions:
        assert set(line) == {"question", "answer", "kind", "asks", "conversation"}
        assert (line["answer"] == "yes") == (line["asks"] == "closed"), line["question"]
    assert len(questions) >= 100
    assert len({line["conversation"] for line in questions}) >= 100
    kinds = Counter(line["kind"] for line in questions)
    assert set(kinds) == {"verbatim", "paraphrased", "indirect"}
    assert min(kinds.values()) >= len(questions) / 10
    asks = Counter(line["asks"] for line in questions)
    assert set(asks) == {"closed", "open", "change"}
    assert min(asks["closed"], asks["open"]) >= len(questions) / 3


@each_user
def test_the_wording_is_wide(user: str) -> None:
    asked = [line["question"] for line in _lines(user)]
    assert Counter(_begun(question, 2) for question in asked).most_common(1)[0][1] <= len(asked) / 10
    assert Counter(_begun(question, 3) for question in asked).most_common(1)[0][1] <= 6


def test_no_question_comes_twice() -> None:
    files = sorted(SAMPLES.glob("train/*/questions.jsonl")) + sorted(SAMPLES.glob("dev/*/questions.jsonl"))
    asked = [json.loads(line)["question"].casefold() for file in files for line in file.read_text("utf-8").splitlines()]
    assert len(asked) == len(set(asked)) > 1200


@each_user
def test_the_questions_are_nobodys_template(user: str) -> None:
    frames = [f.split("{topic}") for s in (TRAIN, HELD_OUT, UNSEEN) for f in (*s.closed, *s.when, *s.what)]
    fixed = [(before, after) for before, after in frames if len(before) + len(after) > 12]
    for line in _lines(user):
        question = line["question"]
        assert not [f for f in fixed if question.startswith(f[0]) and question.endswith(f[1])], question


@each_user
def test_the_readme_says_who_and_what_for(user: str) -> None:
    words = " ".join((SAMPLES / "train" / user / "README.md").read_text(encoding="utf-8").split())
    questions = _lines(user)
    for needed in ("RealMem", "Apache-2.0", "$PLUM_EDGE_DATA", "by no template", "No figure of recall is judged"):
        assert needed in words
    talks = len({line["conversation"] for line in questions})
    assert f"{len(questions)} questions about {talks} of his conversations" in words
    for asks, count in Counter(line["asks"] for line in questions).items():
        assert f"*{asks}* ({count};" in words


@with_conversations
@pytest.mark.data
@each_user
def test_open_answers_stand_in_the_conversation_that_is_named(user: str) -> None:
    said = {talk.id: _said(talk) for talk in load(user)}
    for line in _lines(user):
        assert line["conversation"] in said, line["question"]
        if line["asks"] != "closed":
            assert line["answer"].casefold() in said[line["conversation"]], line["question"]


@with_conversations
@pytest.mark.data
@each_user
def test_what_is_asked_in_their_words_has_their_words(user: str) -> None:
    said = {talk.id: _said(talk) for talk in load(user)}
    for line in _lines(user):
        if line["kind"] == "verbatim" and line["asks"] == "closed":
            topic = crossed.topic(line["question"])
            held = topic & set(crossed.stems(said[line["conversation"]]))
            assert len(held) >= len(topic) / 2, line["question"]


def _said(talk: Conversation) -> str:
    return " ".join(message.content for message in talk.messages).casefold()


@with_conversations
@pytest.mark.data
def test_a_no_is_somebody_elses_yes_and_nobody_found_it_discussed() -> None:
    everyone = crossed.users(Path(os.environ["PLUM_EDGE_DATA"]))
    known = crossed.discussed()
    asked = {user.name: set(user.asked) for user in everyone}
    for user in everyone:
        negatives = set(crossed.crossed(user, everyone))
        assert len(negatives) >= 600
        assert not negatives & asked[user.name]
        assert negatives <= set().union(*(asked[name] for name in asked if name != user.name))
        assert not {(user.name, question) for question in negatives} & known
    assert {name for name, _ in known} <= set(asked)
    assert {question for _, question in known} <= set().union(*asked.values())


def test_a_question_whose_words_are_in_one_conversation_is_left_out(talks: dict[str, crossed.User]) -> None:
    assert set(crossed.crossed(talks["ann"], list(talks.values()))) == {"Was there a heron on the chimney?"}
    assert set(crossed.crossed(talks["ben"], list(talks.values()))) == {"Did the kettle whistle?"}


@pytest.fixture
def talks(tmp_path: Path) -> dict[str, crossed.User]:
    """Two users who both talked of beets; one of a kettle, and one of a heron."""
    said = {
        "ann": (["The beets boil over.", "My kettle whistles."], ["Did the kettle whistle?"]),
        "ben": (
            ["A heron sits on the chimney.", "I boiled beets."],
            ["Was there a heron on the chimney?", "Boiled beets?"],
        ),
    }
    found = {}
    for name, (messages, asked) in said.items():
        file = tmp_path / f"{name}.jsonl"
        lines = (
            {
                "id": f"{name}-{n}",
                "created_at": f"2026-01-0{n + 1}T12:00:00Z",
                "messages": [{"role": "user", "content": m}],
            }
            for n, m in enumerate(messages)
        )
        file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        found[name] = crossed.User(name, read(file, None, None).conversations, tuple(asked))
    return found


def test_judged_pairs_are_labelled_and_were_really_made() -> None:
    judged = [json.loads(line) for line in pair_precision.JUDGED.read_text(encoding="utf-8").splitlines()]
    assert len(judged) >= 200
    assert {one["label"] for one in judged} == set(pair_precision.LABELS)
    assert all(("why" in one) == (one["label"] != "good") for one in judged)
    talks = {
        talk.id: _said(talk)
        for user in pair_precision.USERS
        for talk in read(SAMPLES / "dev" / user / "conversations.jsonl", None, None).conversations
    }
    for one in judged:
        for part in one["topic"].casefold().split(" and "):
            assert part in talks[one["conversation"]], one["question"]


def test_a_voice_is_heard_where_there_is_one() -> None:
    def asked(frame: str, name: str) -> list[voice.Asked]:
        return [(frame.format(noun), f"{name}-{n}") for n, noun in enumerate(("tap", "kettle", "beets", "heron") * 10)]

    mate, plain = asked("Did we yarn about the {}, mate?", "a"), asked("Have I mentioned my {}?", "b")
    assert voice.voice(mate, plain, voice.form) == 1
    assert voice.voice(plain, asked("Have I mentioned my {}?", "c"), voice.form) == 0.5


@each_user
def test_the_voice_of_a_user_tells_little(user: str) -> None:
    asked = {name: voice.read(SAMPLES / "train" / name / "questions.jsonl") for name in USERS}
    others = [one for name in USERS if name != user for one in asked[name]]
    assert voice.voice(asked[user], others, voice.form) < 0.7
