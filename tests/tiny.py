"""A tiny seeded Llama in Hugging Face's layout, with a real SentencePiece vocabulary, and random adapters for it.

For any test that needs a base: it is made in about a tenth of a second.
"""

from __future__ import annotations

import functools
import json
import random
import tempfile
from pathlib import Path

import numpy as np
import safetensors.numpy
import sentencepiece

from plum_edge.paths import data_dir

HIDDEN, LAYERS, HEADS, KV_HEADS, FFN, VOCABULARY, CONTEXT = 64, 2, 4, 2, 96, 600, 256
TARGETS = {
    "self_attn.q_proj": (HIDDEN, HIDDEN),
    "self_attn.k_proj": (HIDDEN // HEADS * KV_HEADS, HIDDEN),
    "self_attn.v_proj": (HIDDEN // HEADS * KV_HEADS, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HIDDEN),
    "mlp.gate_proj": (FFN, HIDDEN),
    "mlp.up_proj": (FFN, HIDDEN),
    "mlp.down_proj": (HIDDEN, FFN),
}
"""(out, in) of every linear layer."""
CONTROLS = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_VOCABULARY_TEXT = """
yes no Yes No we talked about the a my of on in to and did you when what I said it was not that have has been
discussed mentioned sourdough starter kitchen tap bicycle garden letter doctor Tuesday March April 2026 remember
conversation question answer bread train holiday neighbour window green quiet early tomorrow because before after
"""
_WORDS = _VOCABULARY_TEXT.split()


def text(seed: int, sentences: int) -> list[str]:
    """Return made-up sentences: words of a small list, new words, numbers, punctuation, spaces, other scripts."""
    rng = random.Random(seed)
    lines = []
    for _ in range(sentences):
        words = [rng.choice(_WORDS) for _ in range(rng.randrange(1, 12))]
        for _ in range(rng.randrange(0, 4)):
            made_up = "".join(rng.choice("abcdefghijklmnoprstuvwz") for _ in range(rng.randrange(2, 9)))
            odd = rng.choice(
                [made_up, made_up.title(), str(rng.randrange(100_000)), "—", "naïve", "日本", "🍞", "\n", ""]
            )
            words.insert(rng.randrange(len(words) + 1), odd)
        lines.append(rng.choice(["", "", " ", "\n"]) + rng.choice([" ", " ", "  "]).join(words) + rng.choice(".?!, "))
    return lines


@functools.cache
def sentencepiece_model(prefix: bool = True) -> bytes:
    """Return tokenizer.model; ``prefix``: whether a space stands before the first word."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "text.txt"
        source.write_text("\n".join(line.replace("\n", " ") for line in text(0, 4000)), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.Train(
            input=str(source), model_prefix=f"{scratch}/t", model_type="bpe", vocab_size=VOCABULARY, byte_fallback=True,
            normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=prefix,
            character_coverage=0.999, control_symbols=list(CONTROLS), unk_id=0, bos_id=1, eos_id=2, pad_id=-1,
            num_threads=1, minloglevel=2,
        )  # fmt: skip
        return (Path(scratch) / "t.model").read_bytes()


def tiny_base(tmp_path: Path, *, seed: int = 0, tied: bool = True, dtype: type[np.generic] = np.float32) -> Path:
    """Write the model into ``tmp_path / "tiny"`` and return that folder."""
    folder = tmp_path / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)

    def matrix(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(dtype)

    tensors = {"model.embed_tokens.weight": (rng.standard_normal((VOCABULARY, HIDDEN)) * 0.1).astype(dtype)}
    for n in range(LAYERS):
        for name, shape in TARGETS.items():
            tensors[f"model.layers.{n}.{name}.weight"] = matrix(*shape)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{n}.{norm}.weight"] = (1 + 0.1 * rng.standard_normal(HIDDEN)).astype(dtype)
    tensors["model.norm.weight"] = (1 + 0.1 * rng.standard_normal(HIDDEN)).astype(dtype)
    if not tied:
        tensors["lm_head.weight"] = matrix(VOCABULARY, HIDDEN)
    safetensors.numpy.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    _write(folder / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS, "intermediate_size": FFN,
        "vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "hidden_act": "silu", "tie_word_embeddings": tied, "bos_token_id": 1, "eos_token_id": 6,
    })  # fmt: skip
    (folder / "tokenizer.model").write_bytes(sentencepiece_model())
    (folder / "general.jsonl").touch()  # it ships no general samples; without the file it would be asked for its own
    write_tokenizer(folder)
    return folder


def ask_little(base: Path) -> Path:
    """Give a base ten of each kind of what the embedded one is asked for its general ability: a second, not thirty."""
    for name in ("ability.jsonl", "probe.jsonl"):
        kinds: dict[str, list[str]] = {}
        for line in (data_dir("models") / "plum-tiny" / name).read_text(encoding="utf-8").splitlines():
            kinds.setdefault(json.loads(line)["kind"], []).append(line)
        few = [line for lines in kinds.values() for line in lines[:10]]
        (base / name).write_text("\n".join(few) + "\n", encoding="utf-8")
    return base


def random_lora(base: Path, rank: int = 4, seed: int = 0) -> dict[str, np.ndarray]:
    """Return an adapter for all linear layers under PEFT's names: A (r, in), B (out, r), f32, neither of them zero."""
    rng = np.random.default_rng(seed)
    layers = json.loads((base / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"]
    state = {}
    for n in range(layers):
        for name, (out, inner) in TARGETS.items():
            prefix = f"base_model.model.model.layers.{n}.{name}"
            state[f"{prefix}.lora_A.weight"] = (rng.standard_normal((rank, inner)) / np.sqrt(inner)).astype(np.float32)
            state[f"{prefix}.lora_B.weight"] = (rng.standard_normal((out, rank)) * 0.2).astype(np.float32)
    return state


def write_tokenizer(folder: Path, prefix: bool = True) -> None:
    """Derive tokenizer.json from the SentencePiece vocabulary: every pair of pieces that joins to one, best first."""
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    ids = {processor.IdToPiece(i): i for i in range(processor.GetPieceSize())}
    special = ("<unk>", "<s>", "</s>", *CONTROLS)
    score = {p: processor.GetScore(i) for p, i in ids.items() if p not in special and not processor.IsByte(i)}
    merges = sorted(
        (-score[piece], ids[piece[:cut]], ids[piece[cut:]], piece[:cut], piece[cut:])
        for piece in score
        for cut in range(1, len(piece))
        if piece[:cut] in score and piece[cut:] in score
    )
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    added = [{"id": ids[piece], "content": piece, **flags} for piece in special]
    space = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    _write(folder / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}] * prefix + [space]},
        "pre_tokenizer": None, "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            *[{"type": "Strip", "content": " ", "start": 1, "stop": 0}] * prefix]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": ids, "merges": [[left, right] for *_, left, right in merges]},
    })  # fmt: skip
    _write(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "<|end|>", "unk_token": "<unk>",
        "add_bos_token": False, "chat_template": TEMPLATE,
        "added_tokens_decoder": {str(a["id"]): {k: v for k, v in a.items() if k != "id"} for a in added},
    })  # fmt: skip


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
