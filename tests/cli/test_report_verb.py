"""evaluate --report: a page for people, on a real home; and no word of what they said."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

WORDS = re.compile(r"\b(tap|starter|washer|stopcock|sourdough|nail|varnish|rye|drips|hungry)\b", re.IGNORECASE)
"""Of the two conversations, their titles and their ids."""


def test_a_report_holds_the_figures_and_no_word_of_a_conversation(learned: Path, tmp_path: Path, run: Run) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'plum-edge[report]'")
    folder = tmp_path / "report"
    said = run("evaluate", "--baselines", "--report", folder, "--home", learned)
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == f"report: {folder / 'index.html'} (its figures beside it, as SVG and PNG)"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "What adapter 0001 remembers" in page
    assert "adapter + retrieval" in page
    assert "were not measured while these conversations were learned" in page
    figures = json.loads((folder / "report.json").read_bytes())["figures"]
    assert figures["baselines"]["bm25"]["mcnemar"].keys() == {"lost", "gained", "p"}
    assert figures["calibration"][0].keys() == {"low", "high", "n", "p_yes", "yes_share", "ci95"}
    for path in folder.iterdir():
        if path.suffix in (".html", ".svg", ".json"):
            assert not WORDS.search(path.read_text(encoding="utf-8")), path

    again = run("evaluate", "--report", folder, "--home", learned, "--json").json
    assert again["report"] == str(folder / "index.html")
    assert "adapter + retrieval" not in (folder / "index.html").read_text(encoding="utf-8")


def test_a_folder_of_somebody_else_is_refused_before_anything_is_measured(
    learned: Path, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    said = run("evaluate", "--report", tmp_path, "--home", learned)
    assert (said.code, said.out) == (2, "")
    assert "is not empty and holds no report of plum-edge. Name a new folder" in " ".join(said.err.split())
    assert [path.name for path in tmp_path.glob("*.*")] == ["thesis.txt"]


def test_with_nothing_to_ask_there_is_no_report(logged: Path, tiny: Path, tmp_path: Path, run: Run) -> None:
    (logged / "config.toml").write_text(f'[model]\nbase = "{tiny}"\n', encoding="utf-8")
    said = run("evaluate", "--report", tmp_path / "report", "--home", logged)
    assert (said.code, said.out.split(".")[0]) == (0, "There is nothing to ask about yet")
    assert not (tmp_path / "report").exists()


def test_without_matplotlib_it_says_what_to_install(
    learned: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = run("evaluate", "--report", tmp_path / "report", "--home", learned)
    assert (said.code, said.out) == (20, "")
    assert "pip install 'plum-edge[report]'" in said.err
    assert not (tmp_path / "report").exists()
