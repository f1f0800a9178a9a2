"""What is drawn in the terminal, as text."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from plum_edge.evaluate import report
from plum_edge.evaluate.questions import STYLES
from plum_edge.records import draw


def shown(renderable: Any, width: int = 80, colour: bool = False) -> str:
    """Return what rich writes."""
    out = io.StringIO()
    system = "truecolor" if colour else None
    Console(file=out, width=width, color_system=system, force_terminal=colour, legacy_windows=False).print(renderable)
    return out.getvalue()


def figures(yes: float, no: float) -> dict[str, Any]:
    """Return a system's figures."""
    return {
        "questions": 204,
        "positives": yes,
        "negatives": no,
        "accuracy": (yes + no) / 2,
        "accuracy_ci95": (0.463, 0.541),
        "by_kind": {},
    }


def test_the_table_of_systems() -> None:
    table = report.systems({"adapter": figures(0.91, 0.93), "mine": figures(0.5, 0.5), "base": figures(0.01, 0.99)})
    assert [line.rstrip() for line in shown(table).splitlines()] == [
        "held-out questions, 204   yes asked   no asked   balanced      95 %",
        "  base, no memory               1 %       99 %       50 %   46 – 54",
        "  adapter                      91 %       93 %       92 %   46 – 54",
        "  mine                         50 %       50 %       50 %   46 – 54",
    ]


def test_the_table_in_ascii_and_without_figures() -> None:
    nothing = figures(1, 1) | {"negatives": None, "accuracy": None, "accuracy_ci95": None}
    text = shown(report.systems({"bm25": figures(0.8, 0.8), "base": nothing}, encoding="ascii"))
    assert text.isascii()
    assert "46 - 54" in text
    assert "None" not in text
    assert "held-out questions" in shown(report.systems({}))


def test_the_line_by_kind() -> None:
    by_kind = {
        style: {"n": 10, "accuracy": share} for style, share in zip(STYLES, (0.95, 0.9, 0.71, 0.89, 0.98), strict=True)
    }
    line = report.kinds({"by_kind": by_kind})
    assert line == "  … by kind: verbatim 95 · paraphrased 90 · indirect 71; negatives near 89, far 98"
    assert report.kinds({"by_kind": by_kind}, encoding="latin-1").isascii()
    by_kind["indirect"] = by_kind["near"] = {"n": 0, "accuracy": None}
    assert report.kinds({"by_kind": by_kind}) == "  … by kind: verbatim 95 · paraphrased 90; negatives far 98"
    assert report.kinds({"by_kind": {}}) == ""


def test_accuracy_over_time() -> None:
    points = [(1, 0.5), (2, None), (3, 0.75), (4, 1.0)]
    assert report.over_time(points) == "after 1: 50 %  ▁▅█  after 4: 100 %"
    assert report.over_time(points, encoding=None) == "after 1: 50 %  _=#  after 4: 100 %"
    assert report.over_time([(1, 0.3), (2, 0.2)]) == "after 1: 30 %  ▁▁  after 2: 20 %"
    assert report.over_time([(7, 0.8)]) == "after 7: 80 %"
    assert report.over_time([(7, None)]) == ""
    assert len(report.over_time([(n, 0.8) for n in range(1, 1000)], width=60)) <= 60


def test_the_forgetting_curve_in_a_line() -> None:
    groups = [{"accuracy": share} for share in (1.0, 0.75, None, 0.4)]
    assert report.ages(groups) == "  … by age, oldest first: 100 · 75 · 40  █▅▁"
    assert report.ages(groups, encoding="ascii") == "  ... by age, oldest first: 100, 75, 40  #=_"
    assert report.ages(groups[:1]) == ""


def test_the_reliability_of_p_yes() -> None:
    low = {"low": 0.0, "high": 0.1, "n": 1200, "p_yes": 0.031, "yes_share": 0.125, "ci95": (0.107, 0.145)}
    figures = {"calibration": [low, low | {"low": 0.9, "high": 1.0, "yes_share": 1.0}], "ece": 0.094}
    assert [line.rstrip() for line in shown(report.reliability(figures)).splitlines()] == [
        "p(yes), calibration error 9 %   questions   mean   yes in fact      95 %",
        "  0.0 – 0.1                         1,200    3 %          12 %   11 – 14",
        "  0.9 – 1.0                         1,200    3 %         100 %   11 – 14",
    ]
    assert shown(report.reliability(figures, encoding="ascii")).isascii()
    assert report.reliability({"calibration": [], "ece": None}) is None
    assert report.reliability({}) is None


ROWS = [[1.0, None, None], [0.5, 0.2, None], [0.0, 1.0, 1.0]]


def test_the_consistency_plot() -> None:
    assert shown(report.consistency([1, 2, 10], ROWS)).splitlines() == [
        "consistency (rows: after conversation n; columns: conversation asked about)",
        "   1 █",
        "   2 █▒",
        "  10 ▒██",
        "  █ right  ▒ wrong  blank: not seen yet",
    ]


ABILITY = {
    "base": {"reading": 0.975, "honest_no": 1.0, "chat_sound": 0.766},
    "adapter": {"reading": 0.904, "honest_no": None, "chat_sound": 0.5},
    "change": {"dialogue_loss": 0.542},
}


def test_what_is_left_of_the_base_is_one_line() -> None:
    line = report.general(ABILITY)
    assert line == (
        '  the base → with the adapter: reading 98 → 90 % · honest "no" 100 % · sound small talk 77 → 50 %'
        " · loss on plain talk +54 %"
    )
    assert report.general(ABILITY, encoding="ascii").isascii()
    assert report.general({**ABILITY, "adapter": None, "change": None}).startswith("  the base: reading 98 % · ")
    assert report.general({"text_loss": 2.0}) == ""


def test_the_consistency_plot_in_ascii() -> None:
    text = shown(report.consistency([1, 2, 10], ROWS, encoding="ascii"))
    assert text.isascii()
    assert text.splitlines()[1:4] == ["   1 #", "   2 #-", "  10 -##"]


def test_a_gap_in_a_row_stays_a_gap() -> None:
    assert shown(report.consistency([1], [[1.0, None, 0.0]])).splitlines()[1] == "  1 █ ▒"


def test_the_consistency_plot_has_the_colours_of_the_paper() -> None:
    plot = report.consistency([1], [[1.0, 0.0]])
    assert {(plot.plain[span.start], span.style) for span in plot.spans} == {("█", "blue"), ("▒", "dark_orange")}
    assert "\x1b[" in shown(plot, colour=True)


def test_a_wide_plot_is_folded_and_a_long_one_thinned() -> None:
    count = 100
    steps = list(range(1, count + 1))
    rows = [[1.0 if column <= row else None for column in range(count)] for row in range(count)]
    lines = shown(report.consistency(steps, rows, width=40, height=10), width=40).splitlines()
    plotted = [line for line in lines if line.startswith("  ") and "█ right" not in line and "█" in line]
    assert [int(line.split()[0]) for line in plotted] == list(range(10, 101, 10))
    assert max(map(len, plotted)) <= 40
    assert plotted[-1].count("█") == 34
    assert "up to 3 conversations" in " ".join(" ".join(lines).split())


def test_an_empty_plot_says_so() -> None:
    assert "nothing measured yet" in shown(report.consistency([], []))


@settings(deadline=None, max_examples=50)
@given(st.integers(0), st.integers(1, 60), st.integers(1, 60), st.integers(12, 100), st.integers(1, 30))
def test_the_plot_always_fits(seed: int, steps: int, columns: int, width: int, height: int) -> None:
    cells = (None, 0.0, 0.4, 0.5, 1.0)
    rows = [[cells[draw(seed, row, column) % 5] for column in range(columns)] for row in range(steps)]
    plot = report.consistency(list(range(1, len(rows) + 1)), rows, width=width, height=height)
    body = plot.plain.splitlines()[1:-1]
    assert 1 <= len(body) <= height
    assert all(len(line) <= width for line in body)
    assert body[-1].startswith(f"  {len(rows)}")


@pytest.mark.parametrize(
    ("encoding", "speaks"),
    [
        ("utf-8", True),
        ("UTF8", True),
        ("utf-16", True),
        ("ascii", False),
        ("cp437", False),
        (None, False),
        ("x?", False),
    ],
)
def test_only_unicode_terminals_get_blocks(encoding: str | None, speaks: bool) -> None:
    assert report.speaks_unicode(encoding) is speaks
