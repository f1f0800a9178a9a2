"""What an unattended night leaves to read, and what a night may take: bounded, closed to others, without any text."""

from __future__ import annotations

import json
import types
from pathlib import Path
from typing import Any

import psutil
import pytest

from plum_edge.errors import GateRefused, LockHeld, NoMemory, PlumError, StoreDamaged
from plum_edge.night import budget, nightlog
from plum_edge.night.budget import Budget
from plum_edge.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def lines(home: Home) -> list[dict[str, Any]]:
    return [json.loads(line) for line in nightlog.file(home).read_text().splitlines()]


def test_a_night_is_told_in_lines_without_a_title(home: Home) -> None:
    with nightlog.watching(home) as log:
        log("augment", 0, 2, "About my blood test")
        for step in (1, 2):
            log("learn", 0, 2, json.dumps({"date": "2026-03-14", "step": step, "steps": 2, "loss": 1.0 / step}))
        log("augment", 1, 2, "{odd title}")
        log.ended({"status": "promoted", "adapter": "0007", "conversations": ["secret-id"], "pairs": 3,
                   "accuracy": {"accuracy": 0.9}, "previous": None})  # fmt: skip
    told = lines(home)
    assert [line["event"] for line in told] == ["began", "progress", "progress", "progress", "ended"]
    assert told[3]["loss"] == 0.5
    assert (told[-1]["status"], told[-1]["conversations"], told[-1]["accuracy"]) == ("promoted", 1, 0.9)
    text = nightlog.file(home).read_text()
    assert not any(word in text for word in ("blood", "odd title", "secret-id", "2026-03-14"))
    assert nightlog.last(home) == told[-1]
    assert nightlog.file(home).stat().st_mode & 0o777 == 0o600
    assert nightlog.file(home).parent.stat().st_mode & 0o777 == 0o700


def test_of_an_averaging_pass_every_hundredth_step_is_told(home: Home) -> None:
    log = nightlog.NightLog(home)
    for step in range(1, 601):
        log("average", step, 600, json.dumps({"loss": 1.0 / step}))
    told = lines(home)
    assert [line["done"] for line in told] == [1, 100, 200, 300, 400, 500, 600]
    assert told[1]["loss"] == 1 / 99


@pytest.mark.parametrize(
    ("error", "status", "why"),
    [
        (GateRefused(["it forgets"], "0001"), "refused", "it forgets"),
        (LockHeld("process 7"), "failed", "process 7"),
        (NoMemory("plum-tiny", "f32", 3 * 10**9, 10**9), "failed", "needs about 3.0 GB"),
        (StoreDamaged(Path("log.db"), "a date that reads 'my secret'"), "failed", "StoreDamaged"),
        (ValueError("my secret"), "failed", "ValueError"),
    ],
)
def test_how_it_failed_is_told_where_that_holds_no_text(home: Home, error: Exception, status: str, why: str) -> None:
    with pytest.raises(type(error)), nightlog.watching(home):
        raise error
    last = lines(home)[-1]
    assert (last["event"], last["status"]) == ("ended", status)
    assert why in last["why"]
    assert last.get("code") == (error.exit_code if isinstance(error, PlumError) else None)
    assert "my secret" not in nightlog.file(home).read_text()


def test_it_stays_small_and_survives_being_removed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightlog, "_LIMIT", 2000)
    log = nightlog.NightLog(home)
    for number in range(500):
        log("learn", number, 500, "")
        if number == 250:
            nightlog.file(home).unlink()  # forgetting does
    files = sorted(nightlog.file(home).parent.iterdir())
    assert [file.name for file in files] == ["night.jsonl", "night.jsonl.1"]
    assert all(file.stat().st_size < 2300 for file in files)


def test_where_there_is_no_home_none_is_made_and_a_full_disk_stops_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightlog.NightLog(Home(tmp_path / "none")).write("began")
    assert not (tmp_path / "none").exists()
    assert nightlog.last(Home(tmp_path / "none")) is None
    (home.root / "logs").write_text("a file where the folder should be")
    nightlog.NightLog(home).write("began")


def on_power(monkeypatch: pytest.MonkeyPatch, plugged: bool | None) -> None:
    found = types.SimpleNamespace(percent=41.4, power_plugged=plugged)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: found, raising=False)


def test_the_budget_says_why_it_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    on_power(monkeypatch, plugged=False)
    assert Budget.of().spent() == ""
    assert Budget.of(on_battery="refuse").spent() == "the machine runs on its battery (41 % left)"
    assert Budget.of(0).spent() == "the time that it was given is over"
    assert Budget.of(10).spent() == ""
    for plugged in (True, None):
        on_power(monkeypatch, plugged)
        assert Budget.of(on_battery="refuse").spent() == ""


@pytest.mark.parametrize("has", [False, None])
def test_a_machine_without_a_battery_is_never_on_it(monkeypatch: pytest.MonkeyPatch, has: bool | None) -> None:
    if has is None:
        monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    else:
        monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    assert budget.battery() is None


def test_the_peak_of_memory_is_in_bytes() -> None:
    assert psutil.Process().memory_info().rss * 0.5 < budget.peak_memory() < psutil.virtual_memory().total
