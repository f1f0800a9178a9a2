"""Nothing is asked twice of the same weights, and what is kept is what they say; over llama.cpp with a tiny base."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge.evaluate.known import Known
from plum_edge.runtime import Runtime
from tests.runtime.test_session import folder
from tests.runtime.test_side_by_side import QUESTIONS

__all__ = ["folder"]

PROMPTS = QUESTIONS[:6]
Said = tuple[list[float], list[str], list[str]]


@pytest.fixture
def runtime(folder: Path) -> Iterator[Runtime]:
    with Runtime(folder / "base.gguf", exact=True) as runtime:
        yield runtime


def ask(model: Known | Runtime) -> Said:
    model.read_ahead(PROMPTS, 8)
    answers = [model.answer(messages, max_tokens=8) for messages in PROMPTS]
    return model.p_yes_many(PROMPTS), answers, [model.opening(messages, 4)[0] for messages in PROMPTS]


def evaluated(runtime: Runtime, model: Known) -> tuple[int, Said]:
    """Return how many tokens it took to ask, and what was said."""
    before = runtime._engine.evaluated
    said = ask(model)
    return runtime._engine.evaluated - before, said


def test_each_weights_are_asked_once_and_say_what_they_say(runtime: Runtime, folder: Path) -> None:
    known = Known(runtime)
    first: dict[str | None, Said] = {}
    for name in (None, "1.gguf", "2.gguf"):
        known.use(folder / name if name else None, name)
        tokens, first[name] = evaluated(runtime, known)
        assert tokens > 0
    assert len({tuple(p_yes) for p_yes, _, _ in first.values()}) == 3
    for name in ("1.gguf", None, "2.gguf"):
        known.use(folder / name if name else None, name)
        assert evaluated(runtime, known) == (0, first[name])
    runtime.use(folder / "1.gguf", "1.gguf")
    p_yes, answers, openings = ask(runtime)
    assert p_yes == pytest.approx(first["1.gguf"][0], abs=1e-5)
    assert (answers, openings) == first["1.gguf"][1:]


def test_other_weights_under_the_same_name_are_asked(runtime: Runtime, folder: Path, tmp_path: Path) -> None:
    known, passing, said = Known(runtime), tmp_path / "passing.gguf", []
    for name in ("1.gguf", "2.gguf"):
        shutil.copy(folder / name, passing)
        known.use(passing, "passing")
        tokens, found = evaluated(runtime, known)
        assert tokens > 0
        said.append(found)
    assert said[0] != said[1]
    known.use(passing)  # under no name
    assert evaluated(runtime, known) == (0, said[1])


def test_of_weights_that_somebody_else_put_on_nothing_is_kept(runtime: Runtime, folder: Path) -> None:
    known = Known(runtime)
    runtime.use(folder / "1.gguf", "theirs")
    for _ in range(2):
        tokens, _ = evaluated(runtime, known)
        assert tokens > 0
