"""What an evaluation looks like in a terminal: the table of systems, accuracy over time, the consistency plot.

Takes the JSON of `evaluate` and returns what rich prints; the command line does the printing. Colour helps and is never
needed; where the terminal does not speak UTF-8 everything is plain ASCII. Knows nothing of where figures come from.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plum_edge.evaluate.report.words import NAMES, Share, interval, ordered, percent

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

RIGHT, WRONG = "blue", "dark_orange"
"""Colours of the paper's figure 3."""


def speaks_unicode(encoding: str | None) -> bool:
    """Return whether a stream of this encoding gets block characters and dashes. None is taken for ASCII."""
    try:
        return codecs.lookup(encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False


def systems(figures: Mapping[str, Mapping[str, Any]], *, encoding: str | None = "utf-8") -> Table:
    """Return the demo's table: a row a system, with the rates on yes and no, the balanced one and its 95 % interval.

    ``figures`` are `evaluate.summarise`'s by system. Known names come first and in the order of `NAMES`.
    """
    from rich.table import Table

    counts = {f"{one['questions']:,}" for one in figures.values()}
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="")
    table.add_column(f"held-out questions, {' / '.join(sorted(counts))}" if counts else "held-out questions")
    for title in ("yes asked", "no asked", "balanced", "95 %"):
        table.add_column(title, justify="right", no_wrap=True)
    for name in ordered(figures):
        one = figures[name]
        rates = [percent(one[key]) for key in ("positives", "negatives", "accuracy")]
        table.add_row(f"  {NAMES.get(name, name)}", *rates, interval(one["accuracy_ci95"], _dash(encoding)))
    return table


def kinds(figures: Mapping[str, Any], *, encoding: str | None = "utf-8") -> str:
    """Return one system's line by kind of question; kinds that were not asked are left out, and so is an empty line."""
    unicode = speaks_unicode(encoding)
    by_kind = figures["by_kind"]

    def part(*names: str) -> list[str]:
        return [f"{name} {100 * by_kind[name]['accuracy']:.0f}" for name in names if by_kind.get(name, {}).get("n")]

    positives = (" · " if unicode else ", ").join(part("verbatim", "paraphrased", "indirect"))
    negatives = part("near", "far")
    told = "; ".join(filter(None, (positives, f"negatives {', '.join(negatives)}" if negatives else "")))
    return f"  {'…' if unicode else '...'} by kind: {told}" if told else ""


ABILITIES = {"reading": "reading", "honest_no": 'honest "no"', "chat_sound": "sound small talk"}
"""What a base can do besides remembering, as it is called in one line."""


def general(figures: Mapping[str, Any], *, encoding: str | None = "utf-8") -> str:
    """Return in one line what the base can do besides remembering, and with the adapter; empty where nothing is known.

    ``figures`` is ``general`` of `evaluate`.
    """
    base, adapted = figures.get("base") or {}, figures.get("adapter") or {}
    arrow, between = (" → ", " · ") if speaks_unicode(encoding) else (" -> ", ", ")
    parts = []
    for key, told in ABILITIES.items():
        shares = [one[key] for one in (base, adapted) if one.get(key) is not None]
        if shares:
            parts.append(f"{told} {arrow.join(f'{100 * share:.0f}' for share in shares)} %")
    loss = (figures.get("change") or {}).get("dialogue_loss")
    if loss is not None:
        parts.append(f"loss on plain talk {100 * loss:+.0f} %")
    moved = figures.get("divergence")
    if moved is not None and not parts:
        return f"  everyday talk is moved by {moved:.2f} nats a token (KL to the base)"
    whose = f"the base{arrow}with the adapter" if adapted else "the base"
    return f"  {whose}: {between.join(parts)}" if parts else ""


def over_time(points: Sequence[tuple[int, Share]], *, width: int = 80, encoding: str | None = "utf-8") -> str:
    """Return accuracy over time as one line: a bar a point, 50 % (chance) to 100 %, between the first and the last.

    Where there are more points than fit, neighbours are averaged. Empty where nothing was measured.
    """
    measured = [(step, accuracy) for step, accuracy in points if accuracy is not None]
    if not measured:
        return ""
    (first, start), (last, end) = measured[0], measured[-1]
    words = f"after {first}: {percent(start)}  ", f"  after {last}: {percent(end)}"
    room = max(1, width - len("".join(words)))
    bars = (_mean(accuracy for _, accuracy in measured[part]) for part in _groups(len(measured), room))
    drawn = _bars(bars, encoding)
    return f"{words[0]}{drawn}{words[1]}" if len(measured) > 1 else words[1].strip()


def ages(groups: Sequence[Mapping[str, Any]], *, encoding: str | None = "utf-8") -> str:
    """Return the forgetting curve as one line: balanced accuracy by age of the conversation, the oldest first.

    ``groups`` are `evaluate.summarise`'s ``by_age``. Empty unless at least two of them were measured.
    """
    shares = [group["accuracy"] for group in groups if group["accuracy"] is not None]
    if len(shares) < 2:
        return ""
    dots, dot = ("…", " · ") if speaks_unicode(encoding) else ("...", ", ")
    return f"  {dots} by age, oldest first: {dot.join(f'{100 * x:.0f}' for x in shares)}  {_bars(shares, encoding)}"


def reliability(figures: Mapping[str, Any], *, encoding: str | None = "utf-8") -> Table | None:
    """Return the table of p(yes) against what was true, with the expected calibration error; None if not measured.

    ``figures`` hold `calibration.reliability`'s ``calibration`` and ``ece``.
    """
    from rich.table import Table

    if figures.get("ece") is None:
        return None
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="")
    table.add_column(f"p(yes), calibration error {percent(figures['ece'])}")
    for title in ("questions", "mean", "yes in fact", "95 %"):
        table.add_column(title, justify="right", no_wrap=True)
    dash = _dash(encoding)
    for row in figures["calibration"]:
        span = f"  {row['low']:.1f} {dash} {row['high']:.1f}"
        told = (f"{row['n']:,}", percent(row["p_yes"]), percent(row["yes_share"]), interval(row["ci95"], dash))
        table.add_row(span, *told)
    return table


def consistency(
    steps: Sequence[int],
    rows: Sequence[Sequence[Share]],
    *,
    width: int = 80,
    height: int = 24,
    encoding: str | None = "utf-8",
) -> Text:
    """Return the consistency plot (the paper's figure 3): after conversation n (rows), asked about each (columns).

    ``rows[i][j]`` is the share answered right after ``steps[i]`` about conversation j, None where it was not seen yet;
    at least a half counts as right. Columns beyond ``width`` are grouped and averaged; of rows beyond ``height`` every
    k-th is shown, the last always. The line below says what the marks mean.
    """
    from rich.text import Text

    plot = Text("consistency (rows: after conversation n; columns: conversation asked about)\n")
    if not rows:
        return plot.append("  nothing measured yet")
    right, wrong = ("█", "▒") if speaks_unicode(encoding) else ("#", "-")
    label = max(len(str(step)) for step in steps)
    groups = _groups(len(rows[0]), max(1, width - label - 3))
    for part in _groups(len(rows), max(1, height)):
        at = part.stop - 1
        plot.append(f"  {steps[at]:>{label}} ")
        for group in groups:
            seen = [share for share in rows[at][group] if share is not None]
            if not seen:
                plot.append(" ")
            elif _mean(seen) >= 0.5:
                plot.append(right, style=RIGHT)
            else:
                plot.append(wrong, style=WRONG)
        plot.rstrip()
        plot.append("\n")
    size = max((group.stop - group.start for group in groups), default=1)
    folded = (
        f"; a column is up to {size} conversations, right where at least half of the answers are" if size > 1 else ""
    )
    return plot.append(f"  {right} right  {wrong} wrong  blank: not seen yet{folded}")


def _bars(shares: Iterable[float], encoding: str | None) -> str:
    """Return a bar a share, from 50 % (chance) to 100 %."""
    levels = "▁▂▃▄▅▆▇█" if speaks_unicode(encoding) else "_.:-=+*#"
    return "".join(levels[round(max(0.0, 2 * share - 1) * (len(levels) - 1))] for share in shares)


def _dash(encoding: str | None) -> str:
    return "–" if speaks_unicode(encoding) else "-"


def _groups(count: int, room: int) -> list[slice]:
    """Cut ``count`` things into at most ``room`` neighbouring groups of equal size; the last may be smaller."""
    size = max(1, -(-count // room))
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def _mean(values: Any) -> float:
    listed = list(values)
    return float(sum(listed) / len(listed))
