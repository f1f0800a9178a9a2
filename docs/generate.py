"""What of the documentation the code writes: blocks between ``<!-- NAME -->`` and ``<!-- /NAME -->``.

    python docs/generate.py            write them
    python docs/generate.py --check    exit 1 where one is not what the code says

Knows of the commands only what click knows, and of rooms and exit codes what docstrings say.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import plum_edge
from plum_edge import errors
from plum_edge.cli import VERBS
from plum_edge.cli import plum_edge as program

FOLDER = Path(__file__).parent
_WIDTH = 100
_SHARED = re.compile(r"^  (?:--home DIR|--json|--help) +.*\n(?: {4,}(?!-).*\n)*", re.M)
"""What every command takes; it stands once, at the top of the page."""
_EMPTY = re.compile(r"^Options:\n(?=\n|\Z)", re.M)


def main() -> int:
    """Write the pages, or check them; return the exit code."""
    check = "--check" in sys.argv[1:]
    stale = {path: text for path, text in pages().items() if path.read_text(encoding="utf-8") != text}
    for path, text in stale.items():
        print(f"docs/{path.name} {'is not what the code says: make docs' if check else 'written anew'}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


def pages() -> dict[Path, str]:
    """Return each page that has such blocks, as it should be."""
    wanted = {"architecture.md": {"rooms": rooms()}, "commands.md": {"codes": codes(), "commands": commands()}}
    return {
        FOLDER / name: _filled((FOLDER / name).read_text(encoding="utf-8"), blocks) for name, blocks in wanted.items()
    }


def _filled(page: str, blocks: dict[str, str]) -> str:
    for name, text in blocks.items():
        head, foot = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = page.partition(head)
        page = f"{before}{head}\n{text.strip(chr(10))}\n\n{foot}{rest.partition(foot)[2]}"
    return page


def rooms() -> str:
    """Return the rooms with their lines, from the top down, as the package lists them."""
    return "\n".join(re.findall(r"^    \w+(?:/|\.py) .*(?:\n {10,}.*)*", plum_edge.__doc__ or "", re.M))


def codes() -> str:
    """Return a row for each exit code, in the words of the first class that has it."""
    told = {0: "done, or nothing to do"}
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"[ │├└─]*[A-Z]\w+ +(\d+) +(\S.*)", line):
            told.setdefault(int(found[1]), found[2])
    return "\n".join(["| code | |", "|---|---|", *(f"| {code} | {what} |" for code, what in sorted(told.items()))])


def commands() -> str:
    """Return the help of every command, in the order of the program's own."""
    top = click.Context(program, info_name="plum-edge", terminal_width=_WIDTH, max_content_width=_WIDTH)
    parts: list[str] = []
    for verb in VERBS:
        command = program.get_command(top, verb)
        assert command is not None
        parts += [f"## plum-edge {verb}\n", *_told(command, verb, top)]
    return "\n".join(parts)


def _told(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    """Yield the help of a command and of those under it."""
    context = click.Context(command, parent, info_name=name, terminal_width=_WIDTH, max_content_width=_WIDTH)
    text = _EMPTY.sub("", _SHARED.sub("", command.get_help(context) + "\n"))
    lines = re.sub(r"\n{3,}", "\n\n", text).strip().splitlines()
    yield "".join(f"    {line}\n" if line else "\n" for line in lines)
    if isinstance(command, click.Group):
        for under in command.list_commands(context):
            found = command.get_command(context, under)
            if found is not None and not found.hidden:
                yield f"### {context.command_path} {under}\n"
                yield from _told(found, under, context)


if __name__ == "__main__":
    sys.exit(main())
