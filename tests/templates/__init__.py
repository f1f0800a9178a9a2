"""The chat templates beside this file, each with the control tokens that its model's vocabulary has.

README.md says where they come from. Vocabularies are made by us: byte-level or SentencePiece, with those tokens added.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from plum_edge.config import Template
from plum_edge.templates.prompt import ChatTemplate
from plum_edge.templates.tokens import ChatTokenizer
from tests import zoo

_HERE = Path(__file__).parent
_CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_GEMMA = ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>")
_MISTRAL = ("<s>", "</s>", "[INST]", "[/INST]")


@dataclass(frozen=True)
class Real:
    """A template of a real model."""

    name: str
    controls: tuple[str, ...]
    bos: str
    eos: str
    system: bool = True
    """Whether it takes system messages."""
    default: bool = False
    """Whether it puts a system message of its own where none is given."""

    @property
    def source(self) -> str:
        """The template itself."""
        return (_HERE / f"{self.name}.jinja").read_text(encoding="utf-8")

    def template(self, settings: Template | None = None) -> ChatTemplate:
        """Return it compiled."""
        return ChatTemplate(self.source, self.controls, bos=self.bos, eos=self.eos, model=self.name, settings=settings)

    def tokenizer(self, kind: str, folder: Path, settings: Template | None = None) -> ChatTokenizer:
        """Return a tokenizer of a kind of vocabulary that knows its control tokens."""
        place = folder / f"{self.name}-{kind}"
        if not place.is_dir():
            place.mkdir()
            zoo.write_vocabulary(kind, place)
            tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
            tokenizer.add_special_tokens(list(self.controls))
            tokenizer.save(str(place / "tokenizer.json"))
            said = {"bos_token": self.bos or None, "eos_token": {"content": self.eos}}
            (place / "tokenizer_config.json").write_text(json.dumps(said), encoding="utf-8")
        return ChatTokenizer(place, self.source, settings)


REAL = [
    Real("smollm2", _CHATML, "<|im_start|>", "<|im_end|>", default=True),
    Real("qwen2.5", _CHATML, "", "<|im_end|>", default=True),
    Real("qwen3", _CHATML, "", "<|im_end|>"),
    Real("qwen3-training", _CHATML, "", "<|im_end|>"),
    Real(
        "llama-3.2",
        ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        "<|begin_of_text|>",
        "<|eot_id|>",
        default=True,
    ),
    Real("gemma-2", _GEMMA, "<bos>", "<eos>", system=False),
    Real("gemma-3", _GEMMA, "<bos>", "<eos>"),
    Real("mistral-7b-v0.3", _MISTRAL, "<s>", "</s>"),
    Real("mistral-7b-v0.2", ("<s>", "</s>"), "<s>", "</s>", system=False),  # its [INST] is text
    Real("mistral-nemo", _MISTRAL, "<s>", "</s>"),
    Real(
        "phi-3.5",
        ("<s>", "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        "<s>",
        "<|endoftext|>",
    ),
]
KINDS = ("smollm", "qwen2", "llama-bpe", "sentencepiece", "gemma")
"""Kinds of vocabularies (zoo.py)."""
