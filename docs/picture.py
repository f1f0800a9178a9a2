"""The picture in README.md: a few commands, run for real in a memory of their own, as an SVG.

    python docs/picture.py --run       run the commands, keep what they said in docs/picture.txt, draw it
    python docs/picture.py             draw docs/picture.txt again

The run takes some minutes on the real base, since it learns. Nothing on the picture is typed but the commands; of an
answer that goes on and on the beginning is shown.
"""

from __future__ import annotations

import argparse
import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).parent
SAMPLE = FOLDER.parent / "samples" / "nora" / "conversations.jsonl"
SAID, PICTURE = FOLDER / "picture.txt", FOLDER / "picture.svg"
WIDTH = 96
LONGEST, SHOWN = 10, 3
"""Of an output of more lines than the first, so many are shown."""
STORY = (
    'plum-edge ask --no-adapter "Have we had a chat about the kitchen tap?"',
    "plum-edge import conversations.jsonl",
    "plum-edge consolidate",
    'plum-edge ask "Have we had a chat about the kitchen tap?"',
    'plum-edge ask "Did we ever get into beekeeping?"',
)
_FONTS = re.compile(r"\s*@font-face \{\{.*?\n    \}\}", re.S)
"""A picture fetches nothing: the reader's own monospaced font is used."""


def main() -> int:
    """Run the story if that is wanted, and draw it; return the exit code of a command that failed, or 0."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    options.add_argument("--run", action="store_true", help="run the commands, instead of drawing what was kept")
    options.add_argument("--base", default="SmolLM2-135M-Instruct", help="the model (%(default)s)")
    options.add_argument("--conversations", type=int, default=3, help="so many of the sample user's (%(default)s)")
    given = options.parse_args()
    if given.run and (code := told(given.base, given.conversations)):
        return code
    PICTURE.write_text(drawn(SAID.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def told(base: str, conversations: int) -> int:
    """Run the story and keep what it said; return the exit code of the command that failed, or 0."""
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        lines = SAMPLE.read_text(encoding="utf-8").splitlines()[:conversations]
        (Path(folder) / "conversations.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for command in STORY:
            code, said = run(command, Path(folder), base)
            parts.append(f"$ {command}\n{said.strip()}\n")
            print(parts[-1], flush=True)
            if code:
                return code
    SAID.write_text("\n".join(parts), encoding="utf-8")
    return 0


def run(command: str, folder: Path, base: str) -> tuple[int, str]:
    """Run a command as a person would at a terminal; return its exit code and what stood there."""
    controller, terminal = pty.openpty()
    settings = {"PLUM_EDGE_HOME": str(folder / "home"), "PLUM_EDGE_BASE": base, "COLUMNS": str(WIDTH)}
    process = subprocess.Popen(
        command.replace("plum-edge", f"{sys.executable} -m plum_edge.cli", 1), shell=True, cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", **settings}, stdout=terminal, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(terminal)
    said = b"".join(_read(controller))
    errors = process.stderr.read() if process.stderr else b""
    code = process.wait()
    os.close(controller)
    return code, (said + (errors if code else b"")).decode().replace("\r\n", "\n")


def _read(controller: int) -> Iterator[bytes]:
    """Yield what a program writes to its terminal, until it ends and its side of the terminal with it."""
    while True:
        try:
            part = os.read(controller, 4096)
        except OSError:
            return
        if not part:
            return
        yield part


def drawn(said: str) -> str:
    """Return an SVG of commands, each a line that begins with ``$``, and what came of them."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, legacy_windows=False)
    for part in re.split(r"^(?=\$ )", said.strip(), flags=re.M):
        command, _, output = part.strip().partition("\n")
        if command:
            console.print(Text.assemble(("$ ", "dim"), (command.removeprefix("$ "), "bold")))
            console.print(Text.from_ansi(_cut(output)), end="\n\n")
    form = _FONTS.sub("", CONSOLE_SVG_FORMAT)
    picture = console.export_svg(title="plum-edge", code_format=form, unique_id="plum-edge")
    return "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"


def _cut(output: str) -> str:
    lines = output.splitlines()
    return output if len(lines) <= LONGEST else "\n".join([*filter(str.strip, lines[:SHOWN]), "…"])


if __name__ == "__main__":
    sys.exit(main())
