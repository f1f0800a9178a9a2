"""Where the lines of a chat come from: typed at a terminal, or piped in.

Knows nothing of what is done with them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from plum_edge.paths import disk_errors

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings

Completions = Callable[[str], Iterable[str]]
"""``completions(typed)``: what the line may go on to be, whole."""


def piped() -> Iterator[str]:
    """Yield the lines of standard input."""
    yield from sys.stdin


class Keyboard:
    """What is typed: Enter sends it, Alt-Enter begins a line, what is pasted keeps its lines.

    Ctrl-C clears it, Ctrl-D ends. ``history`` keeps what was said (0600: it holds text of the user's), or nothing is
    kept on disk; while ``private()`` nothing is, and the prompt says so. Commands are never kept there: `erase` finds
    what was said by what the log has, and no log has those.
    """

    def __init__(
        self,
        history: Path | None,
        private: Callable[[], bool] = lambda: False,
        completions: Completions = lambda _typed: (),
    ) -> None:
        self._history, self._private, self._completions = history, private, completions
        self._mark = "› " if (sys.stdout.encoding or "").lower().startswith("utf") else "> "
        self._next = ""
        """What stands at the next prompt already."""

    def __iter__(self) -> Iterator[str]:
        """Yield what is typed, until Ctrl-D."""
        ask = _asked_plainly if knows_nothing() else self._prompt().prompt
        while True:
            given, self._next = self._next, ""
            try:
                yield _whole(ask(self._label(), default=given))
            except KeyboardInterrupt:
                continue
            except EOFError:
                return

    def give(self, text: str) -> None:
        """Let a text stand at the next prompt, to be sent or changed."""
        self._next = text

    def agrees(self, question: str) -> bool:
        """Ask for a yes or no; anything but a yes is a no."""
        from prompt_toolkit import prompt

        ask = _asked_plainly if knows_nothing() else prompt
        try:
            return ask(f"{question} [y/N] ").strip().lower() in ("y", "yes")
        except (KeyboardInterrupt, EOFError):
            return False

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Show no key that is pressed meanwhile, in the middle of an answer; it counts all the same."""
        import termios

        handle = sys.stdin.fileno()
        before = termios.tcgetattr(handle)
        changed = [*before]
        changed[3] &= ~termios.ECHO
        termios.tcsetattr(handle, termios.TCSANOW, changed)
        try:
            yield
        finally:
            termios.tcsetattr(handle, termios.TCSANOW, before)

    def _label(self) -> str:
        return f"private {self._mark}" if self._private() else self._mark

    def _prompt(self) -> PromptSession[str]:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.shortcuts import CompleteStyle

        return PromptSession(
            history=_history(self._history, self._private),
            multiline=True,
            key_bindings=_keys(),
            prompt_continuation=lambda width, _line, _wrapped: " " * width,
            completer=_completer(self._completions),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,  # nothing is drawn that goes away again
            reserve_space_for_menu=0,
        )


def knows_nothing() -> bool:
    """Whether the terminal can only write one line after the other, as the shell of Emacs."""
    return os.environ.get("TERM", "dumb") in ("dumb", "unknown")


def _whole(text: str) -> str:
    """Return a text without the halves of characters that a terminal in another encoding sends."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _asked_plainly(label: str, default: str = "") -> str:
    """Read a line as the terminal gives it; a text that is given is taken as it is."""
    if default:
        sys.stdout.write(f"{label}{default}\n")
        return default
    return input(label)


def _keys() -> KeyBindings:
    """Return what Enter does, and Alt-Enter, which terminals send as Escape and Enter."""
    from prompt_toolkit.filters import is_searching
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    @keys.add("enter", filter=~is_searching)
    def send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def begin_line(event: KeyPressEvent) -> None:
        event.current_buffer.newline()

    return keys


def _completer(completions: Completions) -> Completer:
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document

    class Lines(Completer):
        """Whole lines, as the commands know them."""

        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
            typed = document.text_before_cursor
            return (Completion(line, start_position=-len(typed)) for line in completions(typed))

    return Lines()


def _history(path: Path | None, private: Callable[[], bool]) -> History:
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory

    if path is None:
        return InMemoryHistory()
    with disk_errors(path):
        os.close(os.open(path, os.O_CREAT | os.O_APPEND, 0o600))
        path.chmod(0o600)
    file = FileHistory(str(path))

    class Discreet(History):
        """The file, but for what is private, and for commands."""

        def load_history_strings(self) -> Iterable[str]:
            return file.load_history_strings()

        def store_string(self, string: str) -> None:
            if not private() and not string.startswith("/"):
                file.store_string(_whole(string))

    return Discreet()
