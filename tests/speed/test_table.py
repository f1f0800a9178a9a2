"""Tables of the speed bench: a cell for each column, and a figure beside what it should be."""

from __future__ import annotations

import json

import pytest

from benchmarks.speed.table import Table, median, number, of_kept, verdict

TABLE = Table("Start", ("command", "s"), [["--help", "0.1"], ["status", "0.4"]], ["warm"], "start.svg")


def test_markdown_and_text_have_every_cell() -> None:
    assert TABLE.markdown().splitlines() == [
        "### Start", "", "| command | s |", "| --- | --- |", "| --help | 0.1 |", "| status | 0.4 |", "",
        "![Start](start.svg)", "", "- warm",
    ]  # fmt: skip
    assert TABLE.text().splitlines() == ["Start", "", "command  s", "--help   0.1", "status   0.4", "  warm"]


def test_a_kept_table_comes_back() -> None:
    assert of_kept(json.loads(json.dumps(TABLE.kept()))).markdown() == TABLE.markdown()


def test_a_row_without_a_cell_for_each_column_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells in a table of 2 columns"):
        Table("Start", ("command", "s"), [["--help"]])


@pytest.mark.parametrize(
    ("value", "at_most", "said"),
    [
        (4.0, False, "4.0 (≥ 4.0: met)"),
        (3.9, False, "3.9 (≥ 4.0: not met)"),
        (4.0, True, "4.0 (≤ 4.0: met)"),
        (4.1, True, "4.1 (≤ 4.0: not met)"),
        (None, True, "not measured"),
    ],
)
def test_a_target_is_met_or_not(value: float | None, at_most: bool, said: str) -> None:
    assert verdict(value, 4.0, at_most=at_most) == said


def test_nothing_measured_is_a_dash() -> None:
    assert number(median([])) == "–"
