"""Logits of a base with an adapter as mlx-lm and PEFT themselves load it: what a converted adapter is held against.

Nothing of ours touches the adapter here: a folder goes in, and the library that it is for reads it. Knows nothing of
forms or of training.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.backends import mlx_base
from plum_edge.convert.weights import Weights, open_weights
from plum_edge.errors import ForeignAdapter, NoModel


def has_peft() -> bool:
    """Whether PyTorch, transformers and PEFT are installed."""
    return all(importlib.util.find_spec(name) for name in ("torch", "transformers", "peft"))


def mlx_logits(base: Path, adapter: Path | None, prompts: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """Return the logits after each token of each prompt, (n, vocabulary) f32, in mlx-lm, computed in f32.

    ``base`` is a folder in Hugging Face's or mlx-lm's layout, or a GGUF.

    Raises:
        NoModel: mlx-lm does not load the base.
        ForeignAdapter: mlx-lm does not load the adapter.
    """
    weights = open_weights(base)
    import mlx.core as mx
    from mlx.utils import tree_map

    with contextlib.redirect_stderr(io.StringIO()):  # transformers says there that PyTorch is absent, which is as meant
        from mlx_lm.tuner.utils import load_adapters
    model = mlx_base.load(weights)
    if adapter is not None:
        try:
            model = load_adapters(model, str(adapter))
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ForeignAdapter(adapter, f"mlx-lm does not load it ({error})") from error
    model.update(
        tree_map(lambda p: p.astype(mx.float32) if mx.issubdtype(p.dtype, mx.floating) else p, model.parameters())
    )
    model.eval()
    return [np.array(model(mx.array([list(ids)]))[0].astype(mx.float32)) for ids in prompts]


def transformers_config(weights: Weights) -> Any:
    """Return transformers' configuration of a base: what lies in a folder, or what stands in a GGUF."""
    from transformers import AutoConfig

    if weights.place.is_dir():
        return AutoConfig.from_pretrained(weights.place, local_files_only=True)
    told = dict(weights.config)
    return AutoConfig.for_model(told.pop("model_type"), **told)


def transformers_model(weights: Weights, config: Any, dtype: Any, **more: Any) -> Any:
    """Return transformers' model with the numbers of a GGUF.

    Raises:
        ValueError: transformers wants other tensors.
    """
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_config(config, dtype=dtype, **more)
    own = dict(model.named_parameters(remove_duplicate=False))
    tied = {"lm_head.weight"} if weights.config.get("tie_word_embeddings") else set()
    if strange := (own.keys() - tied) ^ (weights.shapes.keys() - tied):
        raise ValueError(f"transformers wants other tensors: {', '.join(sorted(strange)[:5])}")
    with torch.no_grad():
        for name in weights.shapes:
            own[name].copy_(torch.from_numpy(weights.read(name)))
    return model


def peft_logits(base: Path, adapter: Path | None, prompts: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """Return the same, in transformers and PEFT, computed in f32 on the CPU.

    Raises:
        NoModel: transformers does not load the base.
        ForeignAdapter: PEFT does not load the adapter.
    """
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # which PEFT loads, and which says what it lacks
    try:
        if base.is_dir():
            model = transformers.AutoModelForCausalLM.from_pretrained(
                base, dtype=torch.float32, attn_implementation="eager", local_files_only=True
            )
        else:
            weights = open_weights(base)
            config = transformers_config(weights)
            model = transformers_model(weights, config, torch.float32, attn_implementation="eager")
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise NoModel(base.name, f"transformers does not load it ({error})") from error
    if adapter is not None:
        from peft import PeftModel

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # PEFT asks transformers for what has another name now
                model = PeftModel.from_pretrained(model, str(adapter), local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ForeignAdapter(adapter, f"PEFT does not load it ({error})") from error
    model.eval()
    with torch.no_grad():
        return [model(torch.tensor([list(ids)])).logits[0].float().numpy() for ids in prompts]
