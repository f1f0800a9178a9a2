"""The values between the stages: frozen, and named by their content."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge import records
from plum_edge.records import Conversation, Pair, Question, content_hash, draw, spoken_date
from tests.strategies import conversations, moments, pairs, texts


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_different_parts_have_different_hashes(one: list[str], other: list[str]) -> None:
    assert (content_hash(*one) == content_hash(*other)) == (one == other)
    assert len(content_hash(*one)) == 16


def test_hashes_and_draws_never_change() -> None:
    """Golden: ids on disk and every choice of the fold rest on these."""
    assert content_hash("a", "bc") == "3fafa1cf2f19a7c1"
    assert content_hash("ab", "c") == "601d5476e2ccfe2c"
    assert draw(0, "a/0", 1) == 3619961894127011514
    code = "from plum_edge.records import *; print(draw(0, 'a/0', 1), content_hash('a', 'bc'))"
    for seed in ("0", "1"):
        command = [sys.executable, "-c", code]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed})
        assert ran.stdout == f"{draw(0, 'a/0', 1)} {content_hash('a', 'bc')}\n"


@given(st.lists(st.integers() | texts, max_size=4))
def test_a_draw_is_64_bits(parts: list[object]) -> None:
    assert 0 <= draw(*parts) < 1 << 64
    assert draw(*parts) == draw(*parts)


def test_draws_are_spread() -> None:
    tenths = [draw("seed", i) * 10 >> 64 for i in range(5000)]
    assert all(400 < tenths.count(tenth) < 600 for tenth in range(10))


@given(moments)
def test_a_spoken_date_is_that_of_its_own_offset(moment: datetime) -> None:
    day, month, year = spoken_date(moment).split()
    assert (int(day), int(year)) == (moment.day, moment.year)
    assert month.startswith(["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"][moment.month - 1])


def test_a_spoken_date() -> None:
    late = datetime(2026, 3, 14, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert spoken_date(late) == "14 March 2026"
    assert spoken_date(late.astimezone(UTC)) == "15 March 2026"


@given(conversations)
def test_records_are_frozen_and_equal_by_value(conversation: Conversation) -> None:
    assert conversation == dataclasses.replace(conversation)
    with pytest.raises(dataclasses.FrozenInstanceError):
        conversation.title = "other"


def test_every_record_is_frozen() -> None:
    found = [cls for cls in vars(records).values() if dataclasses.is_dataclass(cls)]
    assert len(found) >= 9
    assert all(vars(cls)["__dataclass_params__"].frozen for cls in found)


@given(pairs("a/0"), texts)
def test_a_pair_is_named_by_what_it_asks(pair: Pair, other: str) -> None:
    same = dataclasses.replace(pair, topic=other, origin="edit")
    assert same.id == pair.id
    assert dataclasses.replace(pair, segment="b/0").id != pair.id
    assert dataclasses.replace(pair, answer=pair.answer + "!").id != pair.id


def test_a_question_is_closed_when_yes_or_no_answers_it() -> None:
    assert Question("Was it?", "yes", "near").closed
    assert Question("Was it?", "no", "near").closed
    assert not Question("What was it?", "yesterday", "near").closed


def test_records_need_nothing_but_the_standard_library() -> None:
    code = "import sys; sys.modules['sqlite_utils'] = None; sys.modules['numpy'] = None; import plum_edge.records"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_half_a_surrogate_pair_has_a_content_hash_of_its_own() -> None:
    assert len({content_hash(text) for text in ("\ud800", "\ud801", "?", "\ufffd")}) == 4
