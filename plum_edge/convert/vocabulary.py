"""A model's vocabulary and chat format, as GGUF wants them: pieces, scores, types, special ids, template.

Reads Hugging Face's layout (tokenizer.model, else tokenizer.json: bpe.py; tokenizer_config.json, added_tokens.json).
Knows nothing of GGUF files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plum_edge.convert import bpe
from plum_edge.errors import NoModel
from plum_edge.records import Message
from plum_edge.templates.prompt import ChatTemplate, Control, Text

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
"""Types of tokens, numbered as SentencePiece and GGUF number them."""
TYPES = {
    "normal": NORMAL, "unknown": UNKNOWN, "control": CONTROL, "user": USER_DEFINED, "unused": UNUSED, "byte": BYTE,
}  # fmt: skip
_LAST = -1000.0
"""Score of a piece that no text becomes."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``pieces``, ``scores`` and ``types`` by id; ``special`` ids by role: bos, eos, unknown, padding, eot.

    ``model`` and ``pre`` as ``tokenizer.ggml.model`` and ``.pre`` have it; ``merges`` in order, for byte-level BPE.
    """

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    types: tuple[int, ...]
    special: Mapping[str, int]
    template: str | None
    add_bos: bool
    """Whether prompts begin with bos: as the chat template has it."""
    model: str = "llama"
    pre: str = "default"
    merges: tuple[str, ...] = ()
    space_prefix: bool = True
    """Whether a space stands before the first word (SentencePiece)."""


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
    if isinstance(value, list):  # several, by name
        value = next((one.get("template") for one in value if one.get("name") == "default"), None)
    return value if isinstance(value, str) else None


def read(folder: Path, size: int, kinds: Sequence[str]) -> Vocabulary:
    """Return a model's vocabulary, filled up to ``size`` (the rows of the embedding).

    ``kinds`` are those that the family may have: ``sentencepiece`` (tokenizer.model, or a tokenizer.json made from one)
    and ``bpe`` (tokenizer.json: byte-level BPE).

    Raises:
        NoModel: no vocabulary, one of another kind, or one that llama.cpp would read differently.
    """
    if (folder / "tokenizer.model").is_file() and "sentencepiece" in kinds:
        return sentencepiece(folder, size)
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise NoModel(folder.name, f"{folder} has neither tokenizer.model nor tokenizer.json")
    words = bpe.read(path)
    if words.kind not in kinds:
        raise NoModel(folder.name, f"its vocabulary is of the kind {words.kind}, not {' or '.join(kinds)}")
    return _finished(
        folder, size, list(words.pieces), list(words.scores), [TYPES[t] for t in words.types],
        model="gpt2" if words.kind == "bpe" else "llama", pre=words.pre, merges=words.merges,
        space_prefix=words.space_prefix,
    )  # fmt: skip


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
    prefix = processor.EncodeAsPieces("a")[0].startswith("▁")
    return _finished(folder, size, pieces, scores, types, space_prefix=prefix)


def _finished(
    folder: Path, size: int, pieces: list[str], scores: list[float], types: list[int], **about: Any
) -> Vocabulary:
    """Fill up to ``size``, put in the tokens that the tokenizer adds, and read the chat format."""
    own = len(pieces)
    for i in range(own, size):
        pieces.append(f"[PAD{i}]")
        scores.append(_LAST)
        types.append(UNUSED)
    config = read_json(folder / "tokenizer_config.json")
    for i, (piece, kind) in _added(folder, config).items():
        if i >= len(pieces):
            raise NoModel(folder.name, f"its tokenizer adds {piece!r} as {i}, past the {size} rows of its embedding")
        # An entry that only repeats a piece keeps its type: <s> is CONTROL and <unk> UNKNOWN by the vocabulary itself.
        if i >= own or types[i] == NORMAL:
            # llama.cpp looks for these in the text as it was typed, before spaces are rewritten.
            pieces[i], types[i] = piece.replace("▁", " ") if kind == USER_DEFINED else piece, kind
    vocabulary = Vocabulary(tuple(pieces), tuple(scores), tuple(types), {}, None, True, **about)
    return _with_chat_format(folder, config, vocabulary)


def _check(processor: Any, folder: Path) -> None:
    """Refuse what llama.cpp's SPM tokenizer does not do: normalising, unigram."""
    probe = "ﬁ  Two   spaces "
    normal = [processor.GetScore(i) for i in range(processor.GetPieceSize()) if _type(processor, i) == NORMAL]
    if any(score != round(score) for score in normal):
        raise NoModel(folder.name, "its SentencePiece vocabulary is a unigram model, not BPE")
    if processor.Decode(processor.Encode(probe)) != probe:
        raise NoModel(folder.name, "its SentencePiece vocabulary normalises text, which llama.cpp would not")


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


def _with_chat_format(folder: Path, config: Mapping[str, Any], words: Vocabulary) -> Vocabulary:
    ids = {piece: i for i, piece in enumerate(words.pieces)}
    names = {"bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token"}
    texts = {role: _text(config.get(key)) for role, key in names.items()}
    special = {role: ids[text] for role, text in texts.items() if text in ids}
    model = read_json(folder / "config.json")
    for role in ("bos", "eos"):  # without one, llama.cpp would take a number of its own
        number = model.get(f"{role}_token_id")
        if role not in special and isinstance(number, int) and number < len(words.pieces):
            special[role] = number
    template = chat_template(folder)
    add_bos = bool(config.get("add_bos_token", words.model == "llama"))
    if template is not None:
        controls = [p for p, kind in zip(words.pieces, words.types, strict=True) if kind in (CONTROL, UNKNOWN)]
        chat = ChatTemplate(template, controls, bos=texts["bos"], eos=texts["eos"], model=folder.name)
        parts = chat.render([Message("user", "a"), Message("assistant", "b")], generation=False)
        add_bos = bool(texts["bos"]) and parts[0] == Control(texts["bos"])
        if end := _end_of_turn(parts):
            special["eot"] = ids[end]
    return replace(words, special=special, template=template, add_bos=add_bos)


def _end_of_turn(parts: Sequence[Control | Text]) -> str:
    """Return the control token that follows the assistant's message, which is the last one; empty where none does."""
    last = max((n for n, part in enumerate(parts) if isinstance(part, Text) and part.contents), default=len(parts))
    return next((part.token for part in parts[last:] if isinstance(part, Control)), "")


def _text(token: Any) -> str:
    """Return the text of a special token, which configurations write as a string or as an object."""
    return str(token["content"]) if isinstance(token, Mapping) else str(token or "")
