"""A user of their own: an empty HOME, and a PATH that has only what a test puts there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_PROGRAM = """#!{python} -IS
import json, sys, pathlib
given = "" if sys.stdin.isatty() else sys.stdin.read()
with open({record!r}, "a") as file:
    file.write(json.dumps([{name!r}, sys.argv[1:], given]) + "\\n")
{body}
"""
_CRONTAB = """
table = pathlib.Path({table!r})
if sys.argv[1:] == ["-l"]:
    if not table.exists():
        sys.exit("no crontab for me")
    sys.stdout.write(table.read_text())
elif sys.argv[1:] == ["-r"]:
    table.unlink()
else:
    table.write_text(given)
"""


class User:
    """What a user has, and what was called for them."""

    def __init__(self, folder: Path) -> None:
        self.home, self.bin, self._record = folder / "user", folder / "bin", folder / "calls"
        self.config, self.crontab = folder / "config", folder / "crontab"
        self.home.mkdir()
        self.bin.mkdir()

    def program(self, name: str, body: str = "") -> None:
        """Put a program on PATH that records how it is called."""
        file = self.bin / name
        file.write_text(_PROGRAM.format(python=sys.executable, record=str(self._record), name=name, body=body))
        file.chmod(0o755)

    def cron(self) -> None:
        """Put a crontab on PATH that works."""
        self.program("crontab", _CRONTAB.format(table=str(self.crontab)))

    def calls(self, name: str) -> list[list[str]]:
        """Return the arguments of each call of a program, and forget all calls."""
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        self._record.unlink(missing_ok=True)
        return [arguments for called, arguments, _ in map(json.loads, lines) if called == name]


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    made = User(tmp_path)
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(made.config))
    monkeypatch.setenv("PATH", str(made.bin))
    return made


System = Callable[[str], None]


@pytest.fixture
def system(user: User, monkeypatch: pytest.MonkeyPatch) -> System:
    """Make the machine one of another system, with its scheduler on PATH."""

    def become(name: str) -> None:
        monkeypatch.setattr("platform.system", lambda: "Darwin" if name == "launchd" else "Linux")
        if name == "cron":
            user.cron()
        else:
            user.program({"launchd": "launchctl", "systemd": "systemctl"}[name])

    return become
