"""The adapter of the sample user's first six conversations on plum-tiny: a change that is not about learning keeps it.

Pairs depend on no machine, and are compared everywhere. The bytes of an adapter depend on what `Trainer.versions` says
and on the processor, whose libraries choose their own ways: they are compared where golden.json has such a machine.
What is meant to change them says so, and takes the new ones down: ``python -m tests.test_golden``.
"""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plum_edge import Memory
from plum_edge.backends import pick
from plum_edge.night import proof
from plum_edge.paths import data_dir, sha256_file
from plum_edge.records import Segment, content_hash
from plum_edge.train.fold import Fold
from plum_edge.train.step import state_sha256

GOLDEN = Path(__file__).with_name("golden.json")
SETTINGS = '[model]\nbase = "plum-tiny"\n[train]\nbackend = "torch"\nthreads = 1\nepochs = 2\naveraging = 60\n'
"""Little is learned, in seconds: bytes are compared, not what it remembers. Everything else is as it ships."""
CONVERSATIONS = 6


@dataclass(frozen=True)
class Learning:
    """A memory that holds the conversations and has learned nothing yet."""

    memory: Memory
    fold: Fold
    segments: list[Segment]

    def pairs(self) -> dict[str, str]:
        """Return the hash of each conversation's pairs, those of training and those that are held out, in order."""
        return {
            segment.id: content_hash(*(f"{pair.id} {pair.topic}" for pair in self.fold.augment(segment)))
            for segment in self.segments
        }

    def machine(self) -> dict[str, str]:
        """Return what the bytes depend on besides the log and the code."""
        return {**self.fold.trainer.versions(), "processor": processor()}

    def adapter(self) -> dict[str, str]:
        """Learn the conversations; return the hash of the last state, and of the file that llama.cpp would read."""
        state = self.fold.head()
        for segment in self.segments:
            state = self.fold.learn(segment, state).state
        file = self.memory.home.root / "adapter.gguf"
        proof.write(file, self.fold.averaged(), self.fold.base, self.memory.config)
        return {"state": state_sha256(state), "gguf": sha256_file(file)}


@contextmanager
def learning(folder: Path) -> Iterator[Learning]:
    """Give a new memory with the conversations."""
    home, file = folder / "home", folder / "six.jsonl"
    home.mkdir()
    (home / "config.toml").write_text(SETTINGS, encoding="utf-8")
    lines = (data_dir("samples") / "nora" / "conversations.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:CONVERSATIONS]), encoding="utf-8")
    with Memory(home) as memory:
        memory.import_file(file)
        fold = Fold(memory.home, memory.store, memory.config, memory.base)
        yield Learning(memory, fold, list(memory.store.log.plan()))


def processor() -> str:
    """Return the maker and the model of the processor."""
    told = Path("/proc/cpuinfo")
    lines = (
        told.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0].splitlines() if told.is_file() else []
    )
    fields = dict([part.strip() for part in line.split(":", 1)] for line in lines if ":" in line)
    named = [fields.get(name, "") for name in ("vendor_id", "cpu family", "model")]
    return " ".join(filter(None, named)) or platform.processor() or platform.machine()


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learning]:
    with learning(tmp_path_factory.mktemp("golden")) as one:
        yield one


@pytest.fixture(scope="module")
def golden() -> Any:
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_the_pairs_are_what_they_were(six: Learning, golden: Any) -> None:
    assert six.pairs() == golden["pairs"]


@pytest.mark.skipif(bool(pick.available()["torch"]), reason=pick.available()["torch"])
def test_the_adapter_is_what_it_was(six: Learning, golden: Any) -> None:
    here = six.machine()
    known = [one for one in golden["adapters"] if one["machine"] == here]
    if not known:
        pytest.skip(f"golden.json has no adapter of this machine: {json.dumps(here)}")
    assert [six.adapter()] == [one["adapter"] for one in known]


def take_down() -> None:
    """Write what comes out here into the golden file; what other machines gave stays if the pairs are the same."""
    old = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.is_file() else {"pairs": {}, "adapters": []}
    with tempfile.TemporaryDirectory() as folder, learning(Path(folder)) as one:
        pairs, here = one.pairs(), one.machine()
        others = [other for other in old["adapters"] if other["machine"] != here and pairs == old["pairs"]]
        adapters = [*others, {"machine": here, "adapter": one.adapter()}]
    GOLDEN.write_text(json.dumps({"pairs": pairs, "adapters": adapters}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    take_down()
