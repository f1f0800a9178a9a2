"""What the README tells to type, typed: its commands in their order, on a tiny random base, and its program."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import STARTER, TAP, Run, configured

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCK = re.search(r"## Use it\n\n((?:    plum-edge .*\n)+)", README)
NOT_HERE = {"schedule": "it would change this system's own scheduler", "serve": "it runs until it is stopped"}
"""Commands that are parsed in tests/test_docs.py only, and why."""


def test_the_commands_of_the_readme_in_their_order(run: Run, home: Path, tiny: Path, tmp_path: Path) -> None:
    assert BLOCK is not None
    configured(home, tiny)
    export = tmp_path / "export.zip"
    export.write_text(f"{TAP}\n{STARTER}\n", encoding="utf-8")  # a format is known by its content
    typed = [shlex.split(line, comments=True)[1:] for line in BLOCK[1].splitlines()]
    assert len(typed) >= 9
    for verb, *rest in typed:
        if verb in NOT_HERE:
            continue
        given = [str(export) if word == "export.zip" else word for word in rest]
        given += {"init": ["--model", str(tiny)], "forget": ["--yes"]}.get(verb, [])
        found = run(verb, *given, "--home", home, stdin="Hello.\n" if verb == "chat" else "")
        assert found.code == 0, (verb, found.err)
        assert found.out


def test_the_program_of_the_readme(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"From Python:\n\n((?:    .*\n|\n)+)", README)
    assert program is not None
    configured(tmp_path / "my-memory", tiny)
    (tmp_path / "conversations.jsonl").write_text(f"{TAP}\n{STARTER}\n", encoding="utf-8")
    lines = "\n".join(line.removeprefix("    ") for line in program[1].splitlines())
    lines = lines.replace("~/my-memory", str(tmp_path / "my-memory"))
    exec(lines.replace('"conversations.jsonl"', f'"{tmp_path / "conversations.jsonl"}"'), {})
    assert capsys.readouterr().out.strip()
