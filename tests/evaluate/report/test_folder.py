"""A report on disk: whole, never over what is not ours."""

from __future__ import annotations

import datetime as dt
import json
import stat
from pathlib import Path

import pytest

from plum_edge.errors import UsageError
from plum_edge.evaluate import report
from tests.evaluate.report.measured import bare, figures

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'plum-edge[report]'")

DAY = dt.date(2026, 11, 20)


def test_a_report_is_a_page_its_figures_and_the_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    made = figures(4)
    written = report.write(made, folder, DAY)
    assert written[0] == folder / "index.html"
    assert sorted(written) == sorted(folder.iterdir())
    assert len(written) == 12
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    numbers = json.loads((folder / "report.json").read_bytes())
    assert numbers["figures"] == json.loads(json.dumps(made))


def test_a_later_report_replaces_it_and_leaves_other_files_alone(tmp_path: Path) -> None:
    report.write(figures(4), tmp_path, DAY)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".report.json.x1.tmp").write_text("what an interrupted one left")
    report.write(bare(), tmp_path, DAY)
    assert "What the base knows" in (tmp_path / "index.html").read_text()
    assert not list(tmp_path.glob("consistency.*"))
    assert (tmp_path / "kinds.png").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("my homepage")
    for marker in (None, "[]", "{", '{"made_by": "me"}'):
        if marker is not None:
            (tmp_path / "report.json").write_text(marker)
        for call in (lambda: report.check(tmp_path), lambda: report.write(figures(1), tmp_path, DAY)):
            with pytest.raises(UsageError, match="not empty and holds no report"):
                call()
    assert (tmp_path / "index.html").read_text() == "my homepage"
    with pytest.raises(UsageError, match="not a folder"):
        report.check(tmp_path / "index.html")


def test_an_empty_folder_will_do_and_so_will_one_that_was_begun(tmp_path: Path) -> None:
    report.check(tmp_path)
    (tmp_path / ".report.json.a8d_.tmp").write_text("{")
    report.check(tmp_path)
    report.check(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_before_everything_is_made(tmp_path: Path) -> None:
    report.write(figures(4), tmp_path, DAY)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyError):
        report.write({key: value for key, value in bare().items() if key != "recipe"}, tmp_path, DAY)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_its_own_files_are_known_among_others(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("my homepage")
    begun = tmp_path / ".report.json.a8d_.tmp"
    begun.write_text("{")
    assert report.within(tmp_path) == [begun]
    made = report.write(figures(1), tmp_path / "deep" / "report", DAY)
    (tmp_path / "deep" / "report" / "notes.txt").write_text("mine")
    assert {*report.within(tmp_path)} == {begun, *made}
