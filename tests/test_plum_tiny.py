"""The embedded base keeps what its card promises, in llama.cpp: it reads, it is honest, it chats, it is small."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge import bases
from plum_edge.augment.phrases.wordings import UNSEEN
from plum_edge.paths import Home, data_dir
from plum_edge.records import Message
from plum_edge.runtime import Runtime

FOLDER = data_dir("models") / "plum-tiny"
ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(not (FOLDER / "model.safetensors").is_file(), reason="plum-tiny has no weights here")


def samples(file: str, kind: str) -> list[list[Message]]:
    lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
    chats = [json.loads(line) for line in lines if line]
    return [[Message(m["role"], m["content"]) for m in chat["messages"]] for chat in chats if chat["kind"] == kind]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    home = Home(tmp_path_factory.mktemp("home")).create()
    with Runtime(bases.gguf(bases.base("plum-tiny"), home)) as opened:
        yield opened


def rate(runtime: Runtime, chats: list[list[Message]], word: str) -> float:
    asked = [chat for chat in chats if chat[-1].content.startswith(word)]
    assert len(asked) >= 20
    return sum((runtime.p_yes(chat[:-1]) >= 0.5) == (word == "Yes") for chat in asked) / len(asked)


def test_it_reads_from_its_context(runtime: Runtime) -> None:
    chats = samples("probe.jsonl", "reading")
    assert (rate(runtime, chats, "Yes") + rate(runtime, chats, "No")) / 2 >= 0.95


def test_it_says_honestly_that_something_was_not_discussed(runtime: Runtime) -> None:
    assert rate(runtime, samples("probe.jsonl", "no"), "No") >= 0.98


def test_it_answers_plain_talk_in_words(runtime: Runtime) -> None:
    said = runtime.answer([Message("user", "Hello, how are you?")], max_tokens=40)
    assert len(said.split()) >= 2
    assert said.isascii()


def test_it_is_small_and_speaks_of_its_licences() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) <= 16 << 20
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for word in ("CC BY-SA", "CC BY 4.0", "CDLA", "Apache-2.0", "tokens"):
        assert word in card


def test_nothing_that_is_kept_for_evaluation_is_in_its_training() -> None:
    """The recipe imports no unseen phrasing, and its shipped samples hold none."""
    fixed = [max(frame.split("{topic}"), key=len).strip() for frame in UNSEEN.closed]
    for path in (FOLDER / "train").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [frame for frame in fixed if frame in text], path.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith("templates"):
                assert "UNSEEN" not in {alias.name for alias in node.names}
            assert not (isinstance(node, ast.Attribute) and node.attr == "UNSEEN")
    for file in ("general.jsonl", "probe.jsonl"):
        text = (FOLDER / file).read_text(encoding="utf-8")
        assert not [frame for frame in fixed if frame in text]


def test_its_recipe_reads_its_own_copy_of_the_phrases() -> None:
    """So that the product's questions can change without a training of the base from the beginning."""
    program = """
import sys
sys.path.insert(0, sys.argv[1])
import grammar, memory, naming, phrasings, reading
from frozen import synonyms, templates
assert phrasings.TRAIN is templates.TRAIN and naming.paraphrases is synonyms.paraphrases
print(*sorted(name for name in sys.modules if name.startswith("plum_edge.augment")))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(ROOT / "models" / "plum-tiny" / "train")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr
    for path in (ROOT / "models" / "plum-tiny" / "train").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in found if name.startswith("plum_edge.augment")], path.name


def test_what_unseen_phrasings_turn_on_is_in_no_list_of_the_training() -> None:
    turning = {"mind", "exchange", "notes", "consulted", "figured", "confided", "typed", "dealt", "cropped"}
    assert turning <= {word for frame in UNSEEN.closed for word in re.findall(r"[a-z]+", frame.lower())}
    for file in ("frames.py", "phrasings.py", "words.py"):
        words = set(re.findall(r"[a-z]+", (FOLDER / "train" / file).read_text(encoding="utf-8").lower()))
        assert not words & (turning | {"minds", "exchanged", "consult", "figure", "confide", "deal", "crop"}), file


def test_the_probe_is_not_replayed() -> None:
    general = set((FOLDER / "general.jsonl").read_text(encoding="utf-8").splitlines())
    assert not general & set((FOLDER / "probe.jsonl").read_text(encoding="utf-8").splitlines())
