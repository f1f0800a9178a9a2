"""The documentation: what the code writes is current, what is cited is there, what is to be typed can be typed."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import click
import pytest

from plum_edge.cli import VERBS, plum_edge

ROOT = Path(__file__).parents[1]
_SKIPPED = {".git", "build", "dist", "results", "node_modules"}


def files(*suffixes: str) -> list[Path]:
    """Return the files of the repository with these suffixes; without git those of the folder."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    found = [ROOT / name for name in listed.stdout.split("\0") if name] if listed.returncode == 0 else []
    found = found or [path for path in ROOT.rglob("*") if not _skipped(path)]
    return sorted(path for path in found if path.suffix in suffixes and path.is_file())


def _skipped(path: Path) -> bool:
    return any(part in _SKIPPED or part.startswith(".venv") for part in path.relative_to(ROOT).parts)


PAGES = files(".md")
USED = [ROOT / "README.md", *(path for path in PAGES if path.parent == ROOT / "docs"), ROOT / "CONTRIBUTING.md"]
"""Pages whose commands people type."""


def name(path: Path) -> str:
    """Return what a test of this file is called."""
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The script that `make docs` runs."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_the_code_writes_is_current(generate: ModuleType) -> None:
    for path, text in generate.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{name(path)} is stale: make docs"


def test_the_reference_tells_of_every_command_and_option(generate: ModuleType) -> None:
    told = generate.commands()
    for verb in plum_edge.list_commands(click.Context(plum_edge)):
        assert f"\n## plum-edge {verb}\n" in f"\n{told}"
    assert "### plum-edge logs search" in told and "--max-minutes M" in told
    assert "--home" not in told.replace("--home DIR or", ""), "said once, at the top"


def anchors(page: Path) -> set[str]:
    """Return what can be linked to within a page, as GitHub names headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[str]:
    """Yield where a page links to, but for addresses of the web."""
    text = re.sub(r"^(```.*?^```|    .*?$)", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name(page)} links to {target}"
        assert not anchor or anchor in anchors(there), f"{name(page)} links to {target}"


_CITED = re.compile(r"[\w./-]*\w\.md\b")
_MADE = {"DATE-topic.md", "NAME.md", "TABLE.md", "tap.md", "message.md"}
"""Names that stand for a file to be written."""


def test_no_text_cites_a_page_that_is_not_in_the_repository() -> None:
    """In docstrings, comments and pages; a path may begin at the root, in docs/, or anywhere above who cites it."""
    missing = []
    for path in files(".py", ".toml", ".c", ".md"):
        if path.is_relative_to(ROOT / "tests") or path.is_relative_to(ROOT / "samples"):
            continue  # they make up files
        places = (ROOT, ROOT / "docs", *path.parents)
        cited = {one.lstrip("./") for one in _CITED.findall(path.read_text(encoding="utf-8"))} - _MADE
        missing += [f"{name(path)}: {one}" for one in cited if not any((place / one).exists() for place in places)]
    assert not missing


def test_every_file_of_the_code_that_a_page_names_is_there() -> None:
    missing = []
    for page in USED:
        named = set(re.findall(r"[\w./-]*\w\.(?:py|toml)\b", page.read_text(encoding="utf-8")))
        missing += [f"{name(page)}: {one}" for one in named if not _is_there(one)]
    assert not missing


def _is_there(path: str) -> bool:
    if "NAME" in path or path == "config.toml":  # one to be written
        return True
    places = (ROOT, ROOT / "docs", ROOT / "plum_edge", *(ROOT / "plum_edge").iterdir())
    return any((place / path).exists() for place in places)


@pytest.mark.parametrize("drawn", ["picture", "daily"])
def test_a_picture_is_of_the_run_that_is_kept_and_fetches_nothing(drawn: str) -> None:
    picture = (ROOT / "docs" / f"{drawn}.svg").read_text(encoding="utf-8")
    shown = "".join(ElementTree.fromstring(picture).itertext()).replace("\N{NO-BREAK SPACE}", " ")
    commands = re.findall(r"^\$ (.+)$", (ROOT / "docs" / f"{drawn}.txt").read_text(encoding="utf-8"), re.M)
    assert len(commands) >= 3
    assert f"docs/{drawn}.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
    for command in commands:
        assert f"$ {command}" in shown
        parse(plum_edge, shlex.split(command)[1:], "plum-edge")
    assert not re.search(r"font-face|<image|href=|url\((?!#)", picture)


def test_every_page_of_docs_is_in_its_index() -> None:
    for index in (ROOT / "docs" / "README.md", ROOT / "docs" / "experiments" / "README.md"):
        linked = {target.partition("#")[0] for target in links(index)}
        pages = {path.name for path in PAGES if path.parent == index.parent} - {"README.md"}
        assert not pages - linked, f"{name(index)} does not name {pages - linked}"


def typed(page: Path) -> Iterator[str]:
    """Yield the commands of plum-edge that stand in a page to be typed, without remarks."""
    for line in page.read_text(encoding="utf-8").splitlines():
        found = re.match(r"    (?:\$ )?(plum-edge [a-z][^\[]*)$", line)
        if found:
            yield re.sub(r"\s+#.*", "", found[1])


def named(page: Path) -> Iterator[str]:
    """Yield the commands that a sentence names, which may leave out what they are given."""
    for found in re.finditer(r"`(plum-edge [a-z][^`…\[|]*)`", page.read_text(encoding="utf-8")):
        yield " ".join(found[1].split())


@pytest.mark.parametrize("command", sorted({command for page in USED for command in typed(page)}))
def test_every_command_to_be_typed_is_understood(command: str) -> None:
    """Parsed as far as its function would be called; not called."""
    parse(plum_edge, shlex.split(command)[1:], "plum-edge")


@pytest.mark.parametrize("command", sorted({command for page in USED for command in named(page)}))
def test_every_command_that_is_named_exists(command: str) -> None:
    with contextlib.suppress(click.MissingParameter):
        parse(plum_edge, shlex.split(command)[1:], "plum-edge")


def shortened(page: Path) -> set[str]:
    """Return the commands that a page names by their verb and an option alone."""
    return set(re.findall(rf"`((?:{'|'.join(VERBS)}) (?:[a-z]+ )?--[^`…|]*)`", page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("command", sorted(shortened(ROOT / "CHANGELOG.md")))
def test_every_option_that_the_changelog_names_exists(command: str) -> None:
    with contextlib.suppress(click.MissingParameter, click.BadOptionUsage):  # what they are given may be left out
        parse(plum_edge, shlex.split(command), "plum-edge")


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    for wrong in ("plum-edge dream", "plum-edge logs sing", "plum-edge status --loud", "plum-edge pairs edit"):
        with pytest.raises(click.UsageError):
            parse(plum_edge, shlex.split(wrong)[1:], "plum-edge")


def parse(command: click.Command, words: list[str], called: str) -> None:
    """Let click read the words for this command and those under it.

    Raises:
        click.UsageError: they are none of this program's.
    """
    with command.make_context(called, list(words)) as context:
        rest = [*context._protected_args, *context.args]
        if isinstance(command, click.Group) and rest:
            under, found, more = command.resolve_command(context, rest)
            assert under is not None and found is not None
            parse(found, more, under)


def test_the_readme_fits_two_screens() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 100
    assert max(map(len, lines)) <= 140
