"""Writes a checkpoint in Hugging Face layout: f16 weights and the configuration files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import tokenizer
import torch
from safetensors.torch import save_file

NAMES = {
    "q_proj": "self_attn.q_proj",
    "k_proj": "self_attn.k_proj",
    "v_proj": "self_attn.v_proj",
    "o_proj": "self_attn.o_proj",
    "gate_proj": "mlp.gate_proj",
    "up_proj": "mlp.up_proj",
    "down_proj": "mlp.down_proj",
}


def renamed(name: str) -> str:
    """The parameter's name in Hugging Face's Llama."""
    for short, long in NAMES.items():
        name = name.replace(short, long)
    return f"model.{name}"


def export(checkpoint: Path, folder: Path) -> None:
    """Writes config.json, generation_config.json and model.safetensors; each is complete before it gets its name."""
    state = torch.load(checkpoint, weights_only=True)
    shape = state["shape"]
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": shape["width"],
        "intermediate_size": shape["hidden"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "num_key_value_heads": shape["heads"],
        "head_dim": shape["width"] // shape["heads"],
        "vocab_size": shape["vocabulary"],
        "max_position_embeddings": shape["positions"],
        "rope_theta": shape["theta"],
        "rms_norm_eps": shape["epsilon"],
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": tokenizer.BOS,
        "eos_token_id": tokenizer.END,
        "pad_token_id": tokenizer.END,
        "torch_dtype": "float16",
        "initializer_range": 0.02,
    }
    generation = {
        "bos_token_id": tokenizer.BOS,
        "eos_token_id": tokenizer.END,
        "pad_token_id": tokenizer.END,
        "do_sample": False,
        "max_new_tokens": 128,
    }
    tensors = {renamed(name): value.to(torch.float16).contiguous() for name, value in state["model"].items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("config.json", config), ("generation_config.json", generation)):
        scratch = folder / f".{name}.tmp"
        scratch.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
        scratch.replace(folder / name)
    scratch = folder / ".model.safetensors.tmp"
    save_file(tensors, scratch, metadata={"format": "pt"})
    scratch.chmod(0o644)
    scratch.replace(folder / "model.safetensors")


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
