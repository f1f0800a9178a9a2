"""Loads the third-party dialogues ($PLUM_EDGE_DATA) in one form. Only what pre-training is allowed to see."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import re
from dataclasses import dataclass
from pathlib import Path

REALMEM_USERS = ("Adeleke_Okonjo", "Ethan_Hunt", "Kenta_Tanaka", "Liam_O_Connor")
"""The only four users that training may read; the other three are for tests."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation: its turns as (role, text), and the field that "near" negatives are drawn from."""

    field: str
    turns: tuple[tuple[str, str], ...]


def data_folder() -> Path:
    """The folder of development data, from $PLUM_EDGE_DATA alone."""
    value = os.environ.get("PLUM_EDGE_DATA")
    if not value:
        raise SystemExit("Set PLUM_EDGE_DATA to the folder that holds pretrain/ and realmem/.")
    return Path(value)


def squeeze(text: str) -> str:
    """One line, single spaces, no markdown marks."""
    text = re.sub(r"```.*?(```|$)", " ", text, flags=re.S)
    text = re.sub(r"[*#`_|]+", "", text)
    return re.sub(r"\s+", " ", text).strip()


def _merge(turns: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Joins neighbouring turns of one role and starts with a user turn."""
    merged: list[tuple[str, str]] = []
    for role, raw in turns:
        text = squeeze(raw)
        if not text or (not merged and role != "user"):
            continue
        if merged and merged[-1][0] == role:
            merged[-1] = (role, f"{merged[-1][1]} {text}")
        else:
            merged.append((role, text))
    return tuple(merged)


def _lines(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def load_sgd(folder: Path, parts: tuple[str, ...] = ("train", "dev", "test")) -> list[Dialogue]:
    """Schema-guided task dialogues."""
    return [
        Dialogue(row["services"][0].split("_")[0], _merge([(t["role"], t["content"]) for t in row["turns"]]))
        for part in parts
        for row in _lines(folder / "pretrain" / f"sgd_{part}_text.jsonl.gz")
    ]


def load_tm4(folder: Path) -> list[Dialogue]:
    """Short coffee-shop dialogues."""
    rows = _lines(folder / "pretrain" / "tm4_text.jsonl.gz")
    return [Dialogue("coffee", _merge([(t["role"], t["content"]) for t in row["turns"]])) for row in rows]


def load_topical(folder: Path) -> list[Dialogue]:
    """Human chats about anything; the first speaker is taken as the user."""
    rows = _lines(folder / "pretrain" / "topical_chat_text.jsonl.gz")
    return [
        Dialogue(
            "topical",
            _merge([("user" if who == row["turns"][0][0] else "assistant", text) for who, text in row["turns"]]),
        )
        for row in rows
    ]


def load_realmem(folder: Path) -> list[Dialogue]:
    """Sessions of the four users that training may read."""
    dialogues = []
    for user in REALMEM_USERS:
        with lzma.open(folder / "realmem" / f"{user}.json.xz", "rt", encoding="utf-8") as file:
            sessions = json.load(file)["dialogues"]
        for session in sessions:
            turns = [(turn["speaker"].lower(), turn["content"]) for turn in session["dialogue_turns"]]
            dialogues.append(Dialogue("realmem " + user, _merge(turns)))
    return dialogues


def load_all(folder: Path | None = None) -> list[Dialogue]:
    """All dialogues with at least two turns, in a fixed order."""
    folder = folder or data_folder()
    everything = load_sgd(folder) + load_tm4(folder) + load_topical(folder) + load_realmem(folder)
    return [dialogue for dialogue in everything if len(dialogue.turns) >= 2]


def load_wiki(folder: Path | None = None) -> list[str]:
    """Encyclopedia text by paragraph, for the tokenizer only."""
    folder = folder or data_folder()
    with gzip.open(folder / "pretrain" / "wiki_demo.txt.gz", "rt", encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]
