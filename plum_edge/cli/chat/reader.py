"""Where the lines of a chat come from: typed at a terminal, or piped in.

Knows nothing of what is done with them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from plum_edge.paths import disk_errors


def piped() -> Iterator[str]:
    """Yield the lines of standard input."""
    yield from sys.stdin


def typed(history: Path | None) -> Iterator[str]:
    """Yield what is typed, with line editing. Ctrl-C clears the line, Ctrl-D ends.

    ``history`` keeps what was typed (0600: it holds text of the user's), or nothing is kept on disk.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    if history is not None:
        with disk_errors(history):
            os.close(os.open(history, os.O_CREAT | os.O_APPEND, 0o600))
            history.chmod(0o600)
    prompt: PromptSession[str] = PromptSession(history=FileHistory(str(history)) if history else InMemoryHistory())
    mark = "› " if (sys.stdout.encoding or "").lower().startswith("utf") else "> "
    while True:
        try:
            yield prompt.prompt(mark)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
