"""What a large model costs: memory follows what is read, not what could be. Measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import gguf as library
import numpy as np
import pytest

VOCABULARY, CONTEXT, LAYERS, HIDDEN, KV_HEADS, HEADS = 152_000, 40_960, 12, 256, 8, 8
ALLOWED = 700
"""Megabytes of a process, the libraries' own some 120 among them. The embedding takes 78; a cache for the whole context
would take 480 as f16 and 960 as f32, the logits of 300 tokens 182, those of two batches of 512 620."""


def large(path: Path) -> Path:
    """Write a small model with a large vocabulary and a long context, in f16, with words of its own for Yes and No."""
    rng = np.random.default_rng(0)
    writer = library.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(VOCABULARY)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{n:02X}>" for n in range(256)), "Yes", "No"]
    tokens += [f"▁w{n}" for n in range(VOCABULARY - len(tokens))]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_types([2, 3, 3, *[6] * 256, *[1] * (VOCABULARY - 259)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{% for m in messages %}{{ m.content }}{% endfor %}")

    def add(name: str, *shape: int) -> None:
        ones = len(shape) == 1
        value = np.ones(shape, np.float32) if ones else rng.standard_normal(shape, np.float32).astype(np.float16)
        writer.add_tensor(name, value if ones else value * np.float16(0.05))

    add("token_embd.weight", VOCABULARY, HIDDEN)
    add("output_norm.weight", HIDDEN)
    for n in range(LAYERS):
        for part in ("attn_norm", "ffn_norm"):
            add(f"blk.{n}.{part}.weight", HIDDEN)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
            add(f"blk.{n}.{part}.weight", HIDDEN, HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


PROGRAM = """
import json, resource, sys
from pathlib import Path
def peak():  # of this program alone: what getrusage says on Linux begins with the size of who started it
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 ** 2
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
from plum_edge.runtime import Runtime
from plum_edge.records import Message
with Runtime(Path(sys.argv[1]), threads=1, exact=sys.argv[2] == "exact") as runtime:
    asked = [[Message("user", f"Did we talk about w{n} w{n + 1}?")] for n in range(40)]
    found = runtime.p_yes_many(asked)
    runtime.answer(asked[0], max_tokens=8)
    ids = list(range(300, 600))
    rows = sum(len(runtime.tail(ids, 1)) for _ in range(3))
    print(json.dumps({
        "context": runtime.context, "answers": len(set(found)), "rows": rows,
        "peak": peak(),
    }))
"""


@pytest.mark.parametrize("kind", ["exact", "as deployed"])
def test_a_model_with_a_large_vocabulary_and_a_long_context_needs_little(tmp_path: Path, kind: str) -> None:
    path = large(tmp_path / "large.gguf")
    ran = subprocess.run([sys.executable, "-c", PROGRAM, str(path), kind], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["context"] == CONTEXT and found["answers"] > 1 and found["rows"] == 3
    assert found["peak"] < ALLOWED
