"""schedule, logs backup, restore and export: what they say, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge.night import nightlog
from plum_edge.paths import Home
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with a home of their own, and nothing on PATH: nothing can be installed."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_where_no_scheduler_works_each_reason_is_said(logged: Path, run: Run) -> None:
    found = run("schedule", "install", "--home", logged)
    assert found.code == 20
    assert all(reason in found.err for reason in ("launchd: ", "there is no systemctl", "there is no crontab"))
    assert run("schedule", "--home", logged).out.startswith("not scheduled\n\nNext: plum-edge schedule install")
    assert run("schedule", "status", "--home", logged, "--json").json["installed"] is False
    assert run("schedule", "remove", "--home", logged, "--json").json == {"removed": False}


def test_a_wrong_time_and_a_missing_memory(logged: Path, tmp_path: Path, run: Run) -> None:
    assert run("schedule", "install", "--at", "25:00", "--home", logged).code == 2
    assert run("schedule", "install", "--home", tmp_path / "none").code == 2
    assert not (tmp_path / "none").exists()


def test_backup_restore_and_export(logged: Path, tmp_path: Path, run: Run) -> None:
    copy, out = tmp_path / "copy.db", tmp_path / "out.jsonl"
    assert "2 conversations" in run("logs", "backup", copy, "--home", logged).out
    assert run("logs", "backup", copy, "--home", logged).code == 2
    assert run("logs", "restore", copy, "--home", logged).code == 2, "nobody can be asked"
    done = run("logs", "restore", copy, "--home", logged, "--yes", "--json").json
    assert (done["status"], done["conversations"], done["dropped"]) == ("restored", 2, [])
    assert run("logs", "export", out, "--home", logged, "--json").json["conversations"] == 2
    printed = run("logs", "export", "-", "star", "--home", logged).out
    assert [json.loads(line)["id"] for line in printed.splitlines()] == ["starter"]
    copy.write_bytes(b"no log")
    assert run("logs", "restore", copy, "--home", logged, "--yes").code == 22
    assert len(run("logs", "--home", logged, "--json").json) == 2


def test_a_night_without_time_is_postponed_and_an_unattended_one_says_so(logged: Path, run: Run) -> None:
    found = run("consolidate", "--max-minutes", "0", "--unattended", "--home", logged)
    assert (found.code, found.out) == (
        0,
        "postponed: the time that it was given is over; 2 conversations still to learn\n",
    )
    last = nightlog.last(Home(logged))
    assert last and (last["event"], last["status"], last["waiting"]) == ("ended", "postponed", 2)
    assert "postponed; the time that it was given is over" in run("status", "--home", logged).out
