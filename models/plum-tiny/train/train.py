"""The one command: trains plum-tiny from scratch, resumable and seeded.

PLUM_EDGE_DATA=<data> python models/plum-tiny/train/train.py --out <folder for checkpoints> --tokens 30e6
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import timedelta
from pathlib import Path

import export
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from model import Llama, Shape, optimizers, rate
from stream import Stream

BATCH = 8192


def save(path: Path, model: Llama, states: list[object], step: int, total: int, seconds: float) -> None:
    """Writes a checkpoint under a temporary name and renames it."""
    scratch = path.with_suffix(".tmp")
    torch.save(
        {
            "model": model.state_dict(),
            "optimizers": states,
            "step": step,
            "total": total,
            "seconds": seconds,
            "shape": model.shape.as_dict(),
        },
        scratch,
    )
    scratch.replace(path)


def share_gradients(model: Llama, ranks: int) -> None:
    """Averages the gradients over the processes."""
    if ranks > 1:
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        dist.all_reduce(flat)
        flat /= ranks
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))


def run(rank: int, arguments: argparse.Namespace) -> None:
    """Trains to the end of the token budget: one of `--processes` equal processes of one thread each.

    Processes that meet once a step bear a busy machine far better than threads that meet in every operation.
    """
    ranks = arguments.processes
    torch.set_num_threads(1)
    if ranks > 1:
        os.setsid()  # else the processes share one turn where the system schedules by session
        meeting = f"file://{Path(arguments.out).resolve()}/meeting"
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=ranks, timeout=timedelta(hours=1))
    torch.manual_seed(arguments.seed)
    out = Path(arguments.out)
    path = out / "checkpoint.pt"
    total = int(float(arguments.tokens) / BATCH)
    model = Llama(Shape(width=arguments.width, heads=arguments.width // 32, hidden=arguments.hidden))
    muon, adam = optimizers(model)
    step, spent = 0, 0.0
    if path.exists():
        state = torch.load(path, weights_only=True)
        model.load_state_dict(state["model"])
        muon.load_state_dict(state["optimizers"][0])
        adam.load_state_dict(state["optimizers"][1])
        step, spent = state["step"], state["seconds"]
        total = total if arguments.retarget else state["total"]
    import checks

    stream = Stream(arguments.seed, total)
    sets = {} if rank else checks.build(stream, arguments.eval_size)
    compute = torch.compile(model.loss, dynamic=False) if arguments.compile else model.loss
    begun = last_save = time.monotonic()
    last_export = begun - 800
    measured = begun - arguments.every / 2
    tokens_since, running, stamp = 0, None, time.monotonic()
    if not rank:
        size = sum(p.numel() for p in model.parameters())
        print(json.dumps({"parameters": size, "steps": total, "from": step}), flush=True)
    while step < total:
        speed = rate(step, total, arguments.rate)
        batch = {key: torch.from_numpy(value) for key, value in stream.batch(step, rank, ranks).items()}
        with torch.autocast("cpu", torch.bfloat16):
            loss = compute(**batch)
        loss.backward()
        share_gradients(model, ranks)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        muon.step(speed)
        for group in adam.param_groups:
            group["lr"] = speed
        adam.step()
        model.zero_grad(set_to_none=True)
        step += 1
        tokens_since += batch["ids"].numel() * ranks
        running = loss.item() if running is None else 0.95 * running + 0.05 * loss.item()
        if rank:
            continue
        now = time.monotonic()
        if step % 20 == 0:
            print(
                json.dumps(
                    {
                        "step": step,
                        "loss": round(running, 4),
                        "rate": round(speed, 6),
                        "tokens_per_second": round(tokens_since / (now - stamp)),
                        "seconds": round(spent + now - begun),
                    }
                ),
                flush=True,
            )
            tokens_since, stamp = 0, now
        if now - measured > arguments.every or step == total:
            figures = checks.measure(model, sets)
            row = {
                "step": step,
                "tokens": step * BATCH,
                "seconds": round(spent + now - begun),
                "loss": round(running, 4),
                **figures,
            }
            with (out / "evaluations.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            measured = stamp = time.monotonic()
        if now - last_save > arguments.every or step == total:
            save(path, model, [muon.state_dict(), adam.state_dict()], step, total, spent + now - begun)
            last_save = time.monotonic()
        if arguments.export and path.exists() and (now - last_export > 900 or step == total):
            export.export(path, Path(arguments.export))
            last_export = time.monotonic()


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="folder for checkpoints and logs")
    parser.add_argument("--export", help="folder that gets the model in HF layout about every 15 minutes")
    parser.add_argument("--tokens", default="30e6", help="token budget of the whole run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--hidden", type=int, default=448)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--every", type=float, default=120.0, help="seconds between checkpoints and measurements")
    parser.add_argument("--eval-size", type=int, default=300)
    parser.add_argument(
        "--retarget", action="store_true", help="on resuming, take --tokens instead of the saved budget"
    )
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


if __name__ == "__main__":
    options = parse()
    Path(options.out).mkdir(parents=True, exist_ok=True)
    (Path(options.out) / "meeting").unlink(missing_ok=True)
    if options.processes > 1:
        mp.spawn(run, args=(options,), nprocs=options.processes)
    else:
        run(0, options)
