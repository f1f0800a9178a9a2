"""One page of HTML that needs nothing else: no script, no network, right in light and dark, on paper and on a phone.

Fills page.html and page.css with what plots.py and tables.py say. Knows nothing of files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from plum_edge.evaluate.report import svg, tables
from plum_edge.evaluate.report.plots import Plot, own_name
from plum_edge.evaluate.report.words import name_of

_HERE = Path(__file__).parent


def page(figures: Mapping[str, Any], plots: Sequence[Plot], drawn: Mapping[str, bytes], made: dt.date) -> str:
    """Return the page. ``drawn`` are the figures as SVG, by name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    room = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    inlined = {plot.name: Markup(svg.inline(drawn[plot.name], plot.name, plot.title, plot.told)) for plot in plots}
    return room.get_template("page.html").render(
        title=_title(figures),
        about=_about(figures),
        style=Markup((_HERE / "page.css").read_text(encoding="utf-8").strip()),
        headlines=tables.headlines(figures),
        compared=tables.compared(figures),
        costs=tables.costs(figures),
        abilities=tables.abilities(figures),
        own=name_of(own_name(figures)),
        plots=plots,
        drawn=inlined,
        unmeasured="" if figures["over_time"] else _UNMEASURED,
        recipe=tables.recipe(figures),
        paper=tables.PAPER,
        version=version("plum-edge"),
        made=f"{made.day} {made:%B %Y}",
    )


_UNMEASURED = (
    "Accuracy over time and consistency were not measured while these conversations were learned: the demo measures "
    "them, a usual night does not, for it would take longer than learning."
)


def _title(figures: Mapping[str, Any]) -> str:
    return (
        f"What adapter {figures['adapter']} remembers" if figures["adapter"] else "What the base knows without memory"
    )


def _about(figures: Mapping[str, Any]) -> str:
    asked = figures["asked"]
    kinds = [f"{asked[key]:,} to be answered {key}" for key in ("yes", "no") if asked[key]]
    kinds += [f"{asked['open']:,} open"] if asked["open"] else []
    return (
        f"{figures['conversations']:,} conversations learned. {figures['questions']:,} questions: {', '.join(kinds)}."
    )
