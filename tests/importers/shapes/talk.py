"""The one conversation that every file of `SHAPES` holds, and what a shape says of its file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

ASKED = "Where did I put the spare key of the allotment shed?"
TOLD = "You said it hangs behind the blue watering can."
MORE = "And the padlock? I bought a brass one in Żywiec."
THEN = "The brass padlock is on the tool chest."
FOUR = (("user", ASKED), ("assistant", TOLD), ("user", MORE), ("assistant", THEN))
TWO = FOUR[:2]
DAY = "2026-03-12"
SECONDS = 1773311400  # 2026-03-12T10:30:00Z
MESSAGES = [{"role": role, "content": text} for role, text in FOUR]


@dataclass(frozen=True)
class Shape:
    """A file, and what it holds."""

    format: str
    name: str
    content: bytes
    file: str = "export.json"
    talks: tuple[tuple[tuple[str, str], ...], ...] = (FOUR,)
    """Role and text of every message, by conversation."""
    ids: tuple[str, ...] = ()
    """Ids of the conversations, where the source has them."""
    dated: bool = True
    me: str = ""


def dump(value: Any, **options: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, **options).encode()


def lines(*values: Any) -> bytes:
    return b"".join(dump(value) + b"\n" for value in values)


def iso(minute: int) -> str:
    return f"{DAY}T10:{30 + minute:02d}:00.123456Z"
