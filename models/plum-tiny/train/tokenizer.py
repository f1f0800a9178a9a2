"""Trains the SentencePiece vocabulary and derives a `tokenizer.json` that agrees with it token for token."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path

import corpora
import phrasings
import sentencepiece as spm
import smalltalk
import words

VOCABULARY = 6144
BOS, EOS, SYSTEM, USER, ASSISTANT, END = 1, 2, 3, 4, 5, 6
CONTROLS = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def training_counts(natural: int = 2300) -> Counter[str]:
    """Words and snippets with weights: the generator's own words and the commonest natural words far above the rest,
    so that the small vocabulary spends itself on whole words.
    """
    counts: Counter[str] = Counter()
    for dialogue in corpora.load_all():
        for _, text in dialogue.turns:
            counts.update(re.findall(r"\w+|[^\w\s]+", text))
    for text in corpora.load_wiki():
        counts.update(re.findall(r"\w+|[^\w\s]+", text))
    for exchange in smalltalk.EXCHANGES:
        for text in exchange:
            counts.update(dict.fromkeys(re.findall(r"\w+|[^\w\s]+", text), 20))
    common = [word for word, _ in counts.most_common(natural)]
    weighted: Counter[str] = Counter({word: max(1, int(count**0.5)) for word, count in counts.items()})
    for word in common:
        weighted[word] = 800 + counts[word] // 5
    own = words.NOUNS + words.ADJECTIVES + words.MODIFIERS + words.VERBS + words.NOISE + words.FIRST + words.PLACES
    own += words.PLACE_KINDS + words.MONTHS + words.WEEKDAYS + ["Conversation", "User", "Assistant"]
    own += [word for text in (*words.CLAUSES, *phrasings.all_templates()) for word in re.findall(r"[A-Za-z]+", text)]
    for word in own:
        for part in word.split(" "):
            weighted[part] = max(weighted[part], 1200)
    for word in common[:1500]:
        if word.islower() and len(word) > 2:
            weighted[word.capitalize()] = max(weighted[word.capitalize()], 500 if word in common[:700] else 1)
    for number in (*range(32), 2024, 2025, 2026):
        weighted[str(number)] = 1500
    for bare in (
        "User",
        "Assistant",
        "Conversation",
        "I",
        "My",
        "We",
        "The",
        "Can",
        "What",
        "How",
        "It",
        "In",
        "s",
        "t",
        "m",
        "re",
        "ll",
        "ve",
        "d",
        "And",
        "But",
        "Is",
        "Do",
        "Yes",
        "No",
        "Please",
        "There",
        "This",
        "If",
    ):
        weighted["/" + bare] = 2000
    for mark in ('."', '?"', '!"', ".)", "...", ").", "),"):
        weighted["/" + mark] = 500
    return weighted


def train(folder: Path) -> Path:
    """Writes `tokenizer.model` into the folder."""
    with tempfile.TemporaryDirectory() as scratch:
        text = Path(scratch) / "text.tsv"
        rows = sorted(training_counts().items(), key=lambda item: (-item[1], item[0]))
        text.write_text("".join(f"{word}\t{count}\n" for word, count in rows), encoding="utf-8")
        spm.SentencePieceTrainer.train(
            input=str(text),
            input_format="tsv",
            model_prefix=str(Path(scratch) / "tokenizer"),
            model_type="bpe",
            vocab_size=VOCABULARY,
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=True,
            split_digits=False,
            character_coverage=0.9995,
            control_symbols=list(CONTROLS),
            unk_id=0,
            bos_id=1,
            eos_id=2,
            pad_id=-1,
            num_threads=2,
            max_sentence_length=20000,
            minloglevel=1,
            hard_vocab_limit=True,
        )
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / "tokenizer.model"
        target.write_bytes((Path(scratch) / "tokenizer.model").read_bytes())
    return target


def merges_of(pieces: dict[str, float], ids: dict[str, int]) -> list[tuple[str, str]]:
    """All pairs of pieces that join to a piece, best score first: SentencePiece's order of merging."""
    ranked: list[tuple[float, int, int, str, str]] = []
    for piece, score in pieces.items():
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in pieces and right in pieces:
                ranked.append((-score, ids[left], ids[right], left, right))
    return [(left, right) for _, _, _, left, right in sorted(ranked)]


def derive(folder: Path) -> None:
    """Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json next to tokenizer.model."""
    processor = spm.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    ids = {processor.id_to_piece(i): i for i in range(processor.get_piece_size())}
    special = ("<unk>", "<s>", "</s>", *CONTROLS)
    normal = {
        piece: processor.get_score(i) for piece, i in ids.items() if piece not in special and not processor.is_byte(i)
    }
    added = [
        {
            "id": ids[piece],
            "content": piece,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for piece in special
    ]
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": ids,
            "merges": [list(pair) for pair in merges_of(normal, ids)],
        },
    }
    _write(folder / "tokenizer.json", document)
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<s>",
            "eos_token": "<|end|>",
            "unk_token": "<unk>",
            "pad_token": "<|end|>",
            "add_bos_token": False,
            "add_eos_token": False,
            "clean_up_tokenization_spaces": False,
            "model_max_length": 1024,
            "chat_template": CHAT_TEMPLATE,
            "added_tokens_decoder": {
                str(entry["id"]): {k: v for k, v in entry.items() if k != "id"} for entry in added
            },
        },
    )
    _write(
        folder / "special_tokens_map.json",
        {
            "bos_token": "<s>",
            "eos_token": "<|end|>",
            "unk_token": "<unk>",
            "pad_token": "<|end|>",
            "additional_special_tokens": ["<|system|>", "<|user|>", "<|assistant|>"],
        },
    )


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    HERE = Path(__file__).resolve().parents[1]
    train(HERE)
    derive(HERE)
