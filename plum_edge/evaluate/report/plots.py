"""What each figure shows, in words and numbers: for those who cannot see it, and for those who want to count.

Takes the JSON of `evaluate`. Knows nothing of colours, of matplotlib or of HTML; drawings.py draws what is told here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plum_edge.evaluate.report.words import (
    KINDS,
    MOSTLY_FROM,
    RIGHT_FROM,
    Share,
    Sheet,
    interval,
    name_of,
    ordered,
    percent,
)

PROMPTED = "over_time_system_prompt"
"""Where `evaluate`'s JSON holds accuracy over time with a system prompt, as ``over_time``; absent if not measured."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure: ``told`` says what it shows to who cannot see it, ``note`` what who sees it should know."""

    name: str
    title: str
    told: str
    note: str
    sheets: tuple[Sheet, ...]


def plots(figures: Mapping[str, Any]) -> list[Plot]:
    """Return the figures for which something was measured, in the order of the page."""
    made = (over_time(figures), consistency(figures), ages(figures), reliability(figures), kinds(figures))
    return [plot for plot in made if plot is not None]


# The five -------------------------------------------------------------------------------------------------------------


def over_time(figures: Mapping[str, Any]) -> Plot | None:
    """Return what figure 2 of the paper shows: accuracy on all questions so far, after each step."""
    both = {
        "Without a system prompt": points(figures, "over_time"),
        "With a system prompt": points(figures, PROMPTED),
    }
    lines = {caption: line for caption, line in both.items() if line}
    if not lines:
        return None
    plain = next(iter(lines.values()))
    lowest = min(plain, key=lambda point: point[1])
    (first, start, _), (last, end, _) = plain[0], plain[-1]
    told = (
        f"Balanced accuracy on all held-out questions so far is {percent(start)} after {first} conversations and "
        f"{percent(end)} after {last}; it is lowest, {percent(lowest[1])}, after {lowest[0]}. Chance is 50 %."
    )
    sheets = tuple(
        Sheet(
            caption,
            ("conversations learned", "balanced accuracy", "95 %"),
            tuple((str(step), percent(share, 1), interval(bounds, digits=1)) for step, share, bounds in line),
        )
        for caption, line in lines.items()
    )
    note = "All closed held-out questions so far, in llama.cpp. The band is the 95 % bootstrap interval."
    return Plot("accuracy-over-time", "Accuracy over time", told, note, sheets)


def consistency(figures: Mapping[str, Any]) -> Plot | None:
    """Return what figure 3 of the paper shows: after conversation n, what is right of each earlier one."""
    rows: Sequence[Sequence[Share]] = figures["consistency"]
    if not rows or not rows[0]:
        return None
    steps = [int(step) for step, _ in figures["over_time"]]
    marks = [_marks(row) for row in rows]
    right, partly, wrong, _ = marks[-1]
    told = (
        f"Of the {right + partly + wrong} conversations asked about after {steps[-1]}, {right} are remembered, "
        f"{partly} partly and {wrong} not. A row stands for a step, a column for a conversation."
    )
    by_step = Sheet(
        "By step",
        ("after conversation", "right", "partly", "wrong", "not seen yet"),
        tuple((str(step), *map(str, mark)) for step, mark in zip(steps, marks, strict=True)),
    )
    columns = list(zip(*rows, strict=True))
    dates = figures.get("consistency_dates") or [None] * len(columns)
    by_conversation = Sheet(
        "By conversation",
        ("conversation", "date", "times asked", "times right", "right at the end"),
        tuple(
            _column(number, date, column) for number, (date, column) in enumerate(zip(dates, columns, strict=True), 1)
        ),
    )
    note = (
        "Row: after so many conversations. Column: the conversation asked about. Blue, full height: at least "
        f"{percent(RIGHT_FROM)} of its questions are answered right. Paler blue, lower: at least "
        f"{percent(MOSTLY_FROM)}, which is chance. Orange, lowest: fewer. Grey: not seen yet."
    )
    return Plot("consistency", "Consistency", told, note, (by_step, by_conversation))


def ages(figures: Mapping[str, Any]) -> Plot | None:
    """Return the forgetting curve: accuracy now by the age of the conversation."""
    groups = [group for group in figures["by_age"] if group["accuracy"] is not None]
    if not groups:
        return None
    told = (
        f"Balanced accuracy is {percent(groups[0]['accuracy'])} on the oldest conversations and "
        f"{percent(groups[-1]['accuracy'])} on the newest: "
        f"{', '.join(percent(group['accuracy']) for group in groups)} from old to new."
    )
    rows = tuple(
        (
            age_name(number, len(groups)),
            str(group["conversations"]),
            str(group["questions"]),
            percent(group["accuracy"], 1),
            interval(group.get("accuracy_ci95"), digits=1),
        )
        for number, group in enumerate(groups)
    )
    headings = ("age", "conversations", "questions", "balanced accuracy", "95 %")
    note = "Asked now, about conversations in groups of the same size, the oldest first. Whiskers: 95 %."
    return Plot("forgetting", "Forgetting by age", told, note, (Sheet("By age", headings, rows),))


def reliability(figures: Mapping[str, Any]) -> Plot | None:
    """Return how far p(yes) can be believed."""
    if figures.get("ece") is None:
        return None
    bins = figures["calibration"]
    asked = sum(row["n"] for row in bins)
    told = (
        f"The expected calibration error is {percent(figures['ece'], 1)} over {asked:,} questions. "
        f"{_worst(bins)} Who is well calibrated lies on the diagonal."
    )
    rows = tuple(
        (
            f"{row['low']:.1f} – {row['high']:.1f}",
            f"{row['n']:,}",
            percent(row["p_yes"], 1),
            percent(row["yes_share"], 1),
            interval(row["ci95"], digits=1),
        )
        for row in bins
    )
    headings = ("p(yes)", "questions", "mean p(yes)", "yes in fact", "95 %")
    note = (
        f"Of the questions answered with this p(yes), how many are to be answered yes. Expected calibration error "
        f"{percent(figures['ece'], 1)}. Dashed: as sure as right. Below: how many questions."
    )
    return Plot("calibration", "Reliability of p(yes)", told, note, (Sheet("By p(yes)", headings, rows),))


def kinds(figures: Mapping[str, Any]) -> Plot | None:
    """Return accuracy by kind of question, of each system."""
    found = systems(figures)
    asked = kinds_asked(figures)
    if not asked:
        return None
    own = figures["by_kind"]
    shares = ", ".join(f"{KINDS[kind]} {percent(own[kind]['accuracy'])}" for kind in asked)
    told = f"Right answers of {name_of(own_name(figures))} by kind: {shares}."
    rows = tuple(
        (
            KINDS[kind],
            name_of(system),
            str(one["by_kind"][kind]["n"]),
            percent(one["by_kind"][kind]["accuracy"], 1),
            interval(one["by_kind"][kind]["ci95"], digits=1),
        )
        for kind in asked
        for system, one in found.items()
        if one["by_kind"].get(kind, {}).get("n")
    )
    note = "The first kinds are to be answered yes, the last no. Whiskers: Wilson's 95 % interval."
    headings = ("kind", "system", "questions", "right", "95 %")
    return Plot("kinds", "Accuracy by kind of question", told, note, (Sheet("By kind", headings, rows),))


# What they share ------------------------------------------------------------------------------------------------------


def own_name(figures: Mapping[str, Any]) -> str:
    """Return the system that the evaluation is about: the adapter, or where there is none the base."""
    return "adapter" if figures["adapter"] else "base"


def systems(figures: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the figures of every system by name, in the order of the table."""
    found = {**figures["baselines"], own_name(figures): figures}
    return {name: found[name] for name in ordered(found)}


def points(figures: Mapping[str, Any], key: str) -> list[tuple[int, float, Sequence[float] | None]]:
    """Return (step, accuracy, interval) for each step of a series that was measured; nothing where it was not."""
    series = figures.get(key) or []
    bounds = figures.get(f"{key}_ci95") or [None] * len(series)
    return [(step, share, around) for (step, share), around in zip(series, bounds, strict=True) if share is not None]


def kinds_asked(figures: Mapping[str, Any]) -> list[str]:
    """Return the kinds of questions that were asked, in the order of `KINDS`."""
    return [kind for kind in KINDS if figures["by_kind"].get(kind, {}).get("n")]


def age_name(number: int, of: int) -> str:
    """Return what a group of conversations by age is called: ``1, oldest``, ``2``, …"""
    ends = {0: ", oldest", of - 1: ", newest"} if of > 1 else {}
    return f"{number + 1}{ends.get(number, '')}"


def _marks(row: Sequence[Share]) -> tuple[int, int, int, int]:
    """Return how many of a row or column are right, partly right, wrong and not seen."""
    seen = [share for share in row if share is not None]
    right, half = sum(share >= RIGHT_FROM for share in seen), sum(share >= MOSTLY_FROM for share in seen)
    return right, half - right, len(seen) - half, len(row) - len(seen)


def _column(number: int, date: str | None, column: Sequence[Share]) -> tuple[str, ...]:
    right, partly, wrong, _ = _marks(column)
    last = next((share for share in reversed(column) if share is not None), None)
    return str(number), date or "", str(right + partly + wrong), str(right), percent(last)


def _worst(bins: Sequence[Mapping[str, Any]]) -> str:
    """Return the sentence on the bin that adds most to the error."""
    row = max(bins, key=lambda one: one["n"] * abs(one["p_yes"] - one["yes_share"]))
    return (
        f"Most of it comes from {row['n']:,} questions with a p(yes) of {percent(row['p_yes'])} on average, of which "
        f"{percent(row['yes_share'])} are to be answered yes."
    )
