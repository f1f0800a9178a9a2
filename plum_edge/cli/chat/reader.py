"""Where the lines of a chat come from: typed at a terminal, or piped in.

Knows nothing of what is done with them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from plum_edge.paths import disk_errors

if TYPE_CHECKING:
    from prompt_toolkit.history import History


def piped() -> Iterator[str]:
    """Yield the lines of standard input."""
    yield from sys.stdin


def typed(history: Path | None, private: Callable[[], bool] = lambda: False) -> Iterator[str]:
    """Yield what is typed, with line editing. Ctrl-C clears the line, Ctrl-D ends.

    ``history`` keeps what was typed (0600: it holds text of the user's), or nothing is kept on disk. While
    ``private()`` nothing is, and the prompt says so.
    """
    from prompt_toolkit import PromptSession

    prompt: PromptSession[str] = PromptSession(history=_history(history, private))
    mark = "› " if (sys.stdout.encoding or "").lower().startswith("utf") else "> "
    while True:
        try:
            yield prompt.prompt(f"private {mark}" if private() else mark)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _history(path: Path | None, private: Callable[[], bool]) -> History:
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory

    if path is None:
        return InMemoryHistory()
    with disk_errors(path):
        os.close(os.open(path, os.O_CREAT | os.O_APPEND, 0o600))
        path.chmod(0o600)
    file = FileHistory(str(path))

    class Discreet(History):
        """The file, but for what is private."""

        def load_history_strings(self) -> Iterable[str]:
            return file.load_history_strings()

        def store_string(self, string: str) -> None:
            if not private():
                file.store_string(string)

    return Discreet()
