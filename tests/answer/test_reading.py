"""The reader that ships with SmolLM2: it finds facts, and says where a passage has nothing to say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge import bases
from plum_edge.answer.reading import Reading, reader
from plum_edge.bases import catalogue
from plum_edge.bases.shipped import READER
from plum_edge.evaluate.marking import abstains
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.retrieve import Said
from plum_edge.runtime import Runtime
from tests.smollm import smollm

NAME = "SmolLM2-135M-Instruct"
TAP = """Conversation of 13 March 2026
User: The kitchen tap has dripped since Sunday and my neighbour Ferdinand says it is the washer.
Assistant: Turn the water off under the sink first. Then open the handle and look at the washer."""
LAMP = """Conversation of 2 May 2026
User: My desk lamp flickers whenever the fridge starts, what could that be?
Assistant: A loose neutral, or a lamp that minds every dip. Try it on another socket."""


def ask(text: str) -> Message:
    return Message("user", text)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    file = smollm()
    home = Home(tmp_path_factory.mktemp("home"))
    base = bases.base(NAME, home)
    adapter = reader(base)
    assert adapter is not None and adapter.name == READER
    template = catalogue.merged(home, NAME).config.template
    with Runtime(file, context=512, threads=1, template=template) as runtime:
        yield Reading(runtime, adapter)


def test_a_fact_is_found_in_the_passage_that_has_it(reading: Reading) -> None:
    question = ask("Who told me what was wrong with the tap?")
    asked = reading.fact([LAMP, TAP], question, 0.6)
    assert asked is not None and asked.messages[0].content == TAP
    assert asked == reading.fact([LAMP, TAP], question, None)  # no vectors here: the reader is believed
    assert "Ferdinand" in reading._runtime.answer(asked.messages, max_tokens=16)


def test_a_fact_comes_with_the_words_that_hold_it_and_without_them_nothing_is_named(reading: Reading) -> None:
    question = ask("Who told me what was wrong with the tap?")
    moment = dt.datetime(2026, 3, 13, tzinfo=dt.UTC)
    tap, lamp = (text.splitlines()[1].removeprefix("User: ") for text in (TAP, LAMP))
    said = [
        Said(Conversation("talk", "", moment, (Message("user", text),)), 0, text, begins=True, ends=True, score=0.6)
        for text in (lamp, tap)
    ]
    named = reading.fact([LAMP, TAP], question, 0.6, said)
    assert named is not None and named.words is not None
    assert "Ferdinand" in named.words.partition("On 13 March")[0]
    assert named.words.endswith(f'On 13 March 2026 you said: "{tap}"')
    assert reading.fact([LAMP, TAP], question, 0.6, said[:1]) is None
    assert reading.fact([LAMP, TAP], ask("What is the name of my dentist in Lisbon?"), 0.6, said) is None


def test_what_no_passage_tells_is_not_answered(reading: Reading) -> None:
    question = ask("What is the name of my dentist in Lisbon?")
    assert reading.fact([LAMP, TAP], question, 0.9) is None
    assert reading.fact([], question, 0.9) is None
    alone = [Message("system", LAMP), question]
    assert abstains(reading._runtime.answer(alone, max_tokens=16))


def test_a_fact_is_not_named_where_the_log_is_far_from_the_question_and_less_so_where_it_is_sure(
    reading: Reading,
) -> None:
    question = ask("Who told me what was wrong with the tap?")
    assert reading.fact([TAP], question, 0.1) is None
    _, loss = reading._runtime.opening([Message("system", TAP), question], 12)
    assert 0 < loss < 0.5
    border = 0.3 + 0.4 * loss
    assert reading.fact([TAP], question, border - 0.01) is None
    assert reading.fact([TAP], question, border + 0.01) is not None


def test_the_surest_passage_counts_for_a_yes_and_without_one_nobody_knows(reading: Reading) -> None:
    dripping, sailing = ask("My kitchen tap was dripping, did I tell you?"), ask("Did I tell you that I sail?")
    found, never, nothing = reading.each([([LAMP, TAP], dripping), ([LAMP, TAP], sailing), ([], dripping)])
    assert found[1] > 0.5 > max(found[0], *never) and nothing == []
    assert reading.each([([TAP], dripping)]) == [[pytest.approx(found[1], abs=0.02)]]
    asked = reading.decided([LAMP, TAP], dripping, found, 0.9)
    assert (asked.messages[0].content, asked.p_yes, asked.decided) == (TAP, 0.9, True)
    assert reading.is_closed([TAP], dripping) and not reading.is_closed([TAP], ask("Who is my neighbour?"))


def test_no_reader_ships_for_another_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    assert reader(bases.base("plum-tiny", home)) is None
    file = tmp_path / READER
    file.write_bytes(b"no adapter")
    monkeypatch.setattr("plum_edge.answer.reading.shipped", lambda base, name: file)
    assert reader(bases.base("plum-tiny", home)) is None
