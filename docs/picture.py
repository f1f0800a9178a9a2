"""The picture in README.md: a few commands, run for real in a memory of their own, as an SVG.

    python docs/picture.py [--base NAME] [--conversations N] [--out docs/picture.svg]

Takes some minutes on the real base, since it learns. Only the command line is called; nothing on the picture is typed
but the commands.
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
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "samples" / "nora" / "conversations.jsonl"
WIDTH = 96
STORY = (
    'plum-edge ask --no-adapter "Have we had a chat about the kitchen tap?"',
    "plum-edge import conversations.jsonl",
    "plum-edge consolidate",
    'plum-edge ask "Have we had a chat about the kitchen tap?"',
    'plum-edge ask "Did we ever get into beekeeping?"',
    "plum-edge status",
)
_FONTS = re.compile(r"\s*@font-face \{\{.*?\n    \}\}", re.S)
"""A picture fetches nothing: the reader's own monospaced font is used."""


def main() -> int:
    """Run the story and write the picture; return the exit code of the command that failed, or 0."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    options.add_argument("--base", default="SmolLM2-135M-Instruct", help="the model (%(default)s)")
    options.add_argument("--conversations", type=int, default=3, help="so many of the sample user's (%(default)s)")
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "picture.svg", help="where it goes (%(default)s)")
    given = options.parse_args()
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        lines = SAMPLE.read_text(encoding="utf-8").splitlines()[: given.conversations]
        (Path(folder) / "conversations.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for command in STORY:
            console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
            code, said = run(command, Path(folder), given.base)
            console.print(Text.from_ansi(said.rstrip()))
            console.print()
            print(f"$ {command}\n{said}", flush=True)
            if code:
                return code
    form = _FONTS.sub("", CONSOLE_SVG_FORMAT)
    picture = console.export_svg(title="plum-edge", code_format=form, unique_id="plum-edge")
    given.out.write_text(picture, encoding="utf-8")
    return 0


def run(command: str, folder: Path, base: str) -> tuple[int, str]:
    """Run a command as a person would at a terminal; return its exit code and what stood there."""
    controller, terminal = pty.openpty()
    here = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    settings = {"PLUM_EDGE_HOME": str(folder / "home"), "PLUM_EDGE_BASE": base, "COLUMNS": str(WIDTH), "PATH": here}
    own = command.replace("plum-edge", f"{sys.executable} -m plum_edge.cli", 1)
    process = subprocess.Popen(
        own, shell=True, cwd=folder, env={**os.environ, "TERM": "xterm-256color", **settings},
        stdout=terminal, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(terminal)
    said = b""
    while True:
        try:
            part = os.read(controller, 4096)
        except OSError:  # the command has ended, and its side of the terminal with it
            break
        if not part:
            break
        said += part
    errors = process.stderr.read() if process.stderr else b""
    code = process.wait()
    os.close(controller)
    return code, (said + (errors if code else b"")).decode().replace("\r\n", "\n")


if __name__ == "__main__":
    sys.exit(main())
