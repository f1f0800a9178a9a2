"""The memory as a model of ``llm``: the program itself, in a process of its own, with its chat and its logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.records import Message
from tests.serve.conftest import OF_MEMORY, QUESTION, learn, make_home

ROOT = Path(__file__).parents[1]
PROGRAM = "from llm.cli import cli; cli()"


class Llm:
    """``llm`` with our entry point and nobody else's, and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
            "llm"
        ]
        info = folder / "plum_edge_here-0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plum-edge-here\nVersion: 0\n")
        (info / "entry_points.txt").write_text(
            "[llm]\n" + "".join(f"{name} = {target}\n" for name, target in declared.items())
        )
        self.home = make_home(folder / "home")
        self.user = folder / "llm"
        self._environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
            "LLM_USER_PATH": str(self.user),
            "LLM_LOAD_PLUGINS": "plum-edge-here",
            "PLUM_EDGE_HOME": str(self.home),
        }

    def __call__(self, *arguments: str, stdin: str = "", code: int = 0) -> str:
        """Run it; return what it printed."""
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            input=stdin, env=self._environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert ran.returncode == code, ran.stderr
        return ran.stdout if code == 0 else ran.stderr


@pytest.fixture
def llm(tmp_path: Path) -> Llm:
    return Llm(tmp_path)


def test_it_answers_as_the_memory_and_llm_logs_it(llm: Llm) -> None:
    assert "plum" in llm("models", "list").lower()
    said = llm("-m", "plum", QUESTION, "-o", "temperature", "0")
    with Memory(llm.home) as memory:
        assert said.strip() == "".join(memory.reply([Message("user", QUESTION)])).strip()
        assert memory.store.log.counts().conversations == 0
    (logged,) = json.loads(llm("logs", "--json"))
    assert (logged["model"], logged["prompt"], logged["response"].strip()) == ("plum", QUESTION, said.strip())
    assert logged["input_tokens"] > 0
    assert logged["output_tokens"] > 0
    with Memory(llm.home) as memory:
        assert memory.import_file(llm.user / "logs.db")["messages"] == 2


def test_its_chat_streams_and_remembers_what_was_said_in_it(llm: Llm) -> None:
    llm("chat", "-m", "plum", stdin=f"My tap drips.\n{QUESTION}\nquit\n")
    first, second = json.loads(llm("logs", "--json", "-n", "0"))
    assert first["conversation_id"] == second["conversation_id"]
    assert {first["prompt"], second["prompt"]} == {"My tap drips.", QUESTION}
    sizes = sorted(one["input_tokens"] for one in (first, second))
    assert sizes[1] > sizes[0] + 5, "the second question stands after the first"


def test_the_adapter_of_the_home_answers_and_can_be_left_out(llm: Llm) -> None:
    bare = llm("-m", "plum", QUESTION)
    learn(llm.home, 1)
    assert llm("-m", "plum", QUESTION) == bare
    assert llm("-m", "plum", OF_MEMORY) != llm("-m", "plum", OF_MEMORY, "-o", "adapter", "0")
    assert llm("-m", "plum", "Did we talk about the weather?", "-o", "retrieve", "1")


def test_options_and_errors_are_in_words(llm: Llm) -> None:
    drawn = ("-m", "plum", QUESTION, "-o", "temperature", "1.5", "-o", "seed")
    assert llm(*drawn, "7") == llm(*drawn, "7")
    assert "temperature" in llm("-m", "plum", "Hello", "-o", "temperature", "3", code=1)
    for empty in ("", "  "):
        assert "The question is empty." in llm("-m", "plum", empty, code=1)
    assert "tokens long" in llm("-m", "plum", "I am tired. " * 2000, code=1)
    (llm.home / "config.toml").write_text('[model]\nbase = "/nowhere/at-all"\n')
    said = llm("-m", "plum", "Hello", code=1)
    assert "/nowhere/at-all" in said
    assert "Traceback" not in said
