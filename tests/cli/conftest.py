"""The command line in this process, on real homes; and a memory that has learned, on a tiny random base."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plum_edge.cli import main
from tests.tiny import ask_little, tiny_base

SETTINGS = """
[model]
base = "{base}"
[train]
rank = 2
epochs = 1
averaging = 0
threads = 1
[augment]
topics = 2
[generate]
max_tokens = 8
threads = 1
[gate]
min_new = 0.0
max_false_yes = 1.0
max_divergence = 9.0
max_loss_rise = 99.0
max_lost = 1.0
"""
"""A random model knows nothing: the gate must let it pass."""


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1, "one value on one line, and nothing else"
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command line as the shell does."""

    def call(*arguments: object, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


def conversation(ident: str, *contents: str, title: str = "", day: int = 12) -> str:
    """Return a line of our JSONL: the user and the assistant in turns."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": content} for n, content in enumerate(contents)]
    made = {"id": ident, "title": title or ident, "created_at": f"2026-03-{day:02d}T10:00:00+01:00"}
    return json.dumps({**made, "messages": messages})


TAP = conversation(
    "tap",
    "The kitchen tap drips all night. I have a 3/8-inch washer from the hardware shop, will it fit?",
    "It should. Turn the water off at the stopcock first.",
    title="Dripping kitchen tap",
)
STARTER = conversation(
    "starter",
    "My sourdough starter smells of nail varnish. I feed it once a day with rye flour.",
    "Feed it twice a day, it is hungry.",
    title="Sourdough starter",
    day=14,
)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A file of two conversations."""
    path = tmp_path / "two.jsonl"
    path.write_text(f"{TAP}\n{STARTER}\n", encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def logged(home: Path, two: Path, run: Run) -> Path:
    """A home with two conversations, and the default settings."""
    assert run("import", two, "--home", home).code == 0
    return home


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random base."""
    return ask_little(tiny_base(tmp_path_factory.mktemp("base")))


def configured(home: Path, tiny: Path) -> Path:
    """Make a home that uses the tiny base."""
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(SETTINGS.format(base=tiny), encoding="utf-8")
    (home / "config.toml").chmod(0o600)
    return home


@pytest.fixture(scope="session")
def _learned(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A home that has learned two conversations, and what `consolidate --json` said of it."""
    home = configured(tmp_path_factory.mktemp("learned") / "home", tiny)
    (home / "two.jsonl").write_text(f"{TAP}\n{STARTER}\n", encoding="utf-8")
    assert main(["import", str(home / "two.jsonl"), "--home", str(home)]) == 0
    (home / "two.jsonl").unlink()
    out, sys.stdout = sys.stdout, io.StringIO()
    try:
        assert main(["consolidate", "--home", str(home), "--json"]) == 0
        said = json.loads(sys.stdout.getvalue())
    finally:
        sys.stdout = out
    return home, said


@pytest.fixture
def learned(_learned: tuple[Path, Any], tmp_path: Path) -> Path:
    """A copy of that home. (The adapter's file is where it was made.)"""
    return Path(shutil.copytree(_learned[0], tmp_path / "learned"))


@pytest.fixture
def promoted(_learned: tuple[Path, Any]) -> Any:
    """What `consolidate --json` said."""
    return _learned[1]
