"""The text side of a GGUF as a folder in Hugging Face's layout: tokenizer.json, tokenizer_config.json, config.json.

Made of the vocabulary, the merges or scores, the token types and the chat template that the file holds, so that what
cuts text in training cuts it as llama.cpp does. bpe.py and vocabulary.py go the other way. Knows nothing of weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from plum_edge.convert import bpe
from plum_edge.convert.vocabulary import BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, USER_DEFINED

VERSION = "1"
"""Raised when other files are written for the same GGUF, so that old ones are not reused."""
FILES = ("tokenizer.json", "tokenizer_config.json", "config.json")
_KEY = "tokenizer.ggml."
_SAME_CUT = {
    "llama3": "llama-bpe", "llama-v3": "llama-bpe", "falcon3": "llama-bpe", "deepseek-r1-qwen": "qwen2",
    "phi-2": "gpt-2",
}  # fmt: skip
"""llama.cpp's other names for a way of cutting text."""
_ROLES = {"bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token"}
_ALWAYS_CONTROL = {"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>"}
"""What llama.cpp takes for control tokens whatever a file says of them: they end a turn."""


def write(folder: Path, metadata: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Write the three files into an existing folder. ``config`` is what config.json says.

    Raises:
        ValueError: the vocabulary is incomplete, of another kind, or cut in a way that is not known; says which.
    """
    words = _Words(metadata)
    about: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": bool(metadata.get(f"{_KEY}add_bos_token", words.kind == "llama")),
        "added_tokens_decoder": {
            str(one["id"]): {key: value for key, value in one.items() if key != "id"} for one in words.added
        },
    }
    for role, name in _ROLES.items():
        number = metadata.get(f"{_KEY}{role}_token_id")
        if isinstance(number, int) and 0 <= number < len(words.pieces):
            about[name] = words.pieces[number]
    template = metadata.get("tokenizer.chat_template")
    if isinstance(template, str):
        about["chat_template"] = template
    for file, value in zip(FILES, (words.tokenizer(), about, dict(config)), strict=True):
        (folder / file).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


class _Words:
    """A vocabulary as GGUF holds it."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self.metadata = metadata
        self.kind = str(metadata.get(f"{_KEY}model"))
        if self.kind not in ("gpt2", "llama"):
            raise ValueError(f"its vocabulary is of the kind {self.kind!r}, not byte-level BPE or SentencePiece")
        self.pieces = self._list("tokens", str)
        given = self._list("token_type", int) or [NORMAL] * len(self.pieces)
        if not self.pieces or len(given) != len(self.pieces) or len(set(self.pieces)) != len(self.pieces):
            raise ValueError("its vocabulary is damaged: tokens and types do not fit together")
        self.types = [
            CONTROL if piece in _ALWAYS_CONTROL and kind != USER_DEFINED else kind
            for piece, kind in zip(self.pieces, given, strict=True)
        ]

    def _list(self, name: str, kind: type) -> list[Any]:
        found = self.metadata.get(f"{_KEY}{name}", [])
        if not isinstance(found, list) or not all(isinstance(one, kind) for one in found):
            raise ValueError(f"its {_KEY}{name} is no list of the right kind")
        return found

    @property
    def added(self) -> list[dict[str, Any]]:
        """Tokens that are looked for in a text before it is cut, or that only a template writes."""
        plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        special = (CONTROL, UNKNOWN)
        return [
            {"id": i, "content": piece, **plain, "special": kind in special}
            for i, (piece, kind) in enumerate(zip(self.pieces, self.types, strict=True))
            if kind == USER_DEFINED or kind in special
        ]

    def tokenizer(self) -> dict[str, Any]:
        """Return what tokenizer.json says."""
        return {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": self.added, "post_processor": None,
            **(self._byte_level() if self.kind == "gpt2" else self._sentencepiece()),
        }  # fmt: skip

    def _vocab(self, kinds: Sequence[int]) -> dict[str, int]:
        return {piece: i for i, piece in enumerate(self.pieces) if self.types[i] in kinds}

    def _byte_level(self) -> dict[str, Any]:
        name = str(self.metadata.get(f"{_KEY}pre"))
        name = _SAME_CUT.get(name, name)
        known = {cut: (steps, whole) for (steps, whole), cut in bpe.PRE.items()}
        if name not in known:
            raise ValueError(f"how its tokenizer cuts text ({name!r}) is not known here")
        steps, whole = known[name]
        vocab = self._vocab((NORMAL, BYTE, CONTROL, UNKNOWN))
        merges = [merge.split(" ", 1) for merge in self._list("merges", str)]
        if not merges or any(len(m) != 2 or m[0] not in vocab or m[1] not in vocab for m in merges):
            raise ValueError("its merges and its vocabulary do not fit together")
        return {
            "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [bpe.pre_tokenizer(step) for step in steps]},
            "decoder": bpe.BYTE_LEVEL,
            "model": _model(vocab, merges, whole=whole),
        }

    def _sentencepiece(self) -> dict[str, Any]:
        """Return SentencePiece's BPE as merges: every pair of pieces that joins to one, the best score first.

        llama.cpp merges by score whatever the vocabulary was trained as, so this holds for a unigram one as well.
        """
        scores = self._list("scores", float)
        if len(scores) != len(self.pieces):
            raise ValueError("its vocabulary is damaged: tokens and scores do not fit together")
        vocab = self._vocab((NORMAL, UNUSED))
        joined = sorted(
            (-scores[vocab[left + right]], vocab[left], vocab[right], left, right)
            for left, right in _splits(vocab)
        )  # fmt: skip
        unknown = next((piece for piece, kind in zip(self.pieces, self.types, strict=True) if kind == UNKNOWN), None)
        whole = self._vocab((NORMAL, UNUSED, BYTE, CONTROL, UNKNOWN))
        prefix = bool(self.metadata.get(f"{_KEY}add_space_prefix", True))
        space = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
        back = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
        strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
        first = [{"type": "Prepend", "prepend": "▁"}] * prefix
        return {
            "normalizer": {"type": "Sequence", "normalizers": [*first, space]},
            "pre_tokenizer": None,
            "decoder": {"type": "Sequence", "decoders": [
                back, {"type": "ByteFallback"}, {"type": "Fuse"}, *[strip] * prefix]},
            "model": _model(whole, [[left, right] for *_, left, right in joined], unknown=unknown, fallback=True),
        }  # fmt: skip


def _splits(vocab: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield each pair of pieces that joins to a piece."""
    for piece in vocab:
        for cut in range(1, len(piece)):
            if piece[:cut] in vocab and piece[cut:] in vocab:
                yield piece[:cut], piece[cut:]


def _model(
    vocab: Mapping[str, int],
    merges: list[list[str]],
    *,
    unknown: str | None = None,
    whole: bool = False,
    fallback: bool = False,
) -> dict[str, Any]:
    return {
        "type": "BPE", "dropout": None, "unk_token": unknown, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": fallback, "byte_fallback": fallback, "ignore_merges": whole,
        "vocab": dict(vocab), "merges": merges,
    }  # fmt: skip
