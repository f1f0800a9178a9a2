"""What goes to the terminal, and how: encodings, control characters, width, colour, tables.

Text of people and models is never trusted to be harmless: it passes `clean`. Knows nothing of what is shown.
"""

from __future__ import annotations

import codecs
import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from plum_edge.records import Evidence, spoken_date

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_LOOK_ALIKES = str.maketrans("–—…·›‹→“”„‘’█▓▒░×─│", '--.->>>"""\'\'###.x-|')
_HARMFUL = {
    code: "�"
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(code) not in "\n\t"
}
"""Control characters (a terminal obeys them) and overrides of the direction of writing."""
_NARROW = 20
"""Columns below which nothing is written beside a head."""
_TABLE = 60
"""Columns below which a table is no table."""


def prepare(*, json: bool) -> None:
    """Let no character stop us: what the encoding lacks is shown by one that looks like it, in JSON by its escape."""
    _open_closed()
    codecs.register_error("look-alike", _look_alike)
    for stream in (sys.stdout, sys.stderr):
        _reconfigure(stream, "backslashreplace" if json and stream is sys.stdout else "look-alike")
    _reconfigure(sys.stdin, "replace")


def _open_closed() -> None:
    """Put nothing in the place of a standard stream that is closed, before a file of ours gets its number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def give_up_stdout() -> None:
    """Let what is still to be written to stdout go nowhere: whoever reads it is gone, or its disk is full."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def clean(text: str) -> str:
    """Return text that moves no cursor and changes no colour, whoever wrote it."""
    return text.replace("\r\n", "\n").translate(_HARMFUL)


def one_line(text: str, width: int = 0) -> str:
    """Return cleaned text on one line, cut at ``width`` characters (0: not cut)."""
    line = " ".join(clean(text).split())
    return line if not width or len(line) <= width else line[: width - 1].rstrip() + "…"


def complain(what: str, remedy: str, head: str = "error: ") -> None:
    """Write what went wrong to stderr, the remedy on a line of its own; wrapped where a person reads it."""
    terminal = sys.stderr.isatty()
    wrapper = textwrap.TextWrapper(
        width=max(shutil.get_terminal_size().columns, 20) if terminal else 1 << 20,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = wrapper.wrap(clean(what))
    wrapper.initial_indent = wrapper.subsequent_indent
    text = "\n".join([*lines, *wrapper.wrap(clean(remedy))])
    if head and terminal and "NO_COLOR" not in os.environ:
        colour = 31 if head.startswith("error") else 33
        text = text.replace(head.rstrip(), f"\x1b[{colour}m{head.rstrip()}\x1b[0m", 1)
    sys.stderr.write(text + "\n")


def closed(folder: Path, mode: int) -> None:
    """Say on stderr that a folder that was there already is now the user's alone."""
    complain(f"{folder} was open to others (mode {mode:04o}); it is yours alone now (0700).", "", "note: ")


def out() -> Console:
    """Return the console on stdout: as wide as the terminal, or 100 columns where there is none."""
    return _console(sys.stdout)


def notes() -> Console:
    """Return the console on stderr, for progress."""
    return _console(sys.stderr)


def say(text: RenderableType = "", style: str = "") -> None:
    """Write text (as it is: no markup), or something that rich can draw, to stdout. Wrapped to a terminal only."""
    if isinstance(text, str) and not sys.stdout.isatty():
        sys.stdout.write(clean(text) + "\n")
        return
    from rich.text import Text

    out().print(Text(clean(text), style) if isinstance(text, str) else text)


def hang(head: str, text: str, style: str = "") -> None:
    """Write text after a head; on a terminal what does not fit on the line goes below the text, not below the head."""
    if sys.stdout.isatty() and out().width - len(head) < _NARROW and head.strip():  # the text goes below the head
        say(head.strip(), "dim")
        head = "  "
    room = max(out().width - len(head), _NARROW // 2) if sys.stdout.isatty() else 1 << 20
    lines = textwrap.wrap(one_line(text), room, break_long_words=False, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        say(f"{'' if number else head:<{len(head)}}{line}", style)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Write rows under headings: wrapped to a terminal, else as plain aligned text. ``right``: columns of numbers."""
    if sys.stdout.isatty() and out().width < _TABLE:
        _stack(headings, rows, right)
    elif sys.stdout.isatty():
        _draw(headings, rows, right)
    else:
        _align([headings, *rows], right)


def evidence(found: Iterable[Evidence], home: str | None) -> None:
    """Write log entries: the date, the excerpt, and how to see the whole."""
    for one in found:
        head = f"  {day(one.date, sure=one.dated)}  "
        hang(head, one.excerpt)
        head = "" if sys.stdout.isatty() and out().width < _TABLE else head
        say(f"{'':<{len(head)}}plum-edge logs show {one.conversation}{home_option(home)}", "dim")


def home_option(home: str | None) -> str:
    """Return ``--home`` as it must be typed to reach the same memory again, with the blank before it."""
    return f" --home {shlex.quote(home)}" if home else ""


def day(moment: datetime, *, year: bool = True, sure: bool = True) -> str:
    """Return a short date, e.g. ``14 Mar 2026``, at the moment's own offset; ``14 Mar 2026?`` where it is a guess."""
    number, month, of = spoken_date(moment).split()
    return (f"{number} {month[:3]} {of}" if year else f"{number} {month[:3]}") + ("" if sure else "?")


def moment(text: str) -> str:
    """Return a stored moment as the day and the time here."""
    here = datetime.fromisoformat(text).astimezone()
    today = here.date() == datetime.now().astimezone().date()
    return f"{'today' if today else day(here)} {here:%H:%M}"


def span(first: datetime, last: datetime) -> str:
    """Return two dates as a span, the year once where it is the same."""
    return f"{day(first, year=first.year != last.year)} – {day(last)}"


def percent(share: float | None) -> str:
    """Return a share as a percentage without decimals, or a dash."""
    return "–" if share is None else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Return a time as people say it: ``0.4 s``, ``12 s``, ``3 min 20 s``, ``1 h 04 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60:02d} s" if whole < 600 and whole % 60 else "")
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(number: int) -> str:
    """Return a number of bytes in kB, MB or GB."""
    if number >= 1e9:
        return f"{number / 1e9:.1f} GB"
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.0f} kB"


def tiny(number: float) -> str:
    """Return a very small number with one digit, e.g. ``3e-6``."""
    digit, exponent = f"{number:.0e}".split("e")
    return f"{digit}e{int(exponent)}" if number else "0"


def count(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun in the right form."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _draw(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for number, heading in enumerate(headings):
        typed = heading in ("id", "name")  # in one piece, for it is copied
        drawn.add_column(heading, justify="right" if number in right else "left", overflow="fold", no_wrap=typed)
    for row in rows:
        drawn.add_row(*(Text(one_line(cell)) for cell in row))
    out().print(drawn)


def _stack(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    """Write each row as a few lines: its last cell, and below it the others; numbers with what they are of."""
    for row in rows:
        cells = [one_line(cell) for cell in row]
        *others, last = [f"{c} {headings[n]}" if n in right and c else c for n, c in enumerate(cells)]
        say(last or "–")
        for line in textwrap.wrap(" · ".join(filter(None, others)), out().width - 2, break_on_hyphens=False):
            say(f"  {line}", "dim")


def _align(rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    from rich.cells import cell_len

    cleaned = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(cell_len(row[column]) for row in cleaned) for column in range(len(rows[0]))]
    for row in cleaned:
        gaps = [" " * (width - cell_len(cell)) for width, cell in zip(widths, row, strict=True)]
        cells = [
            gap + cell if column in right else cell + gap
            for column, (gap, cell) in enumerate(zip(gaps, row, strict=True))
        ]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False, width=None if stream.isatty() else 100)


def _look_alike(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end].translate(_LOOK_ALIKES)
    return "".join(c if c.isascii() else "?" for c in missing), error.end


def _reconfigure(stream: TextIO, errors: str) -> None:
    change = getattr(stream, "reconfigure", None)  # a test's stream has none
    if change is not None:
        change(errors=errors)
