"""A model's vocabulary and chat format, as GGUF wants them: pieces, scores, types, special ids, template.

Reads Hugging Face's layout (tokenizer.model, tokenizer_config.json, added_tokens.json). Knows nothing of GGUF files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plum_edge.errors import NoModel
from plum_edge.prompt import ChatTemplate, Control
from plum_edge.records import Message

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
"""Types of tokens, numbered as SentencePiece and GGUF number them."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``pieces``, ``scores`` and ``types`` by id; ``special`` ids by role: bos, eos, unknown, padding, eot."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    types: tuple[int, ...]
    special: Mapping[str, int]
    template: str | None
    add_bos: bool
    """Whether prompts begin with bos: as the chat template has it."""


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object of a model's folder; empty where there is no such file.

    Raises:
        NoModel: not a JSON object.
    """
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NoModel(path.parent.name, f"{path.name} is damaged ({error})") from error
    if not isinstance(value, dict):
        raise NoModel(path.parent.name, f"{path.name} is not a JSON object")
    return value


def chat_template(folder: Path) -> str | None:
    """Return the chat template of a model's folder: chat_template.jinja, else the one in tokenizer_config.json."""
    separate = folder / "chat_template.jinja"
    if separate.is_file():
        return separate.read_text(encoding="utf-8")
    value = read_json(folder / "tokenizer_config.json").get("chat_template")
    return value if isinstance(value, str) else None


def sentencepiece(folder: Path, size: int) -> Vocabulary:
    """Return a SentencePiece BPE vocabulary, filled up to ``size`` (the rows of the embedding).

    Raises:
        NoModel: no vocabulary, or one that llama.cpp would read differently.
    """
    import sentencepiece as spm

    path = folder / "tokenizer.model"
    if not path.is_file():
        raise NoModel(folder.name, f"{path} is missing")
    processor = spm.SentencePieceProcessor()
    try:
        processor.LoadFromFile(str(path))
    except (OSError, RuntimeError) as error:
        raise NoModel(folder.name, f"{path} is not a SentencePiece vocabulary") from error
    _check(processor, folder)
    own = processor.GetPieceSize()
    pieces = [processor.IdToPiece(i) for i in range(own)]
    scores = [processor.GetScore(i) for i in range(own)]
    types = [_type(processor, i) for i in range(own)]
    for i in range(own, size):
        pieces.append(f"[PAD{i}]")
        scores.append(-1000.0)
        types.append(UNUSED)
    config = read_json(folder / "tokenizer_config.json")
    for i, (piece, kind) in _added(folder, config).items():
        if i >= len(pieces):
            raise NoModel(folder.name, f"its tokenizer adds {piece!r} as {i}, past the {size} rows of its embedding")
        # An entry that only repeats a piece keeps its type: <s> is CONTROL and <unk> UNKNOWN by the vocabulary itself.
        if i >= own or types[i] == NORMAL:
            pieces[i], types[i] = piece, kind
    return _with_chat_format(folder, config, pieces, scores, types)


def _check(processor: Any, folder: Path) -> None:
    """Refuse what llama.cpp's SPM tokenizer does not do: normalising, unigram, no space before the first word."""
    probe = "ﬁ  Two   spaces "
    normal = [processor.GetScore(i) for i in range(processor.GetPieceSize()) if _type(processor, i) == NORMAL]
    if any(score != round(score) for score in normal):
        raise NoModel(folder.name, "its SentencePiece vocabulary is a unigram model, not BPE")
    if processor.Decode(processor.Encode(probe)) != probe:
        raise NoModel(folder.name, "its SentencePiece vocabulary normalises text, which llama.cpp would not")
    if not processor.EncodeAsPieces("a")[0].startswith("▁"):
        raise NoModel(folder.name, "its SentencePiece vocabulary puts no space before the first word")


def _type(processor: Any, i: int) -> int:
    if processor.IsUnknown(i):
        return UNKNOWN
    if processor.IsControl(i):
        return CONTROL
    if processor.IsUnused(i):
        return UNUSED
    return BYTE if processor.IsByte(i) else NORMAL


def _added(folder: Path, config: Mapping[str, Any]) -> dict[int, tuple[str, int]]:
    """Return tokens that the tokenizer adds to the vocabulary: id → (text, type)."""
    added = {int(i): (piece, USER_DEFINED) for piece, i in read_json(folder / "added_tokens.json").items()}
    for i, entry in config.get("added_tokens_decoder", {}).items():
        added[int(i)] = (entry["content"], CONTROL if entry.get("special") else USER_DEFINED)
    return added


def _with_chat_format(
    folder: Path, config: Mapping[str, Any], pieces: list[str], scores: list[float], types: list[int]
) -> Vocabulary:
    ids = {piece: i for i, piece in enumerate(pieces)}
    names = {"bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token"}
    texts = {role: _text(config.get(key)) for role, key in names.items()}
    special = {role: ids[text] for role, text in texts.items() if text in ids}
    template = chat_template(folder)
    add_bos = bool(config.get("add_bos_token", True))
    if template is not None:
        controls = [piece for piece, kind in zip(pieces, types, strict=True) if kind in (CONTROL, UNKNOWN)]
        chat = ChatTemplate(template, controls, bos=texts["bos"], eos=texts["eos"], model=folder.name)
        parts = chat.render([Message("user", "a"), Message("assistant", "b")], generation=False)
        add_bos = bool(texts["bos"]) and parts[0] == Control(texts["bos"])
        if isinstance(parts[-1], Control):
            special["eot"] = ids[parts[-1].token]
    return Vocabulary(tuple(pieces), tuple(scores), tuple(types), special, template, add_bos)


def _text(token: Any) -> str:
    """Return the text of a special token, which configurations write as a string or as an object."""
    return str(token["content"]) if isinstance(token, Mapping) else str(token or "")
