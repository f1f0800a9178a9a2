"""logs search, export, edit-title, on and off, as a person meets them; and twenty columns."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from plum_edge.cli import terminal
from tests.cli.conftest import Run, conversation


@pytest.fixture
def several(home: Path, tmp_path: Path, run: Run) -> Path:
    """A home with conversations in three scripts."""
    path = tmp_path / "several.jsonl"
    lines = [
        conversation("tap", "The kitchen tap drips.", "Turn the water off.", title="Dripping tap"),
        conversation("zh", "我家的水龙头坏了 🫠", "关掉水阀。", title="水龙头", day=14),
        conversation("th", "ฉันชอบกินข้าวผัด", "อร่อย", day=16),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert run("import", path, "--home", home).code == 0
    return home


def ids(run: Run, home: Path, *arguments: str) -> list[str]:
    return [one["conversation"] for one in run("logs", "search", *arguments, "--home", home, "--json").json]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["水龙"], ["zh"]), (["🫠"], ["zh"]), (["ข้าว"], ["th"]), (["kitchen", "tap"], ["tap"]), (["kit*"], ["tap"]),
        (['"tap drips"'], ["tap"]), (['"tap kitchen"'], []), (["tap", "OR", "阀"], ["tap", "zh"]), (["OR"], []),
        (["tap OR 阀 OR ข้าว", "-n", "1"], ["tap"]), (["tap OR 阀 OR ข้าว", "--since", "2026-03-13"], ["th", "zh"]),
        (["tap OR 阀", "--until", "2026-03-13"], ["tap"]), (["water OR 水", "--role", "user"], ["zh"]),
    ],
)  # fmt: skip
def test_searching(several: Path, run: Run, arguments: list[str], expected: list[str]) -> None:
    found = ids(run, several, *arguments)
    assert sorted(found) == sorted(expected) or (arguments[-1] == "1" and len(found) == 1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["tap", "zh", "th"]), (["-n", "2"], ["zh", "th"]), (["--since", "2026-03-14"], ["zh", "th"]),
        (["--until", "2026-03-14"], ["tap"]), (["--since", "2026-03-14", "-n", "1"], ["th"]),
    ],
)  # fmt: skip
def test_a_part_of_the_list(several: Path, run: Run, arguments: list[str], expected: list[str]) -> None:
    assert [one["id"] for one in run("logs", "list", *arguments, "--home", several, "--json").json] == expected


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["submarine"], "Nothing in the log has these words.\n"),
        (["tap", "loaf"], "1 conversation has some of them: plum-edge logs search 'tap OR loaf'\n"),
        (
            ["tap", "--since", "2026-03-14"],
            "Nothing there. 1 conversation has it at another time, or said by another.\n",
        ),
        (["?!"], "There is nothing in it to look for: a word, a character or an emoji is needed.\n"),
    ],
)
def test_nothing_is_said_only_where_it_is_true(several: Path, run: Run, arguments: list[str], told: str) -> None:
    assert run("logs", "search", *arguments, "--home", several).out.endswith(told)


@pytest.mark.parametrize("query", ["水", "tap OR 阀", "กิน", "kit*", "submarine", "Dripping"])
def test_forget_takes_what_search_shows(several: Path, run: Run, query: str) -> None:
    plan = run("forget", "--search", query, "--dry-run", "--home", several, "--json").json
    assert sorted(one["id"] for one in plan["conversations"]) == sorted(ids(run, several, query))


def test_whoever_looks_for_delete_is_told_of_forget(several: Path, run: Run) -> None:
    for name in ("delete", "rm", "remove"):
        found = run("logs", name, "tap", "--home", several)
        assert (found.code, "plum-edge forget tap" in found.err) == (2, True)
    assert ids(run, several, "kitchen") == ["tap"]
    assert "delete" not in run("logs", "--help").out


def test_a_title_is_edited(several: Path, run: Run) -> None:
    done = run("logs", "edit-title", "ta", "Plumbing", "at", "home", "--home", several, "--json").json
    assert done == {"id": "tap", "title": "Plumbing at home", "previous": "Dripping tap"}
    assert "Plumbing at home" in run("logs", "--home", several).out
    assert ids(run, several, "plumbing") == ["tap"]
    assert run("logs", "edit-title", "tap", " ", "--home", several).code == 2


def test_export_to_read_and_to_train_on(several: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "log.md"
    assert run("logs", "export", out, "--format", "markdown", "--home", several).out == f"{out}: 3 conversations\n"
    assert out.stat().st_mode & 0o777 == 0o600
    assert out.read_text(encoding="utf-8").startswith(
        "# Dripping tap\n\nConversation of 12 March 2026 · tap\n\n**user**\n\nThe kitchen tap drips.\n\n**assistant**\n"
    )
    lines = run("logs", "export", "-", "zh", "--format", "mlx", "--home", several).out.splitlines()
    assert [[m["role"] for m in json.loads(line)["messages"]] for line in lines] == [["user", "assistant"]]
    assert run("logs", "export", out, "--home", several).code == 2, "nothing is written over"


def test_a_chat_is_not_logged_while_logging_is_off(several: Path, run: Run) -> None:
    assert run("logs", "off", "--home", several).out.startswith("chats are not logged")
    assert run("chat", "--home", several, stdin="").code == 0
    assert (several / "logging-off").exists()
    assert run("logs", "on", "--home", several, "--json").json == {"logging": True}
    assert not (several / "logging-off").exists()


@pytest.mark.parametrize(
    "words", ["logs list", "logs show tap", "logs search kitchen", "logs search tap loaf", "status"]
)
def test_twenty_columns_are_enough(several: Path, words: str) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "20", "LINES": "40", "TERM": "xterm", "NO_COLOR": "1"}
    environment["PLUM_EDGE_HOME"] = str(several)
    call = [sys.executable, "-m", "plum_edge.cli", *words.split()]
    ran = subprocess.Popen(call, stdout=theirs, stderr=theirs, stdin=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while piece := _piece(ours):
        shown += piece
    assert ran.wait(timeout=60) == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()
    assert all(len(line.rstrip()) <= 20 for line in lines), lines
    assert "kitchen" in shown.decode() or words in ("logs list", "logs search tap loaf", "status")


def _piece(handle: int) -> bytes:
    try:
        return os.read(handle, 1 << 16)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_a_narrow_table_is_a_list(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.table(("id", "messages", "title"), [("tap", "2", "Dripping"), ("x", "3", "")], right=(1,))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)  # dim is no colour
    assert shown == "Dripping\n  tap · 2 messages\n–\n  x · 3 messages\n"
