"""Adapters that mlx_lm.lora and PEFT themselves trained and saved, in llama.cpp: what people come with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from plum_edge.backends import own_loaders
from plum_edge.export import translate
from tests import zoo

needs_peft = pytest.mark.skipif(not own_loaders.has_peft(), reason="torch, transformers and peft are not installed")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["llama-3", "phi"])
def test_one_that_mlx_lm_lora_trained(name: str, tmp_path: Path) -> None:
    base, data = zoo.base(name, tmp_path), tmp_path / "data"
    data.mkdir()
    for split in ("train", "valid"):
        lines = [json.dumps({"text": f"the sourdough starter of {n} April, the kitchen tap"}) for n in range(8)]
        (data / f"{split}.jsonl").write_text("\n".join(lines))
    command = [
        sys.executable, "-m", "mlx_lm", "lora", "--train", "--model", base, "--data", data, "--iters", "6",
        "--batch-size", "2", "--num-layers", "1", "--learning-rate", "1e-3", "--adapter-path", tmp_path / "adapter",
        "--steps-per-eval", "100", "--val-batches", "1",
    ]  # fmt: skip
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2000:]
    done = translate.convert(tmp_path / "adapter", "gguf", tmp_path / "a.gguf", base)
    assert (done["from"], done["rank"], done["proof"]["by"]) == ("mlx", 8, "logits")
    assert (done["proof"]["reference"], done["proof"]["runtime"]) == ("mlx-lm", "llama.cpp")
    assert done["proof"]["max_abs_logit"] < 1e-4 and done["proof"]["effect"] > 0.01
    assert done["modules"] == len(zoo.linears(json.loads((base / "config.json").read_text())))


@needs_peft
@pytest.mark.parametrize(
    "settings",
    [
        {"target_modules": "all-linear"},
        {"target_modules": ["q_proj", "down_proj"], "use_rslora": True},
        {
            "target_modules": ["q_proj", "v_proj", "up_proj"], "layers_to_transform": [1],
            "rank_pattern": {"up_proj": 7}, "alpha_pattern": {"q_proj": 5},
        },
        {"target_modules": ["o_proj", "lm_head", "embed_tokens"]},
    ],
    ids=["all-linear", "rslora", "patterns", "embedding-and-output"],
)  # fmt: skip
def test_one_that_peft_trained(settings: dict, tmp_path: Path) -> None:
    import torch
    import transformers
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    base = zoo.base("llama-2", tmp_path)
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = get_peft_model(model, LoraConfig(r=4, lora_alpha=12, task_type="CAUSAL_LM", **settings))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    ids = torch.randint(7, 500, (2, 24))
    for _ in range(4):
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(tmp_path / "adapter", save_embedding_layers=False)
    for to in ("gguf", "mlx"):
        done = translate.convert(tmp_path / "adapter", to, tmp_path / f"a.{to}", base)
        assert (done["proof"]["by"], done["proof"]["reference"]) == ("logits", "PEFT")
        assert done["proof"]["max_abs_logit"] < 1e-4 and done["proof"]["effect"] > 0.01


@needs_peft
def test_a_dora_that_peft_saved_is_refused_by_name(tmp_path: Path) -> None:
    import transformers
    from peft import LoraConfig, get_peft_model

    from plum_edge.errors import ForeignAdapter

    base = zoo.base("qwen2", tmp_path)
    model = transformers.AutoModelForCausalLM.from_pretrained(base)
    get_peft_model(model, LoraConfig(use_dora=True, target_modules=["q_proj"])).save_pretrained(tmp_path / "adapter")
    with pytest.raises(ForeignAdapter, match=r"it is a DoRA.*layers\.0–1\.self_attn.*magnitude_vector.* to a DoRA"):
        translate.convert(tmp_path / "adapter", "gguf", tmp_path / "a.gguf", base)
    assert not (tmp_path / "a.gguf").exists()
