"""WhatsApp's "Export chat": a text file, local times without a zone, in the form of the phone that wrote it.

A chat between people: who the user is must be told. All others speak under their names and are never the user. A chat
is years long, so it is cut where nobody wrote for some hours. Knows nothing of the media beside it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plum_edge.errors import BadInput, UsageError
from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, message
from plum_edge.importers.head import Head
from plum_edge.importers.lines import lines
from plum_edge.records import Message, content_hash

NAME = "whatsapp"
TITLE = "WhatsApp, an exported chat (with --me NAME)"

PAUSE = timedelta(hours=6)
"""Silence after which a new conversation begins."""
NOTICES, DELETED = "notices of the chat", "deleted messages"

_DATE = r"(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{1,4})"
_TIME = r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[\s\u202f\u00a0]?([AaPp])\.?\s?[Mm]\.?)?"
_HEAD = re.compile(rf"[\u200e\u200f]*\[?{_DATE},?\s{_TIME}(?:\]\s?|\s[-–]\s)(.*)", re.DOTALL)
_SENDER = re.compile(r"([^:\n\"“„«]{1,80}):(?: (.*)|$)", re.DOTALL)
_MARKS = "\u200e\u200f\u202a\u202c\ufeff"
_OMITTED = (
    r"(?:omitted|weggelassen|ausgelassen|ausgeschlossen|omitid[oa]s?|ocultad?[oa]s?|absente?s?|omise?s?|omess[oaie]"
    r"|weggelaten)"
)
_THING = (
    r"(?:image|imagem|imagen|immagine|bild|afbeelding|photo|foto|v[ií]d[eé]o|[aá]udio|sticker|gif|documento?|dokument"
    r"|contact card|kontaktkarte|tarjeta de contacto)"
)
_MEDIUM = r"(?:\b(?:multi)?m[eéí]d[iy][aeá]\w*|медиа|メディア|媒体|媒體|多媒|미디어|وسائط|मीडिया)"
_MEDIA = re.compile(
    rf"<(?!\w+://)[^<>\n]*(?:{_MEDIUM}|\b{_OMITTED}\b)[^<>\n]*>|(?:{_THING}|{_MEDIUM}) {_OMITTED}", re.IGNORECASE
)
"""What stands for a picture or the like in the language of the phone. People write most of these words, too."""
_MARKED = re.compile(rf".{{1,40}}\b{_OMITTED}", re.IGNORECASE)
"""The same where the phone has marked its own words: an iPhone writes U+200E before them."""
_ATTACHED = re.compile(r"<(?:attached|Anhang|adjunto|pièce jointe|allegato|bijgevoegd): ([^<>]+)>")
_BESIDE = re.compile(
    r"(\S+\.\w{2,4}) \((?:file attached|Datei angehängt|archivo adjunto|fichier joint|file allegato)\)"
)
_GONE = re.compile(
    r"(?:This message was deleted|You deleted this message|Diese Nachricht wurde gelöscht"
    r"|Du hast diese Nachricht gelöscht|Se eliminó este mensaje|Eliminaste este mensaje|Ce message a été supprimé"
    r"|Questo messaggio è stato eliminato)\.?"
)
_EDITED = re.compile(
    r"\s*[\u200e]?<(?:This message was edited|Diese Nachricht wurde bearbeitet|Se editó este mensaje)>$"
)
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
_ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}
"""Where year, month and day stand."""


def sniff(head: Head) -> bool:
    """Whether its first lines begin with a date, a time and a sender."""
    first = [line for line in head.text.splitlines()[:20] if line.strip()]
    found = [match for match in map(_HEAD.match, first) if match]
    return bool(first and found) and bool(_HEAD.match(first[0])) and any(_SENDER.match(one[9]) for one in found)


@dataclass
class _Entry:
    """A message with its date as it is written."""

    line: int
    date: tuple[str, str, str]
    mark: str
    """What stands between its numbers."""
    clock: tuple[int, int, int]
    who: str
    text: list[str] = field(default_factory=list)


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the chat in conversations; `base.Format` has the contract.

    Raises:
        UsageError: it is not said who the user is, or nobody in the chat has that name.
    """
    entries = list(_entries(source))
    me = _me(source.name, source.wishes.me, entries)
    order = source.wishes.order or _order(source.name, entries)
    other = next((entry.who for entry in entries if entry.who != me), "")
    talk: list[tuple[_Entry, datetime]] = []
    position = 0
    for entry in entries:
        moment = _moment(entry, order)
        if moment is None:
            yield Skip(f"line {entry.line:,}", "its date is none in the order of the others")
            continue
        if talk and not timedelta(hours=-1) <= moment - talk[-1][1] <= PAUSE:
            yield _draft(talk, me, other, position, source.left)
            talk, position = [], position + 1
        talk.append((entry, moment))
    if talk:
        yield _draft(talk, me, other, position, source.left)


def _entries(source: Source) -> Iterator[_Entry]:
    entry: _Entry | None = None
    for number, raw in lines(source.stream):
        if raw is None:
            continue
        try:
            line = raw.decode()
        except UnicodeDecodeError as error:
            raise BadInput(f"{source.name} line {number:,}", "this is not UTF-8 text") from error
        head = _HEAD.match(line)
        if head is None:
            if entry is not None:
                entry.text.append(line)
            continue
        if entry is not None:
            yield entry
        entry = None
        said = _SENDER.match(head[9].lstrip(_MARKS))
        if said is None:
            source.left[NOTICES] += 1
            continue
        hour = int(head[5]) % 12 + 12 * (head[8].lower() == "p") if head[8] else int(head[5])
        clock = (hour, int(head[6]), int(head[7] or 0))
        entry = _Entry(
            number, (head[1], head[3], head[4]), head[2], clock, said[1].strip(_MARKS + " "), [said[2] or ""]
        )
    if entry is not None:
        yield entry


def _me(name: str, me: str, entries: Sequence[_Entry]) -> str:
    count = Counter(entry.who for entry in entries)
    names = ", ".join(repr(who) for who, _ in count.most_common(6))
    if not me:
        raise UsageError(f"{name} is a chat between people: say who of them you are.", f"--me NAME, of: {names}")
    found = next((who for who in count if who.casefold() == me.strip().casefold()), None)
    if found is None:
        raise UsageError(f"Nobody in {name} is called {me!r}.", f"There are: {names}")
    return found


def _order(name: str, entries: Sequence[_Entry]) -> str:
    """Return the one order in which every date is one; where two would do, that in which they go back least.

    With full stops the day comes first everywhere.

    Raises:
        UsageError: both orders would do.
    """
    if any(entry.mark == "." for entry in entries):
        return "dmy"
    found: dict[str, list[datetime | None]] = {o: [_moment(entry, o) for entry in entries] for o in _ORDERS}
    scores = {order: _faults(moments) for order, moments in found.items()}
    fitting = [order for order, score in scores.items() if score == min(scores.values())]
    if any(found[order] != found[fitting[0]] for order in fitting):
        shown = entries[0].mark.join(entries[0].date)
        what = f"{name} does not tell whether its dates ({shown}) begin with the day or the month."
        raise UsageError(what, f"Say which: --date-order {' or '.join(fitting)}")
    return fitting[0]


def _faults(moments: Sequence[datetime | None]) -> tuple[int, int]:
    """Return how many dates are none, and how many lie before the one before them."""
    known = [moment for moment in moments if moment is not None]
    return len(moments) - len(known), sum(two < one for one, two in itertools.pairwise(known))


def _moment(entry: _Entry, order: str) -> datetime | None:
    year, month, day = (entry.date[place] for place in _ORDERS[order])
    if len(year) not in (2, 4) or len(month) > 2 or len(day) > 2:
        return None
    try:
        return datetime(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day), *entry.clock)
    except ValueError:
        return None


def _draft(talk: Sequence[tuple[_Entry, datetime]], me: str, other: str, position: int, left: Counter[str]) -> Draft:
    """Return a part of the chat; ``other`` is the first in all of it who is not the user."""
    first, begun = talk[0]
    said = [_message(entry, moment, me, left) for entry, moment in talk]
    others = list(dict.fromkeys(entry.who for entry, _ in talk if entry.who != me))
    ident = content_hash(NAME, begun.isoformat(), first.who, "\n".join(first.text))
    return Draft(
        where=f"line {first.line:,}",
        messages=tuple(one for one in said if one),
        id=ident,
        spare=content_hash(ident, next(iter(others), other)),
        title=", ".join(others[:3]) + ("…" if len(others) > 3 else ""),
        created_at=begun,
        position=position,
    )


def _message(entry: _Entry, moment: datetime, me: str, left: Counter[str]) -> Message | None:
    text = _EDITED.sub("", "\n".join(entry.text))
    plain = text.strip(_MARKS + " \n")
    if _GONE.fullmatch(plain):
        left[DELETED] += 1
        return None
    attached = _ATTACHED.search(plain) or _BESIDE.search(plain)
    if attached:
        name = attached[1].strip()
        note = parts.image(name) if name.lower().endswith(_PICTURES) else parts.file(name)
        rest = plain.replace(attached[0], "").strip(_MARKS + " \n")
        text = parts.joined([note, rest])
    elif _MEDIA.fullmatch(plain) or ("\u200e" in text and _MARKED.fullmatch(plain)):
        text = "[media]"
    elif text.startswith("\u200e"):
        left[NOTICES] += 1
        return None
    return message("user" if entry.who == me else "assistant", text, moment, "" if entry.who == me else entry.who)
