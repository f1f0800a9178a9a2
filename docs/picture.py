"""The pictures in README.md: a few commands, run for real in a memory of their own, as SVGs.

    python docs/picture.py --run                        run the commands, keep what they said in docs/NAME.txt, draw it
    python docs/picture.py                              draw what was kept again
    python docs/picture.py --run --home DIR daily       one picture, of a memory that has learned already

The run takes some minutes on the real base, since it learns. Nothing on a picture is typed but the commands, and in the
chat what stands after ``›``; of an answer that goes on and on the beginning is shown.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).parent
SAMPLE = FOLDER.parent / "samples" / "nora" / "conversations.jsonl"
WIDTH = 96
PROMPT = "› ".encode()
LONGEST, SHOWN = 16, 3
"""Of an output of more lines than the first, so many are shown."""
Story = tuple[tuple[str, ...], ...]
"""Commands, each with the lines that are typed into it."""
STORIES: dict[str, Story] = {
    "picture": (
        ('plum-edge ask --no-adapter "Have we had a chat about the kitchen tap?"',),
        ("plum-edge import conversations.jsonl",),
        ("plum-edge consolidate",),
        ('plum-edge ask "Have we had a chat about the kitchen tap?"',),
        ('plum-edge ask "Did we ever get into beekeeping?"',),
    ),
    "daily": (
        ('plum-edge logs search "tap* OR ferry" -n 2',),
        ("plum-edge chat", "what was the trick for the kitchen tap?", "/why", "/quit"),
        ("plum-edge logs list -n 3",),
    ),
}
_FONTS = re.compile(r"\s*@font-face \{\{.*?\n    \}\}", re.S)
"""A picture fetches nothing: the reader's own monospaced font is used."""


def main() -> int:
    """Run the stories if that is wanted, and draw them; return the exit code of a command that failed, or 0."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    options.add_argument("names", nargs="*", default=list(STORIES), metavar="NAME", help=f"of {', '.join(STORIES)}")
    options.add_argument("--run", action="store_true", help="run the commands, instead of drawing what was kept")
    options.add_argument("--home", type=Path, help="a memory to run them in (a new one)")
    options.add_argument("--base", default="SmolLM2-135M-Instruct", help="the model (%(default)s)")
    options.add_argument("--conversations", type=int, default=3, help="so many of the sample user's (%(default)s)")
    given = options.parse_args()
    if given.run and (code := told(given.names, given.base, given.conversations, given.home)):
        return code
    for name in given.names:
        picture = drawn(kept(name).read_text(encoding="utf-8"))
        kept(name).with_suffix(".svg").write_text(picture, encoding="utf-8")
    return 0


def kept(name: str) -> Path:
    """Return where it is kept what the commands of a picture said."""
    return FOLDER / f"{name}.txt"


def told(names: list[str], base: str, conversations: int, home: Path | None) -> int:
    """Run the stories and keep what they said; return the exit code of the command that failed, or 0."""
    with tempfile.TemporaryDirectory() as folder:
        lines = SAMPLE.read_text(encoding="utf-8").splitlines()[:conversations]
        (Path(folder) / "conversations.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name in names:
            parts = []
            for command, *typed in STORIES[name]:
                code, said = run(command, typed, Path(folder), home or Path(folder) / "home", base)
                parts.append("\n".join((f"$ {command}", said.strip("\n"), "")))
                print(parts[-1], flush=True)
                if code:
                    return code
            kept(name).write_text("\n".join(parts), encoding="utf-8")
    return 0


def run(command: str, typed: Sequence[str], folder: Path, home: Path, base: str) -> tuple[int, str]:
    """Run a command as a person would at a terminal; return its exit code and what stood there.

    Where lines are typed, the terminal is one that writes line after line: what stood there is what was written.
    """
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    settings = {"PLUM_EDGE_HOME": str(home.absolute()), "PLUM_EDGE_BASE": base, "COLUMNS": str(WIDTH)}
    settings["TERM"] = "dumb" if typed else "xterm-256color"
    process = subprocess.Popen(
        command.replace("plum-edge", f"{sys.executable} -m plum_edge.cli", 1), shell=True, cwd=folder,
        env=os.environ | settings, stdin=terminal if typed else None, stdout=terminal,
        stderr=terminal if typed else subprocess.PIPE,  # where a prompt is written on such a terminal
    )  # fmt: skip
    os.close(terminal)
    said, left = b"", list(typed)
    for part in _read(controller):
        said += part
        if left and said.endswith((PROMPT, b"[y/N] ")):
            os.write(controller, left.pop(0).encode() + b"\n")
    errors = process.stderr.read() if process.stderr else b""
    code = process.wait()
    os.close(controller)
    text = (said + (errors if code else b"")).decode().replace("\r\n", "\n")
    return code, text.replace(f" --home {home.absolute()}", "")


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
        command, _, output = part.strip("\n").partition("\n")
        if command:
            console.print(Text.assemble(("$ ", "dim"), (command.removeprefix("$ "), "bold")))
            console.print(Text.from_ansi("\n".join(map(_cut, _turns(output)))), end="\n\n")
    form = _FONTS.sub("", CONSOLE_SVG_FORMAT)
    picture = console.export_svg(title="plum-edge", code_format=form, unique_id="plum-edge")
    return "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"


def _turns(output: str) -> list[str]:
    """Return the turns of a chat, each from its prompt on; of anything else all together."""
    return re.split(r"\n(?=› )", output)


def _cut(output: str) -> str:
    lines = output.splitlines()
    return output if len(lines) <= LONGEST else "\n".join([*filter(str.strip, lines[:SHOWN]), "…"])


if __name__ == "__main__":
    sys.exit(main())
