"""Whose conversations are learned: made-up users, the three test users of RealMem, and several users as one log.

RealMem is found by $PLUM_EDGE_DATA alone. Sessions that open with the same turn for several of its users are left out.
Knows nothing of learning.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from plum_edge.errors import UsageError
from plum_edge.importers import read
from plum_edge.paths import data_dir
from plum_edge.records import Conversation

ROOT = Path(__file__).parents[2]
"""The checkout."""
TEST_USERS = ("Lin_Wanyu", "Pak_Budi", "Sarah_Miller")
DEVELOPMENT_USERS = ("Adeleke_Okonjo", "Ethan_Hunt", "Kenta_Tanaka", "Liam_O_Connor")
"""For training (samples/train has questions to them). The embedded base was pre-trained on their dialogues too: figures
have them for length alone, in ``long1000``."""
MADE_UP = {
    "nora": "nora",
    "amadeu": "dev/amadeu",
    "tarek": "dev/tarek",
    "delroy": "final/delroy",
    "gisela": "final/gisela",
}
"""Users whose conversations are in the repository, and their folders in samples/."""
_JOINED = {"long300": TEST_USERS, "long1000": (*TEST_USERS, *DEVELOPMENT_USERS)}


def development_data() -> Path:
    """Return the folder that $PLUM_EDGE_DATA names.

    Raises:
        UsageError: it is not set, or names no folder.
    """
    named = os.environ.get("PLUM_EDGE_DATA")
    if not named or not Path(named).is_dir():
        raise UsageError(
            "RealMem's users are not here.", "Set PLUM_EDGE_DATA to the folder with realmem/ and pretrain/."
        )
    return Path(named)


@functools.cache
def load(name: str) -> tuple[Conversation, ...]:
    """Return the conversations of a log in order of time: of a made-up user, one of RealMem, or several as one log.

    Raises:
        UsageError: there is no such log, or the development data is not here.
    """
    if name in MADE_UP:
        return _in_order(read(folder(name) / "conversations.jsonl").conversations)
    if name in (*TEST_USERS, *DEVELOPMENT_USERS):
        return _in_order(_own(name))
    if name in _JOINED:
        # Two users may call a session alike: the user is made part of its id.
        return _in_order(replace(c, id=f"{user}:{c.id}") for user in _JOINED[name] for c in _own(user))
    known = ", ".join((*MADE_UP, *TEST_USERS, *DEVELOPMENT_USERS, *_JOINED))
    raise UsageError(f"There is no log {name!r}.", f"Known: {known}.")


def folder(name: str) -> Path:
    """Return the folder of a made-up user."""
    return data_dir("samples") / MADE_UP[name]


def gold(name: str) -> Path | None:
    """Return the file with the sample user's hand-written questions, as the set stands."""
    return folder(name) / "questions.jsonl" if name == "nora" else None


def sha256(conversations: Iterable[Conversation]) -> str:
    """Return the hash of what is learned: ids, dates, roles and contents."""
    digest = hashlib.sha256()
    for one in conversations:
        said = (part for message in one.messages for part in (message.role, message.content))
        for part in (one.id, one.created_at.isoformat(), *said):
            digest.update(f"{len(part.encode())}:{part}".encode())
    return digest.hexdigest()


def _own(user: str) -> list[Conversation]:
    """Return the sessions of one user that begin as no other user's do."""
    shared = _shared()
    return [one for one in _sessions(user) if _opening(one) not in shared and _opening(one)]


@functools.cache
def _shared() -> frozenset[str]:
    users = (*TEST_USERS, *DEVELOPMENT_USERS)
    openings = Counter(opening for user in users for opening in {_opening(one) for one in _sessions(user)})
    return frozenset(opening for opening, count in openings.items() if count > 1)


@functools.cache
def _sessions(user: str) -> tuple[Conversation, ...]:
    return read(development_data() / "realmem" / f"{user}.json.xz", "realmem").conversations


def _opening(conversation: Conversation) -> str:
    """Return the first turn of the user, white space made single; empty where the user said nothing."""
    return next((" ".join(m.content.split()) for m in conversation.messages if m.role == "user"), "")


def _in_order(conversations: Iterable[Conversation]) -> tuple[Conversation, ...]:
    """Return them in the order in which the fold learns them."""
    return tuple(sorted(conversations, key=lambda one: (one.created_at, one.position, one.id)))
