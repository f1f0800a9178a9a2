"""Every error has a sentence, a remedy and the exit code that the contract gives it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from plum_edge import errors
from plum_edge.errors import PlumError

CONTRACT = {
    "PlumError": 2,
    "UsageError": 2,
    "StoreError": 10,
    "LockHeld": 11,
    "Unavailable": 20,
    "GateRefused": 21,
    "IntegrityError": 22,
    "Interrupted": 130,
}
"""Exit codes by the class that a user's program may rely on: its subclasses have the same."""

SAMPLES: list[PlumError] = [
    errors.PlumError("It broke."),
    errors.UsageError("What?", "Say it again."),
    errors.BadConfig(Path("config.toml"), "unknown key 'rnak'"),
    errors.BadInput("log.jsonl line 3, column 8", "not valid JSON"),
    errors.CutShort("log.json line 1, column 9", "the file ends in the middle of a string", 311),
    errors.UnknownId("conversation", "9f2c", "See: plum-edge logs list"),
    errors.StoreError("log.db cannot be written."),
    errors.StoreMissing(Path("home")),
    errors.StoreDamaged(Path("log.db"), "cut short"),
    errors.StoreTooNew(Path("log.db"), "m999_later"),
    errors.NoSpace(Path("log.db"), {"checkpoints": 3_000_000}, 1_000_000),
    errors.LockHeld("process 4121, since 03:00"),
    errors.Unavailable("Nothing works.", {"mlx": "not installed"}),
    errors.NoModel("Llama", "the file is missing"),
    errors.NoBackend({"mlx": "not installed", "torch": "no CUDA"}),
    errors.NoMemory("Llama", "f32", 3_100_000_000, 2_200_000_000, "one of about 0.7 B parameters would fit"),
    errors.GateRefused(["it forgets too much"], "0007"),
    errors.IntegrityError("The bytes differ."),
    errors.ForeignAdapter(Path("adapter.gguf"), "it is for another base"),
    errors.ConversionMismatch("logits differ by 0.3"),
    errors.Interrupted(),
]

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, PlumError)]


def test_every_class_is_sampled() -> None:
    assert {type(sample) for sample in SAMPLES} == set(CLASSES)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_exit_codes_are_the_contracts(cls: type[PlumError]) -> None:
    promised = next(CONTRACT[base.__name__] for base in cls.__mro__ if base.__name__ in CONTRACT)
    assert cls.exit_code == promised


def test_the_tree_in_the_header_is_the_truth() -> None:
    drawn = dict(re.findall(r"^[ │├└─]*(\w+) +(\d+)(?= |$)", errors.__doc__ or "", re.MULTILINE))
    assert {name: int(code) for name, code in drawn.items()} == {cls.__name__: cls.exit_code for cls in CLASSES}
    depth = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^([ │├└─]*)(\w+) +\d+", line)
        if match:
            depth[match[2]] = (len(match[1]) - 4) // 4
    assert {name: depth[name] for name in drawn} == {cls.__name__: len(cls.__mro__) - 4 for cls in CLASSES}


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_is_a_sentence(error: PlumError) -> None:
    said = str(error)
    assert said == f"{error.what} {error.remedy}".strip()
    assert error.what.endswith((".", "?"))
    assert ".." not in said
    assert "  " not in said


def test_reasons_are_in_the_sentence() -> None:
    said = str(errors.NoBackend({"mlx": "not installed", "torch": "no CUDA"}))
    assert "mlx: not installed; torch: no CUDA." in said
    assert errors.GateRefused(["a", "b"], None).reasons == ["a", "b"]
    said = str(errors.NoSpace(Path("home"), {"the base as GGUF": 7_000_000_000, "adapters": 3_000_000}, 2_000_000))
    assert "7,003 MB are needed (7,000 MB the base as GGUF, 3 MB adapters), 2 MB are free." in said


def test_the_page_of_commands_has_every_exit_code_and_no_other() -> None:
    page = (Path(__file__).parents[1] / "docs" / "commands.md").read_text(encoding="utf-8")
    listed = page.split("<!-- codes -->")[1]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", listed, re.M)} == {0, *(c.exit_code for c in CLASSES)}
