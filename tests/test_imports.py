"""Who may import whom: the rooms in the order that the package tells; and that ``--help`` loads nothing heavy."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

import plum_edge

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "plum_edge").rglob("*.py"))
LAYOUT = re.findall(r"^    (\w+)(?:/|\.py) ", plum_edge.__doc__ or "", re.M)
"""The rooms, from the top down, as the package itself lists them."""

DOORS = {
    "cli": {
        "memory", "serve", "doctor", "export.translate", "export.targets", "evaluate.report", "night.nightlog",
        "night.scheduler", "bases.manage", "config", "paths", "records", "errors",
    },
    "evaluate.report": {"paths", "errors"},
    "augment.phrases": {"augment.augmenter", "augment.checks", "augment.language", "records"},
    "convert": {"templates", "paths", "records", "errors"},
    "backends": {"convert", "records", "errors"},
}  # fmt: skip
"""Rooms that use less than what lies below them. The command line joins nothing below `Memory`; a report is handed its
figures; phrases know of no model; formats and trainers know of no setting."""

HOMES = {
    "mlx": "backends.mlx_* backends.own_loaders",
    "mlx_lm": "backends.mlx_* backends.own_loaders",
    "torch": "backends.torch_* backends.own_loaders",
    "transformers": "backends.torch_lora backends.own_loaders",
    "peft": "backends.torch_lora backends.own_loaders",
    "llama_cpp": "runtime.library runtime.grammar",
    "gguf": "convert.*",
    "sentencepiece": "convert.*",
    "sqlite_utils": "store.*",
    "filelock": "store.lock",
    "rich": "cli.* evaluate.report.*",
    "click": "cli cli.*",
    "prompt_toolkit": "cli.chat.*",
    "lm_eval": "evaluate.harness.*",
    "starlette": "serve.*",
    "uvicorn": "serve.server",
    "llm": "llm_plugin",
    "pydantic": "llm_plugin",
    "tqdm": "evaluate.harness.*",
    "jinja2": "templates.sandbox evaluate.report.page",
    "markupsafe": "evaluate.report.page",
    "matplotlib": "evaluate.report.drawings evaluate.report.marks",
    "tokenizers": "templates.tokens retrieve.encoder",
    "huggingface_hub": "bases.hub",
    "platformdirs": "paths",
    "tomlkit": "bases.manage",
    "psutil": "night.budget store.lock doctor.* runtime.engine backends.threads backends.memory export.translate",
    "safetensors": "convert.* train.* backends.* retrieve.encoder retrieve.tuning",
    "numpy": "*",
}
"""The one home (or few) of each third party, as patterns of modules."""
HEAVY = {
    "mlx", "mlx_lm", "torch", "transformers", "llama_cpp", "gguf", "sqlite_utils", "rich", "prompt_toolkit", "numpy",
    "sentencepiece", "tokenizers", "jinja2", "matplotlib", "safetensors", "psutil", "yake",
    "starlette", "uvicorn", "llm", "pydantic",
}  # fmt: skip


def module(path: Path) -> str:
    """Return a module's name within the package: ``cli.chat`` for plum_edge/cli/chat/__init__.py."""
    parts = path.relative_to(ROOT / "plum_edge").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path) for path in SOURCES}


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Return every module that a file imports, anywhere in it, under its full name."""
    return frozenset(_imports(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            source = node.module or ""
            for alias in node.names:
                name = f"{source}.{alias.name}".removeprefix("plum_edge").lstrip(".")
                if source.split(".")[0] == "plum_edge" and name == "Memory":
                    yield "plum_edge.memory"
                elif source.split(".")[0] == "plum_edge" and name in MODULES:
                    yield f"plum_edge.{name}"
                else:
                    yield source


def ours(path: Path) -> set[str]:
    """Return the modules of ours that a file imports, within the package."""
    return {name.removeprefix("plum_edge").lstrip(".") for name in imports(path) if name.split(".")[0] == "plum_edge"}


def within(name: str, rooms: Collection[str]) -> bool:
    """Whether a module is one of these, or lies in one of these."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def floor(name: str) -> int:
    """Return how far down a module's room lies; the package itself is the top."""
    return LAYOUT.index(name.split(".")[0]) if name else -1


def test_every_room_stands_in_the_layout_and_no_other_does() -> None:
    assert {name.split(".")[0] for name in MODULES if name} == set(LAYOUT)


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_a_room_imports_rooms_below_it_only(path: Path) -> None:
    me = module(path)
    for name in ours(path) - {""}:
        assert name.split(".")[0] == me.split(".")[0] or floor(me) < floor(name), f"{me} imports {name}, which is above"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_a_room_with_doors_uses_them(path: Path) -> None:
    for room, doors in DOORS.items():
        if within(module(path), {room}):
            assert all(within(name, {room, *doors}) for name in ours(path) - {""})


def test_every_door_is_used() -> None:
    for room, doors in DOORS.items():
        wanted = {name for path in SOURCES if within(module(path), {room}) for name in ours(path)}
        assert not [door for door in doors if not any(within(name, {door}) for name in wanted)]


def test_of_augment_the_questions_know_the_phrasings_and_english_numbers_only() -> None:
    known = {"augment.phrases.wordings", "augment.phrases.numbers"}
    for path in SOURCES:
        if within(module(path), {"evaluate.questions", "evaluate.marking", "evaluate.scoring"}):
            assert {name for name in ours(path) if name.startswith("augment")} <= known


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_third_parties_stay_at_home(path: Path) -> None:
    for name in {name.split(".")[0] for name in imports(path)} - {"plum_edge"} - sys.stdlib_module_names:
        assert name in HOMES, f"{name} has no home: give it one here, or do without it"
        at_home = any(fnmatch(module(path), home) for home in HOMES[name].split())
        assert at_home, f"{name} belongs in {HOMES[name]}"


@pytest.mark.parametrize("path", [p for p in SOURCES if not within(module(p), {"cli"})], ids=module)
def test_only_the_command_line_prints(path: Path) -> None:
    calls = (node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    assert not [call.id for call in calls if isinstance(call, ast.Name) and call.id == "print"]


def loaded(program: str) -> set[str]:
    """Return the top-level modules that a program has loaded at its end."""
    last = "; import sys; print('\\n' + ' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program + last], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in ran.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize(
    "program", ["import plum_edge", "import plum_edge.cli", "from plum_edge.cli import main; main(['--help'])"]
)
def test_help_loads_nothing_heavy(program: str) -> None:
    assert not loaded(program) & HEAVY


def test_looking_at_the_log_loads_no_model_and_no_trainer(tmp_path: Path) -> None:
    home = tmp_path / "home"
    program = f"from plum_edge import Memory; Memory({str(home)!r}).close(); from plum_edge.cli import main; "
    program += f"main(['logs', '--home', {str(home)!r}])"
    assert not loaded(program) & {"mlx", "mlx_lm", "torch", "llama_cpp", "gguf", "sentencepiece", "tokenizers"}
