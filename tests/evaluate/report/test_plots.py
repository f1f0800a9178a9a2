"""What figures and tables say in words and numbers."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.evaluate.report import tables
from plum_edge.evaluate.report.plots import PROMPTED, Plot, plots
from tests.evaluate.report.measured import bare, figures


def named(made: dict[str, Any]) -> dict[str, Plot]:
    """Return the plots by name."""
    return {plot.name: plot for plot in plots(made)}


def test_all_five_are_there_in_order() -> None:
    made = figures()
    assert list(named(made)) == ["accuracy-over-time", "consistency", "forgetting", "calibration", "kinds"]
    assert all(plot.title and plot.told.endswith(".") and plot.note and plot.sheets for plot in plots(made))


def test_what_was_not_measured_is_not_shown() -> None:
    assert list(named(bare())) == ["forgetting", "calibration", "kinds"]
    nothing = bare() | {"by_age": [], "calibration": [], "ece": None, "by_kind": {}}
    assert plots(nothing) == []


def test_accuracy_over_time_with_and_without_a_system_prompt() -> None:
    made = figures(6) | {"over_time": [(2, 0.6), (4, None), (6, 0.75)], "over_time_ci95": [(0.5, 0.7), None, None]}
    one = named(made)["accuracy-over-time"]
    assert one.told.startswith(
        "Balanced accuracy on all held-out questions so far is 60 % after 2 conversations and 75 %"
    )
    assert [sheet.rows for sheet in one.sheets] == [(("2", "60.0 %", "50.0 – 70.0"), ("6", "75.0 %", ""))]
    both = named(made | {PROMPTED: [(2, 0.9)]})["accuracy-over-time"]
    assert [sheet.caption for sheet in both.sheets] == ["Without a system prompt", "With a system prompt"]
    assert both.sheets[1].rows == (("2", "90.0 %", ""),)
    alone = {"over_time": [], "over_time_ci95": [], "consistency": [], PROMPTED: [(2, 0.9)]}
    prompted = named(made | alone)
    assert [sheet.caption for sheet in prompted["accuracy-over-time"].sheets] == ["With a system prompt"]


def test_the_consistency_plot_counts_cells_and_dates_columns() -> None:
    rows = [[1.0, None, None], [0.7, 0.2, None], [0.74, 0.75, 0.0]]
    made = figures(3) | {"consistency": rows, "over_time": [(1, 0.5), (2, 0.5), (3, 0.5)], "over_time_ci95": None}
    made["consistency_dates"] = ["2026-03-01", None, "2026-03-03"]
    one = named(made)["consistency"]
    assert one.told.startswith("Of the 3 conversations asked about after 3, 1 are remembered, 1 partly and 1 not.")
    by_step, by_conversation = one.sheets
    assert by_step.rows == (("1", "1", "0", "0", "2"), ("2", "0", "1", "1", "1"), ("3", "1", "1", "1", "0"))
    assert by_conversation.rows == (
        ("1", "2026-03-01", "3", "1", "74 %"),
        ("2", "", "2", "1", "75 %"),
        ("3", "2026-03-03", "1", "0", "0 %"),
    )


def test_reliability_names_where_the_error_comes_from() -> None:
    low = {"low": 0.0, "high": 0.1, "n": 90, "p_yes": 0.05, "yes_share": 0.05, "ci95": (0.0, 0.1)}
    high = {"low": 0.9, "high": 1.0, "n": 10, "p_yes": 0.95, "yes_share": 0.4, "ci95": (0.2, 0.7)}
    one = named(figures(4) | {"calibration": [low, high], "ece": 0.055})["calibration"]
    assert "10 questions with a p(yes) of 95 % on average, of which 40 % are to be answered yes" in one.told
    assert "5.5 %" in one.told
    assert one.sheets[0].rows[1] == ("0.9 – 1.0", "10", "95.0 %", "40.0 %", "20.0 – 70.0")


def test_kinds_are_told_for_every_system_that_was_asked() -> None:
    made = figures(8)
    rows = named(made)["kinds"].sheets[0].rows
    assert {row[1] for row in rows} >= {"adapter", "adapter + retrieval", "base, no memory"}
    assert len(rows) == 5 * 5


def test_the_table_of_systems_tests_each_against_the_adapter() -> None:
    made = figures(20)
    flips = made["baselines"]["bm25"]["mcnemar"]
    sheet = tables.compared(made)
    rows = {row[0]: row for row in sheet.rows}
    assert sheet.headings[-3:] == ("right in the adapter only", "right here only", "p (McNemar)")
    assert rows["retrieval (BM25 top-1)"][5:7] == (str(flips["lost"]), str(flips["gained"]))
    assert rows["adapter"][5:] == ("", "", "")
    assert {len(row) for row in sheet.rows} == {len(sheet.headings)}
    made["baselines"]["bm25"]["mcnemar"] = {"lost": 0, "gained": 1234, "p": 1e-9}
    assert "< 0.001" in {row[0]: row for row in tables.compared(made).rows}["retrieval (BM25 top-1)"]
    assert len(tables.compared(made | {"baselines": {}}).headings) == 5


def test_costs_and_abilities_are_told_where_they_were_measured() -> None:
    made = figures(4)
    cost = tables.costs(made)
    assert cost is not None
    assert ("adapter", "14", "4", "0") in cost.rows
    assert ("retrieval (BM25 top-1)", "20", "12", "61,000") in cost.rows
    able = tables.abilities(made)
    assert able is not None
    assert able.rows[0][1:] == ("98.0 %", "95.5 %", "−2.5 points")
    assert able.rows[-1][1:] == ("2.500", "2.550", "+2.0 %")
    assert (tables.costs(bare()), tables.abilities(bare())) == (None, None)


def test_replay_is_never_passed_off_as_the_method_of_the_paper() -> None:
    assert "not the method of the paper" in tables.recipe(figures(2))
    assert "not the method of the paper" in tables.recipe(figures(2) | {"recipe": "distill"})
    assert "the method of the paper" in tables.recipe(figures(2) | {"recipe": "plum"})
    assert "not" not in tables.recipe(figures(2) | {"recipe": "plum"}).split(",")[0]
    assert tables.recipe(bare()) == ""


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 12), st.integers(0, 99), st.floats(0.01, 0.99))
def test_every_table_is_whole_whatever_was_answered(conversations: int, seed: int, skill: float) -> None:
    made = figures(conversations, seed, skill)
    sheets = [sheet for plot in plots(made) for sheet in plot.sheets] + [tables.compared(made)]
    for sheet in sheets:
        assert {len(row) for row in sheet.rows} == {len(sheet.headings)}
        assert not [cell for row in sheet.rows for cell in row if "None" in cell or "nan" in cell]
