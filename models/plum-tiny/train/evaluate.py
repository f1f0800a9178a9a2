"""Measures a finished model: the gate, and what the model card says. Reads the exported folder: what ships is judged.

PLUM_EDGE_DATA=<data> python models/plum-tiny/train/evaluate.py [folder] [--size 2000]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import checks
import paths
import torch
from export import renamed
from model import Llama, Shape
from safetensors.torch import load_file
from stream import Stream
from tokenizer import ASSISTANT, BOS, END, USER
from units import encode, processor

GATE_READING, GATE_HONEST = 0.95, 0.98


def load(folder: Path) -> Llama:
    """The exported model, in f32."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = Shape(
        config["vocab_size"],
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["max_position_embeddings"],
        config["rope_theta"],
        config["rms_norm_eps"],
    )
    model = Llama(shape)
    names = {renamed(name): name for name in model.state_dict()}
    tensors = load_file(folder / "model.safetensors")
    model.load_state_dict({names[name]: value.float() for name, value in tensors.items()})
    return model.eval()


def gate(figures: dict[str, float]) -> dict[str, float | bool]:
    """The gate: reading (balanced, synthetic), and the honest no without context (far and near together).

    Beside it, without a bar: own phrasings kept from training; topics under held-out names, and under names that rest
    on a pair of words never trained; the date among several conversations; quotes of at most 14 words.
    """

    def balanced(name: str) -> float:
        negatives = [figures[f"{name}.{kind}"] for kind in ("near", "far") if f"{name}.{kind}" in figures]
        return (figures[f"{name}.pos"] + sum(negatives) / len(negatives)) / 2

    honest = (figures["honest_far.far"] + figures["honest_near.near"]) / 2
    result: dict[str, float | bool] = {
        "reading": round(balanced("reading"), 4),
        "reading_natural": round(balanced("natural"), 4),
        "memory": round(balanced("memory"), 4),
        "reading_own_phrasings": round(balanced("reading_unseen_phrasing"), 4),
        "reading_other_names": round(balanced("reading_renamed"), 4),
        "reading_names_never_trained": round(balanced("reading_new_names"), 4),
        "memory_other_names": round(balanced("memory_renamed"), 4),
        "memory_names_never_trained": round(balanced("memory_new_names"), 4),
        "dates": round((figures["dates.date"] + figures["dates.when"]) / 2, 4),
        "quotes": figures["quotes.what"],
        "quotes_natural": figures["natural_quotes.what"],
        "honest_no": round(honest, 4),
        "honest_no_far": figures["honest_far.far"],
        "honest_no_near": figures["honest_near.near"],
    }
    result["passed"] = balanced("reading") >= GATE_READING and honest >= GATE_HONEST
    return result


@torch.no_grad()
def reply(model: Llama, text: str, longest: int = 40) -> str:
    """A greedy answer to one message."""
    ids = [BOS, USER, *encode(text), END, ASSISTANT]
    start = len(ids)
    while len(ids) < start + longest:
        row = torch.tensor([ids])
        zero = torch.zeros_like(row)
        token = int(model.logits(model(row, torch.arange(len(ids))[None], zero, zero)[0, -1]).argmax())
        if token == END:
            break
        ids.append(token)
    return processor().decode(ids[start:])


def main() -> None:
    """Prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=str(paths.MODEL_FOLDER))
    parser.add_argument("--size", type=int, default=2000, help="questions in each of the large sets")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load(Path(arguments.folder))
    figures = checks.measure(model, checks.build(Stream(0, 1), arguments.size), half=False)
    said = {text: reply(model, text) for text in ("Hello!", "What can you do?", "How are you today?", "I am bored.")}
    print(json.dumps({"gate": gate(figures), "figures": figures, "replies": said}, indent=1))


if __name__ == "__main__":
    main()
