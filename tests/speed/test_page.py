"""docs/BENCHMARKS.md: written of what is kept, with what was not run; a quick run does not replace a whole one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.speed import __main__ as driver
from benchmarks.speed import page
from benchmarks.speed.table import Table

HERE = {"processor": "one that multiplies", "versions": "torch 2"}
TABLE = Table("Start", ("command", "s"), [["--help", "0.1"]], ["warm"])


def test_the_page_has_what_is_kept_and_says_what_is_not(tmp_path: Path) -> None:
    page.keep(tmp_path, "start", [TABLE], HERE, {"date": "2026-11-29 18:00 UTC", "load": 3.0})
    text = page.page(tmp_path, ["start", "billion"], quick=False)
    assert TABLE.markdown() in text
    assert "2026-11-29 18:00 UTC; other work went on (load 3.0 at the beginning)." in text
    assert "Not run yet: `python -m benchmarks.speed --only billion`" in text
    assert "- processor: one that multiplies" in text


def test_a_table_of_another_machine_says_so(tmp_path: Path) -> None:
    page.keep(tmp_path, "start", [TABLE], {"processor": "an old one"}, {"date": "2026-11-28 18:00 UTC", "load": 0.0})
    page.keep(tmp_path, "billion", [TABLE], HERE, {"date": "2026-11-29 18:00 UTC", "load": 0.0})
    text = page.page(tmp_path, ["start", "billion"], quick=False)
    assert "some tables were measured on: an old one" in text


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *options: str) -> str:
    out = tmp_path / "BENCHMARKS.md"
    given = ["bench", "--page", "--out", str(out), "--results", str(tmp_path), *options]
    monkeypatch.setattr("sys.argv", given)
    assert driver.main() == 0
    return out.read_text(encoding="utf-8")


def test_a_quick_page_is_marked_and_replaces_no_whole_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert page.QUICK in run(monkeypatch, tmp_path, "--quick")
    whole = run(monkeypatch, tmp_path)
    assert page.QUICK not in whole
    assert run(monkeypatch, tmp_path, "--quick") == whole
