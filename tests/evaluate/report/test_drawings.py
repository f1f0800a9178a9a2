"""The figures as files: real matplotlib, read back."""

from __future__ import annotations

import io
import re
import sys
from typing import Any
from xml.etree import ElementTree

import pytest

from plum_edge.errors import Unavailable
from plum_edge.evaluate.report import drawings, svg
from plum_edge.evaluate.report.marks import COLOURS
from plum_edge.evaluate.report.plots import PROMPTED, Plot, plots
from tests.evaluate.report.measured import bare, figures

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'plum-edge[report]'")


@pytest.fixture(scope="module")
def drawn() -> dict[str, tuple[Plot, bytes, bytes]]:
    """Every figure, with and without everything that can be measured."""
    made = figures(12)
    made[PROMPTED] = [(step, (share or 0) / 2) for step, share in made["over_time"]]
    made["by_age"][2]["accuracy"] = None
    return {plot.name: (plot, *drawings.draw(plot, made)) for plot in plots(made)}


def texts(picture: bytes) -> list[str]:
    """Return what is written in an SVG."""
    return [element.text or "" for element in ElementTree.fromstring(picture).iter() if element.tag.endswith("}text")]


def test_every_figure_is_drawn_as_svg_and_png(drawn: Any) -> None:
    assert drawn.keys() == drawings.NAMES
    for plot, picture, png in drawn.values():
        assert png.startswith(b"\x89PNG\r\n")
        assert int.from_bytes(png[16:20], "big") >= 800, "wide enough to print"
        root = ElementTree.fromstring(picture)
        assert root.find("{http://www.w3.org/2000/svg}title").text == plot.title
        assert plot.told in picture.decode()


def test_every_figure_fills_its_picture_and_nothing_is_cut(drawn: Any) -> None:
    image = pytest.importorskip("PIL.Image")
    for plot, _, png in drawn.values():
        with image.open(io.BytesIO(png)) as picture:
            inked = picture.convert("L").point(lambda light: 255 * (light < 200))
            width, height = inked.size
            left, top, right, bottom = inked.getbbox()
            lower = inked.crop((0, height // 2, width, height)).getbbox()
        assert left > 0 and top > 0 and right < width and bottom < height, f"{plot.name} touches the edge"
        assert lower[2] > 0.9 * width, f"{plot.name} is empty on the right"


def test_the_same_figures_give_the_same_bytes() -> None:
    made = figures(4)
    for plot in plots(made)[:2]:
        assert drawings.draw(plot, made) == drawings.draw(plot, made)


@pytest.mark.parametrize("learned", [2, 4, 12])
def test_conversations_are_counted_in_whole_numbers(learned: int) -> None:
    made = figures(learned)
    plot = next(plot for plot in plots(made) if plot.name == "accuracy-over-time")
    below = texts(drawings.draw(plot, made)[0])
    counts = below[: below.index("conversations learned")]
    assert counts and all(re.fullmatch(r"\d+", count) for count in counts)


def test_what_is_told_is_also_drawn(drawn: Any) -> None:
    assert {"chance", "conversations learned", "with a system prompt"} <= set(texts(drawn["accuracy-over-time"][1]))
    assert {"right", "wrong, lowest", "not seen yet"} <= set(texts(drawn["consistency"][1]))
    assert {"yes in fact", "p(yes)", "questions"} <= set(texts(drawn["calibration"][1]))
    assert {"adapter", "retrieval (BM25 top-1)", "in its own words"} <= set(texts(drawn["kinds"][1]))
    assert [text for text in texts(drawn["forgetting"][1]) if text.startswith(("oldest", "newest"))]


def boxes(picture: bytes, colour: str) -> int:
    """Return how many boxes of a colour the consistency plot has, without the one of the legend."""
    paths = [e for e in ElementTree.fromstring(picture).iter() if e.tag.endswith("}path")]
    own = [e.attrib["d"] for e in paths if COLOURS[colour] in e.attrib.get("style", "") and "clip-path" in e.attrib]
    return sum(path.count("M") for path in own)


def test_the_consistency_plot_has_a_box_for_each_run_of_cells() -> None:
    rows = [[1.0, None, None, None], [0.8, 0.6, None, None], [0.9, 0.8, 0.1, 1.0]]
    made = figures(4) | {"consistency": rows, "over_time": [(1, 0.5), (2, 0.5), (4, 0.5)], "over_time_ci95": []}
    plot = next(plot for plot in plots(made) if plot.name == "consistency")
    picture, _ = drawings.draw(plot, made)
    assert [boxes(picture, colour) for colour in ("right", "partly", "wrong")] == [4, 1, 1]


def test_little_was_measured() -> None:
    for plot in plots(bare()):
        assert drawings.draw(plot, bare())[1]
    made = figures(1)
    made |= {
        "consistency": [[1.0]],
        "over_time": [(1, 0.5)],
        "over_time_ci95": [None],
    }
    for plot in plots(made):
        assert drawings.draw(plot, made)[0]


def test_in_a_page_colours_are_the_page_s_and_ids_are_one_s_own(drawn: Any) -> None:
    pages = {name: svg.inline(picture, name, plot.title, plot.told) for name, (plot, picture, _) in drawn.items()}
    whole = "".join(pages.values())
    ids = re.findall(r' id="([^"]+)"', whole)
    assert len(ids) == len(set(ids))
    wanted = re.findall(r'href="#([^"]+)"', whole) + re.findall(r"url\(#([^)]+)\)", whole)
    assert wanted
    assert set(wanted) <= set(ids)
    for name, page in pages.items():
        assert not re.findall(r"#[0-9a-f]{6}", page), "a colour that is right in one mode only"
        assert "var(--ink)" in page
        assert "font-family" not in page
        root = ElementTree.fromstring(page)
        assert (root.attrib["role"], root.attrib["aria-labelledby"]) == ("img", f"{name}-title")
        assert [child.tag.split("}")[1] for child in root][:2] == ["title", "desc"]
        assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        Unavailable, match=r"matplotlib, which is not installed\. Install it with: pip install"
    ) as caught:
        drawings.check()
    assert caught.value.exit_code == 20
