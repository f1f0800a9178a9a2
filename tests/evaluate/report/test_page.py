"""The page as text: nothing from outside, nothing unescaped, names for everything."""

from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from plum_edge.evaluate.report import drawings
from plum_edge.evaluate.report.page import page
from plum_edge.evaluate.report.plots import plots
from tests.evaluate.report.measured import bare, figures

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'plum-edge[report]'")

TODAY = dt.date(2026, 11, 20)
VOID = {"meta", "link", "br", "img", "input"}


def made(numbers: dict[str, Any]) -> str:
    """Return the page of these figures."""
    shown = plots(numbers)
    return page(numbers, shown, {plot.name: drawings.draw(plot, numbers)[0] for plot in shown}, TODAY)


@pytest.fixture(scope="module")
def whole() -> str:
    return made(figures(8))


class Elements(HTMLParser):
    """Every start tag with its attributes; and that every one that was opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element of that name."""
        return [attributes for name, attributes in self.found if name == tag]


def test_it_is_whole_and_says_what_it_is(whole: str) -> None:
    elements = Elements(whole)
    assert elements.open == []
    assert whole.startswith("<!doctype html>")
    assert elements.of("html") == [{"lang": "en"}]
    assert "<title>What adapter 0007 remembers</title>" in whole
    assert "Made by plum-edge" in whole
    assert "20 November 2026" in whole


def test_nothing_comes_from_outside(whole: str) -> None:
    elements = Elements(whole)
    policy = next(one["content"] for one in elements.of("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in str(policy)
    assert "script" not in {tag for tag, _ in elements.found}
    links = [str(value) for _, all_of in elements.found for key, value in all_of.items() if key in ("src", "href")]
    assert [link for link in links if not link.startswith(("#", "data:"))] == ["https://arxiv.org/abs/2411.13405"]
    assert not re.findall(r"@import|url\((?!#)", whole)
    assert not [key for _, all_of in elements.found for key in all_of if key.startswith("on")]


def test_ids_are_unique_and_every_reference_leads_somewhere(whole: str) -> None:
    elements = Elements(whole)
    ids = [all_of["id"] for _, all_of in elements.found if "id" in all_of]
    assert len(ids) == len(set(ids))
    keys = ("aria-labelledby", "aria-describedby")
    wanted = {str(all_of[key]) for _, all_of in elements.found for key in keys if key in all_of}
    wanted |= {str(link["href"])[1:] for link in elements.of("a") if str(link["href"]).startswith("#")}
    assert wanted <= set(ids)


def test_every_figure_has_a_name_a_caption_and_a_table(whole: str) -> None:
    elements = Elements(whole)
    assert len(elements.of("figure")) == len(elements.of("figcaption")) == len(elements.of("details")) == 5
    assert [one["role"] for one in elements.of("svg")] == ["img"] * 5
    tables = len(elements.of("table"))
    assert tables == len(elements.of("caption")) == 9
    regions = [one for one in elements.of("div") if one.get("role") == "region"]
    assert [one["tabindex"] for one in regions] == ["0"] * tables
    assert {one.get("scope") for one in elements.of("th")} == {"col", "row"}


def test_what_is_not_ours_is_escaped() -> None:
    numbers = figures(2) | {"adapter": "<script>alert(1)</script>", "recipe": "\"'><b>"}
    numbers["baselines"] = {"<i>mine</i>": numbers["baselines"]["bm25"]}
    text = made(numbers)
    assert "&lt;script&gt;" in text
    assert {"script", "b", "i"}.isdisjoint({tag for tag, _ in Elements(text).found})


def test_what_was_not_measured_is_said() -> None:
    text = made(bare())
    assert Elements(text).open == []
    assert "What the base knows without memory" in text
    assert "were not measured while these conversations were learned" in text
    assert "not measured while" not in made(figures(2))
    assert "method of the paper" not in text
    assert len(Elements(text).of("figure")) == 3
