"""A tiny seeded model of every family, in Hugging Face's layout, and random adapters for it. Needs numpy only.

Configurations are written as the families' own repositories have them. Sizes are small, and such that mistakes show:
heads that are not hidden / heads wide, soft caps and windows that bite.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tests import tiny

HIDDEN, HEADS, KV_HEADS, FFN, CONTEXT = 64, 4, 2, 96, 256
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_CUT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
_SILU = {"hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0}
_GEMMA = {
    "hidden_activation": "gelu_pytorch_tanh", "hidden_act": "gelu_pytorch_tanh", "rms_norm_eps": 1e-6, "head_dim": 32,
    "query_pre_attn_scalar": 32, "attention_bias": False,
}  # fmt: skip
_LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}  # fmt: skip
FAMILIES: dict[str, dict[str, Any]] = {
    "llama-2": {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **_SILU, "vocabulary": "sentencepiece"},
    "llama-3": {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", **_SILU, "rope_theta": 500000.0,
        "rope_scaling": _LLAMA3, "tie_word_embeddings": True, "vocabulary": "llama-bpe",
    },
    "smollm2": {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", **_SILU, "rope_theta": 100000.0,
        "tie_word_embeddings": True, "vocabulary": "smollm",
    },
    "mistral": {
        "architectures": ["MistralForCausalLM"], "model_type": "mistral", **_SILU, "head_dim": 32,
        "sliding_window": None, "vocabulary": "sentencepiece",
    },
    "qwen2": {
        "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", **_SILU, "rope_theta": 1000000.0,
        "use_sliding_window": False, "sliding_window": 32, "tie_word_embeddings": True, "vocabulary": "qwen2",
    },
    "qwen3": {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", **_SILU, "rope_theta": 1000000.0, "head_dim": 32,
        "attention_bias": False, "use_sliding_window": False, "vocabulary": "qwen2",
    },
    "gemma-2": {
        "architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", **_GEMMA, "rope_theta": 10000.0,
        "sliding_window": 64, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 8.0, "vocabulary": "gemma",
    },
    "gemma-3": {
        "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", **_GEMMA, "num_hidden_layers": 6,
        "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "sliding_window": 16,
        "rope_scaling": {"rope_type": "linear", "factor": 8.0}, "sliding_window_pattern": 6, "vocabulary": "gemma",
    },
    "phi": {  # not phi-3: llama.cpp wants certain control tokens of a model of that name
        "architectures": ["Phi3ForCausalLM"], "model_type": "phi3", **_SILU, "sliding_window": 200,
        "original_max_position_embeddings": 256, "pad_token_id": 0, "vocabulary": "sentencepiece",
    },
}  # fmt: skip
"""The name of a family → its configuration; ``vocabulary`` is not part of it."""


def base(name: str, folder: Path, *, seed: int = 0, **changes: Any) -> Path:
    """Write the model of a family into ``folder / name`` and return that folder. ``changes`` go into config.json."""
    target = folder / name
    target.mkdir(parents=True)
    config = {
        "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
        "intermediate_size": FFN, "max_position_embeddings": CONTEXT, "torch_dtype": "float32",
        "tie_word_embeddings": FAMILIES[name]["model_type"].startswith("gemma"),
        **FAMILIES[name], **changes,
    }  # fmt: skip
    kind = config.pop("vocabulary")
    config |= write_vocabulary(kind, target)
    (target / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    rng = np.random.default_rng(seed)
    tensors = {n: _values(rng, n, shape) for n, shape in shapes(config).items()}
    safetensors.numpy.save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    return target


def shapes(config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor of a model."""
    kind, hidden, size = config["model_type"], config["hidden_size"], config["vocab_size"]
    found: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (size, hidden)}
    norms = ["input_layernorm", "post_attention_layernorm"]
    if kind.startswith("gemma"):
        norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
    for n in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{n}"
        for target, shape in linears(config).items():
            found[f"{prefix}.{target}.weight"] = shape
            if kind == "qwen2" and target[-6] in "qkv" and "self_attn" in target:
                found[f"{prefix}.{target}.bias"] = shape[:1]
        found |= {f"{prefix}.{norm}.weight": (hidden,) for norm in norms}
        if kind in ("qwen3", "gemma3_text"):
            found |= {f"{prefix}.self_attn.{side}_norm.weight": (config["head_dim"],) for side in "qk"}
    found["model.norm.weight"] = (hidden,)
    if not config.get("tie_word_embeddings", kind.startswith("gemma")):
        found["lm_head.weight"] = (size, hidden)
    return found


def linears(config: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return (out, in) of the linear layers within a layer."""
    hidden, ffn = config["hidden_size"], config["intermediate_size"]
    wide = config.get("head_dim") or hidden // config["num_attention_heads"]
    q, kv = wide * config["num_attention_heads"], wide * config["num_key_value_heads"]
    if config["model_type"] == "phi3":
        return {
            "self_attn.qkv_proj": (q + 2 * kv, hidden), "self_attn.o_proj": (hidden, q),
            "mlp.gate_up_proj": (2 * ffn, hidden), "mlp.down_proj": (hidden, ffn),
        }  # fmt: skip
    return {
        "self_attn.q_proj": (q, hidden), "self_attn.k_proj": (kv, hidden), "self_attn.v_proj": (kv, hidden),
        "self_attn.o_proj": (hidden, q),
        "mlp.gate_proj": (ffn, hidden), "mlp.up_proj": (ffn, hidden), "mlp.down_proj": (hidden, ffn),
    }  # fmt: skip


def lora(folder: Path, rank: int = 4, seed: int = 1) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return {module: (A (r, in), B (out, r))} for all linear layers of a model, none of them zero."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    rng = np.random.default_rng(seed)
    return {
        f"model.layers.{n}.{target}": pair(rng, rank, shape)
        for n in range(config["num_hidden_layers"])
        for target, shape in linears(config).items()
    }


def pair(rng: np.random.Generator, rank: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return A (r, in) and B (out, r) for a matrix of (out, in)."""
    out, inner = shape
    a = rng.standard_normal((rank, inner)) / np.sqrt(inner)
    return a.astype(np.float32), (rng.standard_normal((out, rank)) * 0.2).astype(np.float32)


def _values(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if name.endswith("norm.weight"):
        values = 0.7 + 0.2 * rng.standard_normal(shape)
    elif "embed_tokens" in name or len(shape) == 1:
        values = 0.1 * rng.standard_normal(shape)
    else:
        values = rng.standard_normal(shape) / np.sqrt(shape[-1])
    return values.astype(np.float32)


# -- vocabularies ------------------------------------------------------------------------------------------------------


def write_vocabulary(kind: str, folder: Path) -> dict[str, Any]:
    """Write a vocabulary of a kind; return what config.json says of it."""
    if kind in ("sentencepiece", "gemma"):
        prefix = kind == "sentencepiece"
        (folder / "tokenizer.model").write_bytes(tiny.sentencepiece_model(prefix))
        tiny.write_tokenizer(folder, prefix)
        return {"vocab_size": tiny.VOCABULARY, "bos_token_id": 1, "eos_token_id": 6}
    (folder / "tokenizer.json").write_text(byte_level(kind), encoding="utf-8")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    added = tokenizer.get_added_tokens_decoder()
    of_added = {
        str(i): {"content": t.content, "special": t.special, "lstrip": False, "rstrip": False, "normalized": False,
                 "single_word": False}
        for i, t in added.items()
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "chat_template": CHATML,
        "added_tokens_decoder": of_added,
    }), encoding="utf-8")  # fmt: skip
    return {"vocab_size": 512, "eos_token_id": tokenizer.token_to_id("<|im_end|>")}


@functools.cache
def byte_level(kind: str) -> str:
    """Return a tokenizer.json of byte-level BPE that cuts text as ``kind`` (llama.cpp's name) does."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=kind == "llama-bpe"))
    if kind == "smollm":
        steps = [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    else:
        cut = _CUT.replace("DIGITS", "{1,3}" if kind == "llama-bpe" else "")
        steps = [
            pre_tokenizers.Split(Regex(cut), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    if kind == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=490, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    numbers = [f"{n % 70} {n} in {1900 + n % 130}, {n * 37}" for n in range(2000)]
    tokenizer.train_from_iterator([*tiny.text(0, 2000), *numbers], trainer)
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
    return str(tokenizer.to_str())
