"""Schedules: what is written is what the schedulers read; installed twice it is there once; removed it is gone."""

from __future__ import annotations

import datetime as dt
import plistlib
import shlex
import shutil
import subprocess
import sys
import time
import zoneinfo
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.errors import Unavailable, UsageError
from plum_edge.night import scheduler
from plum_edge.night.scheduler import Plan, cron, launchd, systemd
from tests.night.scheduler.conftest import System, User

ANALYZE = shutil.which("systemd-analyze")
HOME = Path("/home/me/my $memory 100% \"mine\" 'yours' \\ über")
"""What a shell, a unit file and a crontab each read in their own way."""
KINDS = ("launchd", "systemd", "cron")


def plan(at: str = "03:00", on_battery: scheduler.OnBattery = "allow", home: Path = HOME) -> Plan:
    return Plan(home, scheduler.moment(at), on_battery)


@pytest.mark.parametrize("kind", KINDS)
def test_installed_twice_it_is_there_once_and_removed_it_is_gone(kind: str, user: User, system: System) -> None:
    system(kind)
    assert not scheduler.status(HOME)["installed"]
    before = sorted(path for path in user.home.parent.rglob("*") if path.is_file() and path.name != "calls")
    scheduler.install(plan())
    found = scheduler.install(plan("4:30", "refuse"))
    assert found == scheduler.status(HOME)
    assert (found["scheduler"], found["at"], found["on_battery"]) == (kind, "04:30", "refuse")
    assert (found["problem"], found["remedy"]) == ("", "")
    assert len(found["files"]) == {"launchd": 1, "systemd": 2, "cron": 0}[kind]
    assert all(Path(file).is_relative_to(user.home.parent) for file in found["files"])
    assert not scheduler.status(Path("/another/home"))["installed"]
    assert scheduler.remove(HOME)
    assert not scheduler.remove(HOME)
    assert not scheduler.status(HOME)["installed"]
    after = sorted(path for path in user.home.parent.rglob("*") if path.is_file() and path.name != "calls")
    assert after == before


@pytest.mark.parametrize("kind", KINDS)
def test_two_homes_do_not_disturb_each_other(kind: str, user: User, system: System) -> None:
    system(kind)
    scheduler.install(plan("03:00"))
    scheduler.install(plan("05:15", home=Path("/other")))
    scheduler.remove(HOME)
    assert scheduler.status(Path("/other"))["at"] == "05:15"


@pytest.mark.parametrize("kind", KINDS)
def test_another_python_or_an_edit_is_seen(kind: str, user: User, system: System) -> None:
    system(kind)
    scheduler.install(Plan(HOME, dt.time(3), python="/gone/bin/python"))
    found = scheduler.status(HOME)
    assert "another Python" in found["problem"]
    assert "schedule install" in found["remedy"]
    scheduler.install(plan())
    assert not scheduler.status(HOME)["problem"]


def test_the_first_that_works_takes_it_from_the_others(user: User, system: System) -> None:
    system("cron")
    scheduler.install(plan())
    assert user.crontab.exists()
    system("systemd")
    assert scheduler.install(plan())["scheduler"] == "systemd"
    assert not user.crontab.exists()


def test_where_nothing_works_each_reason_is_said(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    user.program("systemctl", "sys.exit('Failed to connect to bus: No medium found')")
    with pytest.raises(Unavailable) as caught:
        scheduler.install(plan())
    assert caught.value.exit_code == 20
    assert caught.value.reasons == {
        "launchd": "this is not macOS",
        "systemd": "it runs no session of yours (Failed to connect to bus: No medium found)",
        "cron": "there is no crontab",
    }
    assert "consolidate --unattended" in caught.value.remedy


def test_a_scheduler_that_refuses_is_quoted(user: User, system: System) -> None:
    system("launchd")
    user.program("launchctl", "sys.exit('Bootstrap failed: 5: Input/output error' if 'bootstrap' in sys.argv else 1)")
    with pytest.raises(Unavailable, match="launchctl would not do it: Bootstrap failed: 5: Input/output error"):
        scheduler.install(plan())
    assert "does not know of it" in scheduler.status(HOME)["problem"]


# launchd --------------------------------------------------------------------------------------------------------------


def test_the_agent_is_a_property_list_that_runs_this_python_awake_and_in_the_background(
    user: User, system: System
) -> None:
    system("launchd")
    (file,) = scheduler.install(plan("23:05"))["files"]
    agent = plistlib.loads(Path(file).read_bytes())
    assert agent["Label"] == plan().name == Path(file).stem
    assert agent["ProgramArguments"][0] == "/usr/bin/caffeinate"
    assert tuple(agent["ProgramArguments"][3:]) == plan().command
    assert agent["StartCalendarInterval"] == {"Hour": 23, "Minute": 5}
    assert (agent["ProcessType"], agent["LowPriorityIO"], agent["RunAtLoad"]) == ("Background", True, False)
    calls = user.calls("launchctl")
    assert [arguments[0] for arguments in calls] == ["bootout", "bootstrap", "print"]
    assert calls[1][2] == file
    scheduler.remove(HOME)
    assert [arguments[0] for arguments in user.calls("launchctl") if arguments[0] != "print"] == ["bootout"]


def test_an_agent_that_does_not_read_is_a_fault_and_can_be_removed(user: User, system: System) -> None:
    system("launchd")
    (file,) = scheduler.install(plan())["files"]
    Path(file).write_text("nonsense")
    assert scheduler.status(HOME)["problem"]
    assert scheduler.remove(HOME)


# systemd --------------------------------------------------------------------------------------------------------------


def test_units_say_what_a_night_needs(user: User, system: System) -> None:
    system("systemd")
    service, timer = (Path(file) for file in scheduler.install(plan(on_battery="refuse"))["files"])
    assert service.parent == user.config / "systemd" / "user"
    text = service.read_text()
    for line in ("ConditionACPower=true", "Nice=19", "IOSchedulingClass=idle", "Type=oneshot"):
        assert line in text.splitlines()
    assert {"OnCalendar=*-*-* 03:00:00", "Persistent=true"} <= set(timer.read_text().splitlines())
    called = [arguments[1] for arguments in user.calls("systemctl")]
    assert called == ["show-environment", "daemon-reload", "enable", "restart", "is-active"]
    scheduler.install(plan())
    assert "ConditionACPower" not in service.read_text()


@pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze")
@pytest.mark.parametrize("on_battery", ["allow", "refuse"])
def test_systemd_reads_the_units_as_they_are_meant(
    tmp_path: Path, on_battery: scheduler.OnBattery, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ANALYZE
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    made = systemd.units(plan("04:05", on_battery))
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / name) for name in made]
    ran = subprocess.run([ANALYZE, "verify", "--user", "--man=no", *files], capture_output=True, text=True, check=False)
    said = [line for line in ran.stderr.splitlines() if "plum-edge" in line]
    assert (ran.returncode, said) == (0, []), ran.stderr
    calendar = next(line for line in made[f"{plan().name}.timer"].splitlines() if line.startswith("OnCalendar="))
    told = subprocess.run([ANALYZE, "calendar", calendar.split("=", 1)[1]], capture_output=True, text=True, check=True)
    assert "Normalized form: *-*-* 04:05:00" in told.stdout


# cron -----------------------------------------------------------------------------------------------------------------


def test_other_lines_of_the_crontab_stay_as_they_are(user: User, system: System) -> None:
    system("cron")
    mine = "MAILTO=me\n# a note\n5 4 * * 1 backup --all  # 100\\%\n"
    user.crontab.write_text(mine)
    scheduler.install(plan())
    scheduler.install(plan("04:30"))
    assert user.crontab.read_text().startswith(mine)
    assert user.crontab.read_text().count("consolidate") == 1
    scheduler.remove(HOME)
    assert user.crontab.read_text() == mine


def test_a_crontab_that_cannot_be_read_is_not_written(user: User, system: System) -> None:
    system("cron")
    user.crontab.write_text("5 4 * * 1 backup\n")
    user.program("crontab", "sys.exit('you (me) are not allowed to use this program')")
    with pytest.raises(Unavailable, match="not allowed"):
        scheduler.install(plan())
    assert all(arguments == ["-l"] for arguments in user.calls("crontab"))


def test_what_cron_runs_is_the_command_itself(user: User, tmp_path: Path) -> None:
    r"""The line is read as cron does: cut at a bare %, ``\%`` is %, and the rest goes to a shell."""
    home = tmp_path / HOME.name
    told = Plan(home, dt.time(3), python=sys.executable)
    line = cron.Cron().text(told).splitlines()[1]
    minute, hour, *_, shell_line = line.split(" ", 5)
    assert (minute, hour) == ("0", "3")
    assert "%" not in shell_line.replace("\\%", "")
    words = shlex.split(shell_line.replace("\\%", "%"))
    assert tuple(words[3:-2]) == told.command
    assert words[-2:] == [">/dev/null", "2>&1"]


# The plan -------------------------------------------------------------------------------------------------------------


def test_the_command_is_one_that_this_python_understands() -> None:
    from plum_edge.cli.consolidate import command

    python, _, _, module, verb, *options = plan(on_battery="refuse").command
    assert (python, module, verb) == (sys.executable, "plum_edge.cli", "consolidate")
    context = command.make_context("consolidate", list(options), obj=None)
    assert (context.params["on_battery"], context.params["unattended"]) == ("refuse", True)


@given(st.times())
def test_a_time_of_day_is_read_as_it_is_written(at: dt.time) -> None:
    assert scheduler.moment(f"{at:%H:%M}") == at.replace(second=0, microsecond=0)


@pytest.mark.parametrize("text", ["", "3", "24:00", "12:60", "03:00:00", "noon", "-1:00", "٣:٠٠ "])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no time of day"):
        scheduler.moment(text)


def test_a_home_that_no_scheduler_can_hold_is_refused(user: User) -> None:
    with pytest.raises(UsageError, match="control character"):
        scheduler.install(plan(home=Path("/tmp/a\nb")))


@given(st.times(), st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2050, 1, 1)))
def test_the_next_night_is_less_than_25_hours_away_and_at_its_time(at: dt.time, now: dt.datetime) -> None:
    at = at.replace(second=0, microsecond=0)
    following = scheduler.next_run(at, now.astimezone())
    assert dt.timedelta(0) < following - now.astimezone() <= dt.timedelta(hours=25)


def test_the_next_night_after_the_clock_changed_has_the_new_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        evening = dt.datetime(2026, 10, 24, 22, 0, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
        assert scheduler.next_run(dt.time(3), evening).isoformat() == "2026-10-25T03:00:00+01:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_names_of_the_files_do_not_tell_the_home() -> None:
    assert launchd.name(HOME) == systemd.name(HOME) == plan().name
    assert "memory" not in plan().name
