"""Gemini in Google Takeout: "My Activity" as JSON, a record for each question with its answer, the newest first.

Records of one chat are one conversation where they name it; else those that follow each other within an hour. What
stands before a question ("Prompted …") is in the user's language, and is learned from the file. Knows nothing of other
products, whose records may share the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, mapping, message, sequence, string
from plum_edge.importers.dates import aware
from plum_edge.importers.head import Head
from plum_edge.importers.markup import plain
from plum_edge.importers.values import too_long, values
from plum_edge.records import Message, content_hash

NAME = "gemini"
TITLE = "Gemini in Google Takeout (My Activity as JSON)"

_PAUSE = timedelta(hours=1)
_CHAT = re.compile(r"gemini\.google\.com/(?:u/\d+/)?(?:app|gem/[^/?#]+)/([0-9a-zA-Z_-]{8,})")
_BEFORE = (
    "Prompted ", "Submitted query ", "Asked Gemini: ", "Asked ", "Said ", "Eingegebener Prompt: ",
    "送信したメッセージ: ", "Prompt inviato: ", "Prompt envoyé : ", "Consulta enviada: ", "Has preguntado ",
)  # fmt: skip
OTHERS, NO_TALK = "activity of other Google products", "activity that is no talk"


def sniff(head: Head) -> bool:
    """Whether there is activity with answers, or of Gemini."""
    return head.has("header", "title", "time") and (
        head.has("safeHtmlItem") or (head.any("products", "activityControls") and bool(_ours(head.text)))
    )


@dataclass(frozen=True)
class _Record:
    title: str
    answer: str
    moment: datetime | None
    chat: str
    notes: tuple[str, ...]


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the conversations, the oldest first; `base.Format` has the contract."""
    records = []
    for found in values(source.stream):
        if found.long or not isinstance(found.value, dict):
            yield Skip(f"record {found.number}", too_long() if found.long else "not an object")
            continue
        record = _record(found.value)
        if not any(
            map(_ours, [string(found.value.get("header")), *map(string, sequence(found.value.get("products")))])
        ):
            source.left[OTHERS] += 1
        elif record is None:
            source.left[NO_TALK] += 1
        else:
            records.append(record)
    records.reverse()
    before = _prefixes([record.title for record in records])
    for number, talk in enumerate(_talks(records)):
        yield _draft(talk, before, number)


def _ours(text: str) -> re.Match[str] | None:
    return re.search(r"\b(?:Gemini|Bard)", text)


def _record(value: dict[str, Any]) -> _Record | None:
    answers = [plain(string(mapping(one).get("html"))) for one in sequence(value.get("safeHtmlItem"))]
    answer, title = parts.joined(answers), string(value.get("title"))
    if not answer or not title.strip():
        return None
    links = [value.get("titleUrl"), *(mapping(one).get("url") for one in sequence(value.get("details")))]
    chat = next(filter(None, (_CHAT.search(string(link)) for link in links)), None)
    files = [one if isinstance(one, str) else mapping(one).get("name") for one in sequence(value.get("attachedFiles"))]
    notes = [parts.file(name) for name in files] + ([parts.image()] if value.get("imageFile") else [])
    return _Record(title, answer, aware(value.get("time")), chat[1] if chat else "", tuple(notes))


def _prefixes(titles: list[str]) -> tuple[str, ...]:
    """Return what may stand before a question: what we know, and what all of this file share where they are several.

    To its first colon, where it has one: what is shared behind that is how the user's questions begin.
    """
    known = [title for title in titles if not title.startswith(_BEFORE)]
    shared = _common(min(known), max(known)) if len(known) > 2 else ""
    found = re.match(r"[^:：]*[:：] ?|.* ", shared)
    return (*_BEFORE, found[0]) if found and len(found[0]) > 2 else _BEFORE


def _common(one: str, other: str) -> str:
    """Return what two texts begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))]


def _talks(records: list[_Record]) -> list[list[_Record]]:
    """Return the records by chat, the chats in the order in which they began."""
    talks: list[list[_Record]] = []
    named: dict[str, list[_Record]] = {}
    last: list[_Record] | None = None
    for record in records:
        if record.chat:
            if record.chat not in named:
                named[record.chat] = []
                talks.append(named[record.chat])
            named[record.chat].append(record)
        elif last is not None and _follows(last[-1], record):
            last.append(record)
        else:
            last = [record]
            talks.append(last)
    return talks


def _follows(one: _Record, other: _Record) -> bool:
    if one.moment is None or other.moment is None:
        return False
    return timedelta() <= other.moment - one.moment <= _PAUSE


def _draft(talk: list[_Record], before: tuple[str, ...], position: int) -> Draft:
    messages: list[Message | None] = []
    for record in talk:
        prefix = max((one for one in before if record.title.startswith(one)), key=len, default="")
        asked = parts.joined([record.title.removeprefix(prefix), *record.notes])
        messages += [message("user", asked, record.moment), message("assistant", record.answer, record.moment)]
    first = talk[0]
    begun = first.moment.isoformat() if first.moment else ""
    return Draft(
        where=f"conversation {position + 1}",
        messages=tuple(one for one in messages if one),
        id=first.chat or content_hash(NAME, begun, first.title),
        created_at=first.moment,
        position=position,
    )
