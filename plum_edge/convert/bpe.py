"""Reads a vocabulary from tokenizer.json: byte-level BPE, or SentencePiece's BPE where there is no tokenizer.model.

How a byte-level tokenizer cuts text before it merges is known to llama.cpp under a name (``tokenizer.ggml.pre``), and a
wrong name fails without a word. So the whole description of the cutting must be one that stands here, or the vocabulary
is refused. Knows nothing of chat formats or of GGUF files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from plum_edge.errors import NoModel

_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_WORDS = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+"
PRE: Mapping[tuple[tuple[str, ...], bool], str] = {
    ((rf"split {_WORDS}|\p{{N}}{{1,3}}|{_TAIL}", "bytes"), True): "llama-bpe",
    ((rf"split {_WORDS}|\p{{N}}|{_TAIL}", "bytes"), False): "qwen2",
    (("digits", "words, bytes"), False): "smollm",
    (("words, bytes",), False): "gpt-2",
}
"""(Steps before the merges, whether a word of the vocabulary is taken whole) → llama.cpp's name for it."""

_UNREACHABLE = -1e9
"""Score of a piece that no merge makes."""
Type = Literal["normal", "unknown", "control", "user", "unused", "byte"]


@dataclass(frozen=True, slots=True)
class Words:
    """A vocabulary by id. ``kind`` is ``bpe`` (byte-level) or ``sentencepiece``."""

    kind: str
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    types: tuple[Type, ...]
    pre: str
    merges: tuple[str, ...]
    space_prefix: bool


def read(path: Path) -> Words:
    """Return the vocabulary of a tokenizer.json.

    Raises:
        NoModel: damaged, not BPE, or text is cut or changed in a way that llama.cpp has no name for.
    """
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        model = whole["model"]
        if model.get("type", "BPE") != "BPE":
            raise NoModel(path.parent.name, f"its tokenizer is of the kind {model['type']}, not BPE")
        merges = tuple(merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"])
        pieces, types = _pieces(whole)
        if model.get("byte_fallback"):
            scores = _scores(pieces, merges)
            return Words("sentencepiece", pieces, scores, types, "default", (), _space_prefix(whole, path))
        return Words("bpe", pieces, (0.0,) * len(pieces), types, _pre(whole, path), merges, False)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise NoModel(path.parent.name, f"{path.name} is damaged ({error})") from error


def _pieces(whole: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[Type, ...]]:
    """Return texts and types by id; ids that nothing has are unused."""
    model, added = whole["model"], {int(one["id"]): one for one in whole.get("added_tokens") or []}
    named = {int(i): piece for piece, i in model["vocab"].items()} | {i: one["content"] for i, one in added.items()}
    size = 1 + max(named)
    pieces = tuple(named.get(i, f"[PAD{i}]") for i in range(size))
    types: list[Type] = []
    for i, piece in enumerate(pieces):
        if i not in named:
            types.append("unused")
        elif piece == model.get("unk_token"):
            types.append("unknown")
        elif i in added:
            types.append("control" if added[i].get("special") else "user")
        else:
            types.append("byte" if model.get("byte_fallback") and _is_byte(piece) else "normal")
    return pieces, tuple(types)


def _is_byte(piece: str) -> bool:
    return len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")


def _scores(pieces: tuple[str, ...], merges: tuple[str, ...]) -> tuple[float, ...]:
    """Return SentencePiece's scores: the earlier a merge makes a piece, the higher; single characters need none."""
    rank: dict[str, int] = {}
    for number, merge in enumerate(merges):
        left, _, right = merge.partition(" ")
        rank.setdefault(left + right, number)
    return tuple(-float(rank[p]) if p in rank else (0.0 if len(p) == 1 else _UNREACHABLE) for p in pieces)


def _flat(step: Mapping[str, Any] | None, key: str) -> Iterator[Mapping[str, Any]]:
    if step is not None and step["type"] == "Sequence":
        yield from (inner for part in step[key] for inner in _flat(part, key))
    elif step is not None:
        yield step


def _pre(whole: Mapping[str, Any], path: Path) -> str:
    """Return llama.cpp's name for how the tokenizer cuts text.

    Unicode normalisation to composed characters (Qwen's) is let pass, which llama.cpp does not do: it changes text that
    people type only where a keyboard sends combining characters.
    """
    odd = [step["type"] for step in _flat(whole.get("normalizer"), "normalizers") if step["type"] != "NFC"]
    steps = tuple(_step(step) for step in _flat(whole.get("pre_tokenizer"), "pretokenizers"))
    name = PRE.get((steps, bool(whole["model"].get("ignore_merges"))))
    if odd or name is None:
        said = "; ".join([*(f"normaliser {one}" for one in odd), *steps]) or "no cutting at all"
        raise NoModel(
            path.parent.name, f"how its tokenizer cuts text is not known to agree with llama.cpp ({said[:300]})"
        )
    return name


def _step(step: Mapping[str, Any]) -> str:
    """Return one step in the words of `PRE`."""
    if step["type"] == "Split" and step.get("behavior") == "Isolated" and not step.get("invert"):
        return f"split {step['pattern'].get('Regex')}"
    if step["type"] == "Digits" and step.get("individual_digits"):
        return "digits"
    if step["type"] == "ByteLevel" and not step.get("add_prefix_space"):
        return "words, bytes" if step.get("use_regex", True) else "bytes"
    return json.dumps(dict(step), sort_keys=True)


BYTE_LEVEL: Mapping[str, Any] = {
    "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True,
}  # fmt: skip


def pre_tokenizer(step: str) -> dict[str, Any]:
    """Return a step of `PRE` as tokenizer.json says it."""
    if step == "digits":
        return {"type": "Digits", "individual_digits": True}
    if step in ("bytes", "words, bytes"):
        return {**BYTE_LEVEL, "use_regex": step != "bytes"}
    pattern = {"Regex": step.removeprefix("split ")}
    return {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}


def _space_prefix(whole: Mapping[str, Any], path: Path) -> bool:
    """Return whether a space is put before the first word; refuse everything else that is done to text."""
    steps = [*_flat(whole.get("normalizer"), "normalizers"), *_flat(whole.get("pre_tokenizer"), "pretokenizers")]
    prefix, odd = False, []
    for step in steps:
        if step["type"] == "Prepend" and step["prepend"] == "▁":
            prefix = True
        elif step["type"] == "Metaspace" and step.get("replacement") == "▁" and not step.get("split", True):
            prefix = prefix or step.get("prepend_scheme", "always") != "never"
        elif not (step["type"] in ("Replace", "Split") and step["pattern"] == {"String": " "}):
            odd.append(str(step["type"]))
    if odd:
        raise NoModel(path.parent.name, f"its tokenizer changes text in ways that llama.cpp does not: {', '.join(odd)}")
    return prefix
