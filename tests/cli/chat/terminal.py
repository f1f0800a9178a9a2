"""A chat in a pseudo-terminal, driven by keys."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

ALT_ENTER = "\x1b\r"
CTRL_C, CTRL_D, TAB = "\x03", "\x04", "\t"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[>=78]|\x1b\][^\x07]*\x07")


def pasted(text: str) -> str:
    """Return what a terminal sends when a text is pasted."""
    return f"\x1b[200~{text}\x1b[201~"


def plain(text: str) -> str:
    """Return what was written without what moves the cursor or colours."""
    return _ESCAPES.sub("", text).replace("\r", "")


class Terminal:
    """``plum-edge`` with these arguments in a terminal of so many columns; ``variables`` go into its environment."""

    def __init__(self, *arguments: object, columns: int = 80, **variables: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        call = [sys.executable, "-m", "plum_edge.cli", *map(str, arguments)]
        environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "NO_COLOR": "1", **variables}
        environment = {name: value for name, value in environment.items() if value}
        environment.pop("COLUMNS", None)
        self.process = subprocess.Popen(
            call, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.seen = ""
        """All that came, escapes included."""

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.master, text.encode())

    def wait_for(self, pattern: str, seconds: float = 120) -> str:
        """Read until a pattern is seen after what was waited for before; return what was read, plain."""
        read, deadline = "", time.monotonic() + seconds
        while not re.search(pattern, plain(read)):
            assert time.monotonic() < deadline, f"no {pattern!r} in {plain(read)!r} after {plain(self.seen)!r}"
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    read += os.read(self.master, 4096).decode(errors="replace")
                except OSError as error:  # it is gone
                    raise AssertionError(f"it ended with {plain(read)!r} after {plain(self.seen)!r}") from error
        self.seen += read
        return plain(read)

    def ask(self, line: str, pattern: str = r"\n(?:private )?›") -> str:
        """Type a line at the prompt and return what is shown until the next prompt, or until ``pattern``."""
        self.type(line + "\r")
        return self.wait_for(pattern)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
