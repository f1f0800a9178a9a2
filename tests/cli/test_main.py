"""The frame of the command line: help, shared options, errors and exit codes."""

from __future__ import annotations

import errno
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import click
import filelock
import pytest

from plum_edge import __version__
from plum_edge.cli import VERBS, main
from tests.cli.conftest import Run, configured, conversation


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command under its words."""
    for verb, (module, _) in VERBS.items():
        command = importlib.import_module(module).command
        yield verb, command
        if isinstance(command, click.Group):
            yield from ((f"{verb} {name}", sub) for name, sub in command.commands.items())


def cli(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    call = [sys.executable, "-m", "plum_edge.cli", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, timeout=120, check=False, **options)


def test_help_lists_every_verb(run: Run) -> None:
    for arguments in ([], ["--help"]):
        found = run(*arguments)
        assert found.code == 0
        assert all(f"  {verb} " in found.out and line in found.out for verb, (_, line) in VERBS.items())
    assert run("--version").out == f"plum-edge {__version__}\n"


@pytest.mark.parametrize(
    ("words", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_explains_itself_and_takes_home_and_json(words: str, command: click.Command, run: Run) -> None:
    assert {"home", "json"} <= {parameter.name for parameter in command.params}
    assert command.help
    if words in VERBS:
        assert command.short_help == VERBS[words][1]
    found = run(*words.split(), "--help")
    assert found.code == 0
    assert command.help.split(".")[0].split()[0] in found.out


def test_home_and_json_may_stand_before_or_after_the_verb(logged: Path, run: Run) -> None:
    before = run("--json", "--home", logged, "logs")
    assert [one["id"] for one in before.json] == ["tap", "starter"]
    for arguments in (
        ("logs", "--json", "--home", logged),
        ("logs", "list", "--home", logged, "--json"),
        ("--home", logged, "logs", "--json", "list"),
        ("--home", "/nowhere", "logs", "--json", "list", "--home", logged),
    ):
        assert run(*arguments).json == before.json


def test_the_environment_names_the_home(logged: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUM_EDGE_HOME", str(logged))
    assert len(run("logs", "--json").json) == 2
    assert run("logs", "path").out == f"{logged / 'log.db'}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("logs", "lst"),
        ("import",),
        ("logs", "--bogus"),
        ("import", "x", "--since", "yesterday"),
        ("consolidate", "--limit", "0"),
        ("ask", "  "),
        ("--home", "", "logs"),
    ],
)
def test_usage_errors_are_a_sentence_and_exit_2(arguments: tuple[str, ...], home: Path, run: Run) -> None:
    found = run("--home", home, *arguments)
    assert found.code == 2
    assert found.out == ""
    assert found.err.startswith("error: ")
    as_json = run("--home", home, "--json", *arguments)
    assert (as_json.code, as_json.json["code"]) == (2, 2)
    assert as_json.json["error"]
    assert not home.exists()


@pytest.mark.parametrize("arguments", [("logs",), ("status",), ("adapters",), ("consolidate",)])
def test_no_store_exits_10_and_makes_none(arguments: tuple[str, ...], home: Path, run: Run) -> None:
    found = run(*arguments, "--home", home, "--json")
    assert (found.code, found.json["code"]) == (10, 10)
    assert str(home) in found.json["error"]
    assert not home.exists()


def test_a_fresh_home_says_that_nothing_has_been_learned(home: Path, run: Run) -> None:
    found = run("ask", "Did we talk about the weather?", "--home", home, "--json")
    assert found.code == 0
    assert found.json["answer"].startswith("Nothing has been learned yet; the log is empty.")
    assert (found.json["p_yes"], found.json["adapter"], found.json["evidence"]) == (0.0, None, [])


def test_the_remedy_stands_on_its_own_line(home: Path, run: Run) -> None:
    what, remedy = run("status", "--home", home).err.splitlines()
    assert what == f"error: No conversations are stored in {home}."
    assert remedy.startswith("       Begin with: plum-edge import")


def test_a_damaged_store_exits_10_untouched(logged: Path, run: Run) -> None:
    (logged / "log.db").write_bytes(b"not a database, not at all" * 100)
    found = run("status", "--home", logged)
    assert found.code == 10
    assert "damaged" in found.err
    assert (logged / "log.db").read_bytes() == b"not a database, not at all" * 100


def test_a_held_lock_exits_11(learned: Path, run: Run) -> None:
    more = learned / "more.jsonl"
    more.write_text(conversation("m", "I bought a red bicycle."), encoding="utf-8")
    assert run("import", more, "--home", learned).code == 0
    with filelock.FileLock(learned / "consolidate.lock"):
        found = run("consolidate", "--home", learned, "--json")
    assert (found.code, found.json["code"]) == (11, 11)
    assert len(run("adapters", "--json", "--home", learned).json) == 1


def test_an_unknown_base_exits_20_with_the_reason(logged: Path, run: Run) -> None:
    (logged / "config.toml").write_text('[model]\nbase = "no-such-model"\n', encoding="utf-8")
    found = run("consolidate", "--home", logged)
    assert found.code == 20
    assert "no-such-model" in found.err
    assert "plum-tiny" in found.err


def test_a_foreign_adapter_exits_22(learned: Path, run: Run) -> None:
    (active,) = run("adapters", "--json", "--home", learned).json
    other = learned / "other.gguf"
    other.write_bytes(b"GGUF but no adapter")
    import sqlite3

    with sqlite3.connect(learned / "log.db") as database:
        database.execute("UPDATE adapters SET gguf = ? WHERE id = ?", (str(other), active["id"]))
    database.close()
    found = run("ask", "Did we talk about the tap?", "--home", learned, "--json")
    assert (found.code, found.json["code"]) == (22, 22)


def test_bad_settings_exit_2_and_name_the_key(logged: Path, run: Run) -> None:
    (logged / "config.toml").write_text("[train]\nrnak = 8\n", encoding="utf-8")
    found = run("status", "--home", logged)
    assert found.code == 2
    assert "'rnak' (did you mean 'rank'?)" in found.err


def test_a_home_that_is_a_file_is_a_sentence(tmp_path: Path, two: Path) -> None:
    (tmp_path / "file").write_text("x")
    for arguments in (("import", two), ("chat",), ("logs",), ("doctor",), ("demo",)):
        found = cli(*arguments, "--home", tmp_path / "file", stdin=subprocess.DEVNULL)
        assert found.returncode in (2, 10), (arguments, found)
        assert "Traceback" not in found.stderr


def test_a_reader_that_leaves_early_is_no_error(logged: Path) -> None:
    call = f"{sys.executable} -m plum_edge.cli logs --json --home '{logged}' | true"
    ran = subprocess.run(call, shell=True, capture_output=True, text=True, check=False)
    assert ran.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_output_that_cannot_be_written_is_a_sentence(logged: Path) -> None:
    for options in ([], ["--json"]):
        with Path("/dev/full").open("w") as full:
            call = [sys.executable, "-m", "plum_edge.cli", "logs", *options, "--home", str(logged)]
            ran = subprocess.run(call, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert ran.returncode == 2
        assert ran.stderr.splitlines()[0] == "error: The output cannot be written: No space left on device."
        assert len(ran.stderr.splitlines()) == 2


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_standard_streams_are_no_crash(logged: Path, tmp_path: Path, closed: str) -> None:
    for words, code in (("logs --json", 0), ("logs show nothing", 2)):
        program = f"{sys.executable} -X dev -m plum_edge.cli {words} --home '{logged}'"
        ran = subprocess.run(f"{program} 1>'{tmp_path}/out' 2>'{tmp_path}/err' {closed}", shell=True, check=False)
        assert ran.returncode == code
        assert "Traceback" not in (tmp_path / "err").read_text()


def test_what_the_system_says_of_a_file_is_a_sentence(logged: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, code in (
        (OSError(errno.EISDIR, "Is a directory", "x"), 2),
        (OSError(errno.ENOSPC, "No space left on device", "x"), 10),
        (MemoryError(), 20),
    ):

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr("plum_edge.cli.session.Session.memory", fail)
        found = run("logs", "--home", logged)
        assert (found.code, found.err.startswith("error: ")) == (code, True)


def test_a_home_that_is_a_link_to_nothing_is_a_sentence(tmp_path: Path, two: Path, run: Run) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    for arguments in (("import", two), ("chat",), ("logs",), ("logs", "off"), ("doctor",)):
        found = run(*arguments, "--home", tmp_path / "link")
        assert (found.code, "is a link to a folder that is not there" in found.err) == (2, True), arguments
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "nothing").mkdir()
    assert run("import", two, "--home", tmp_path / "link").code == 0


def test_a_folder_that_was_open_is_closed_and_that_is_said_once(tmp_path: Path, two: Path, run: Run) -> None:
    home = tmp_path / "open"
    home.mkdir()
    home.chmod(0o755)
    found = run("import", two, "--home", home, "--json")
    assert found.err == f"note: {home} was open to others (mode 0755); it is yours alone now (0700).\n"
    assert (found.json["conversations"], home.stat().st_mode & 0o777) == (2, 0o700)
    assert run("import", two, "--home", home).err == ""


def test_a_terminal_without_utf8_gets_look_alikes(home: Path, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(conversation("c", "Zürich — “naïve”…", title="Zürich – naïve"), encoding="utf-8")
    run("import", path, "--home", home)
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shown = cli("logs", "show", "c", "--home", home, env=ascii_only)
    assert shown.returncode == 0
    assert "Z?rich - na?ve" in shown.stdout
    as_json = cli("logs", "--json", "--home", home, env=ascii_only)
    assert json.loads(as_json.stdout)[0]["title"] == "Zürich – naïve"


def test_text_of_others_does_not_reach_the_terminal_raw(home: Path, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "one.jsonl"
    evil = "clear \x1b[2J \x9b1m and \u202e back"
    path.write_text(conversation("c", evil, title=evil), encoding="utf-8")
    run("import", path, "--home", home)
    for arguments in (("logs",), ("logs", "show", "c"), ("logs", "search", "clear")):
        out = run(*arguments, "--home", home).out
        assert "clear" in out
        assert not {"\x1b", "\x9b", "\u202e"} & set(out)
    assert run("logs", "show", "c", "--home", home, "--json").json["messages"][0]["content"] == evil


def test_the_settings_of_these_tests_are_valid(tmp_path: Path, tiny: Path) -> None:
    from plum_edge import config

    assert config.load(configured(tmp_path / "h", tiny) / "config.toml").model.base == str(tiny)


@pytest.mark.parametrize("before", [None, "0", "1"])
@pytest.mark.parametrize(
    ("verb", "offline"), [("chat", True), ("consolidate", True), ("init", False), ("models", False)]
)
def test_libraries_are_told_to_ask_no_hub_but_where_something_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, before: str | None, verb: str, offline: bool
) -> None:
    seen = []
    command = click.Command(verb, callback=lambda: seen.append(os.environ.get("HF_HUB_OFFLINE")))
    monkeypatch.setitem(sys.modules, "the.verb", SimpleNamespace(command=command))  # type: ignore[arg-type]
    monkeypatch.setitem(VERBS, verb, ("the.verb", ""))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    if before is not None:
        monkeypatch.setenv("HF_HUB_OFFLINE", before)
    assert main([verb]) == 0
    assert seen == ["1" if offline else before]
    assert os.environ.get("HF_HUB_OFFLINE") == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter any folder")
@pytest.mark.parametrize("verb", ["status", "doctor"])
def test_a_home_that_cannot_be_entered(tmp_path: Path, run: Run, verb: str) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0)
    for one in (home, home / "deeper"):
        found = run(verb, "--home", one)
        assert (found.code, str(one) in found.err) == (10, True)
    home.chmod(0o700)
