"""The page in a real browser: keyboard, screen reader, light and dark, on a phone, on paper. Nothing is fetched."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge.evaluate import report
from tests.evaluate.report.browser import Browser, browser, find
from tests.evaluate.report.measured import figures

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'plum-edge[report]'")
CHROMIUM = find()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: on PATH, or named by $CHROMIUM"),
]

TAB, ENTER, RIGHT = ("Tab", 9), ("Enter", 13), ("ArrowRight", 39)
FOCUSED = """(() => { const it = document.activeElement; return [it.tagName, it.getAttribute('role') || '',
    it.getAttribute('aria-labelledby') || it.getAttribute('href') || it.textContent.trim().slice(0, 60)]; })()"""
CONTRASTS = """(() => {
    const light = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(x => x / 255)
            .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = it => {
        for (; it; it = it.parentElement) {
            const colour = getComputedStyle(it).backgroundColor;
            if (colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent') return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
        return (x + 0.05) / (y + 0.05); };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
    while (walker.nextNode()) {
        const it = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || it.closest('title, desc, style')) continue;
        const style = getComputedStyle(it), colour = it.closest('svg') ? style.fill : style.color;
        texts.push([ratio(colour, ground(it)), walker.currentNode.textContent.trim().slice(0, 40)]);
    }
    const probe = document.body.appendChild(document.createElement('i'));
    const marks = ['right', 'partly', 'wrong', 'third', 'muted', 'link'].map(name => {
        probe.style.color = `var(--${name})`;
        return [ratio(getComputedStyle(probe).color, ground(document.body)), name];
    });
    probe.remove();
    return {texts, marks, paper: light(ground(document.body))};
})()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of everything that can be measured."""
    return report.write(figures(40), tmp_path_factory.mktemp("made") / "report", dt.date(2026, 11, 20))[0]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests."""
    with browser(str(CHROMIUM), tmp_path_factory.mktemp("chromium") / "profile") as tab:
        yield tab


@pytest.fixture
def tab(running: Browser, page: Path) -> Browser:
    """The page, just opened in a window of a desk."""
    running.show()
    running.open(page)
    return running


def test_nothing_is_fetched_and_nothing_complains(tab: Browser, page: Path) -> None:
    tab.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)))")
    fetched = [told["request"]["url"] for name, told in tab.events if name == "Network.requestWillBeSent"]
    assert [url for url in fetched if not url.startswith("data:")] == [page.as_uri()]
    spoken = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
    assert [event for event in tab.events if event[0] in spoken] == []
    assert tab.run("document.compatMode") == "CSS1Compat"


def test_a_screen_reader_meets_names_and_descriptions(tab: Browser) -> None:
    tree = tab.tree()
    images = {name: told for role, name, told in tree if role == "image"}
    assert list(images) == [
        "Accuracy over time",
        "Consistency",
        "Forgetting by age",
        "Reliability of p(yes)",
        "Accuracy by kind of question",
    ]
    assert images["Accuracy over time"].startswith("Balanced accuracy on all held-out questions so far is")
    assert all(len(told) > 60 for told in images.values())
    assert [name for role, name, _ in tree if role == "figure"] == list(images)
    assert {role for role, _, _ in tree} >= {"banner", "main", "contentinfo", "navigation"}
    for role in ("table", "region", "link", "heading", "DisclosureTriangle"):
        names = [name for kind, name, _ in tree if kind == role]
        assert names
        assert all(names), f"a {role} without a name"
    assert tab.run("document.querySelectorAll('h1').length") == 1


def test_the_keyboard_reaches_everything(tab: Browser) -> None:
    tab.press(*TAB)
    assert tab.run(FOCUSED) == ["A", "", "#main"]
    assert tab.run("document.activeElement.getBoundingClientRect().left") >= 0, "the skip link shows itself"
    tab.press(*ENTER)
    assert tab.run("document.activeElement.id") == "main"
    tab.press(*TAB)
    assert tab.run(FOCUSED) == ["DIV", "region", "table-systems"]
    assert tab.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    reached = []
    for _ in range(12):
        tab.press(*TAB)
        reached.append(tab.run(FOCUSED))
        if reached[-1][0] == "SUMMARY" and reached[-1][2].startswith("Consistency"):
            break
    assert reached[0] == ["DIV", "region", "table-costs"]
    assert reached[-1] == ["SUMMARY", "", "Consistency as a table"]
    tab.press(*ENTER)
    assert tab.run("document.activeElement.parentElement.open") is True
    tab.press(*TAB)
    assert tab.run(FOCUSED) == ["DIV", "region", "table-consistency-1"]


def test_a_wide_table_is_scrolled_with_the_keyboard_on_a_phone(tab: Browser) -> None:
    tab.show(width=320, height=640)
    tab.run("document.querySelector('[aria-labelledby=table-systems]').focus()")
    for _ in range(5):
        tab.press(*RIGHT)
    scrolled = "new Promise(done => setTimeout(() => done(document.activeElement.scrollLeft), 400))"
    assert tab.run(scrolled) > 0


@pytest.mark.parametrize("width", [320, 375, 768, 1280, 2560])
def test_no_width_scrolls_sideways(tab: Browser, width: int) -> None:
    tab.show(width=width, height=700)
    tab.run("document.querySelectorAll('details').forEach(it => { it.open = true; })")
    assert tab.run("innerWidth") == width
    assert tab.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    beyond = "[...document.querySelectorAll('body *')].filter(it => !it.closest('.scroll, .skip, svg')"
    assert tab.run(f"{beyond} && it.getBoundingClientRect().right > innerWidth + 1).length") == 0
    drawn = "[...document.querySelectorAll('svg.plot')].map(it => it.getBoundingClientRect().width)"
    assert min(tab.run(drawn)) >= min(width - 40, 400), "a figure shrinks to nothing"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_can_be_read_in_light_and_in_dark(tab: Browser, dark: bool) -> None:
    tab.show(dark=dark)
    tab.run("document.querySelectorAll('details').forEach(it => { it.open = true; })")
    found = tab.run(CONTRASTS)
    assert (found["paper"] < 0.05) is dark
    assert len(found["texts"]) > 300
    assert [text for text in found["texts"] if text[0] < 4.5] == []
    assert {"chance", "conversations learned", "adapter", "Systems"} <= {text for _, text in found["texts"]}
    assert [mark for mark in found["marks"] if mark[0] < 3] == []


def test_it_prints_on_a4_with_every_figure_whole(tab: Browser) -> None:
    tab.show(dark=True)
    printed = tab.pdf()
    assert printed.startswith(b"%PDF")
    told = [bytes(alt) for alt in re.findall(rb"/Alt \(((?:\\.|[^\\)])*)\)", printed)]
    for title in (b"Accuracy over time", b"Consistency", b"Forgetting by age", b"Accuracy by kind of question"):
        assert title in told
    assert any(alt.startswith(b"Reliability of p") for alt in told)
    pages = len(re.findall(rb"/Type /Page\b", printed))
    assert 2 <= pages <= 4
    assert set(re.findall(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", printed)) == {(b"594", b"841")}

    tab.show(width=680, height=1000, dark=True, media="print")  # A4 without its margins, at 96 to the inch
    assert tab.run(CONTRASTS)["paper"] > 0.9, "paper is white, whatever the screen is"
    breaks = "[...document.querySelectorAll('figure')].map(it => getComputedStyle(it).breakInside)"
    assert set(tab.run(breaks)) == {"avoid"}
    heights = tab.run("[...document.querySelectorAll('.figures > section')].map(it => it.offsetHeight)")
    assert max(heights) < 1000, "higher than a page"
    assert tab.run("document.documentElement.scrollWidth") <= 680, "a table runs off the paper"
