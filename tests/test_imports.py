"""Who may import whom (design.md §2), read off the source; and that ``--help`` loads nothing heavy."""

from __future__ import annotations

import ast
import functools
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "plum_edge").rglob("*.py"))

GROUND = {"records", "errors", "paths", "config"}
"""What everybody may import."""
GROUND_RULES: dict[str, set[str]] = {
    "records": set(),
    "errors": set(),
    "paths": {"errors"},
    "config": {"errors"},
}
FORMATS = {"gguf_header", "prompt", "rendered", "sandbox"}
"""Knowledge of a file format or of a chat format that two stages share; itself built on the ground alone."""
STAGES = {
    "store", "importers", "augment", "tokens", "schedule", "train", "backends", "convert", "recall", "retrieve",
    "asking", "evaluate", "gate", "baselines", "registry",
}  # fmt: skip
ACROSS = {
    ("train", "backends"): "calls the protocol of a backend",
    ("train", "schedule"): "calls the protocol of a recipe",
    ("gate", "evaluate"): "judges scored questions",
    ("asking", "augment"): "puts a question into phrasings of training, and finds its topic by the classes of words",
    ("baselines", "asking"): "asks as the user's memory is asked",
    ("evaluate", "asking"): "stands between an asker and what is asked, to count what it costs",
    ("baselines", "evaluate"): "scores with it",
    ("evaluate", "augment"): "the phrasings of held-out questions are data, in augment/phrases/templates.py",
    ("backends", "convert"): "reads the weights of a base, whatever holds them",
    ("registry", "convert"): "makes the GGUF of a base at first use",
    ("registry", "registry.base_check"): "takes a GGUF only if llama.cpp makes of text and ids what the trainer does",
}
"""The few ways from one stage to another, and why."""
JOINERS = {
    "general", "primer", "lesson", "teaching", "writer", "fold", "exam", "consolidate", "forget", "export", "home",
    "memory", "nightly", "doctor", "harness", "runtimes", "registry.base_check", "registry.bases", "home.backup",
    "export.translate", "memory.editing", "memory.lineage", "memory.speaker",
    "registry.template_check",
}  # fmt: skip
"""What joins stages. A module that stands here beside its package joins even where that is a stage, and who may import
the package may not therefore import the module."""
CLI_MAY = GROUND | {
    "report", "doctor", "nightly", "memory", "home.backup", "export.translate", "registry.bases", "cli", "",
}  # fmt: skip
"""The command line joins nothing below `Memory`. The empty name is the package itself."""
REPORT_MAY = {"report", "errors", "paths"}
"""A report is handed its figures; it writes them, whole or not at all, and says why it cannot."""

HOMES = {
    "mlx": {"backends.mlx_lora", "backends.mlx_base", "backends.mlx_twice", "backends.own_loaders", "backends.blas"},
    "mlx_lm": {"backends.mlx_lora", "backends.mlx_base", "backends.own_loaders"},
    "torch": {
        "backends.own_loaders",
        *(
            f"backends.torch_{part}"
            for part in ("attention", "decoder", "fallback", "layout", "lora", "numbers", "ops", "trainer")
        ),
    },
    "transformers": {"backends.torch_lora", "backends.own_loaders"},
    "peft": {"backends.torch_lora", "backends.own_loaders"},
    "llama_cpp": {"recall.library", "recall.grammar"},
    "gguf": {"convert"},
    "sqlite_utils": {"store"},
    "rich": {"cli", "report"},
    "lm_eval": {"harness"},
    "tqdm": {"harness"},
    "click": {"cli"},
    "prompt_toolkit": {"cli.chat"},
    "jinja2": {"sandbox", "report.page"},
    "markupsafe": {"report.page"},
    "matplotlib": {"report.drawings", "report.marks"},
    "tokenizers": {"tokens", "retrieve.encoder"},
    "sentencepiece": {"convert"},
    "huggingface_hub": {"registry.hub"},
    "filelock": {"home.lock"},
    "platformdirs": {"paths"},
    "psutil": {
        "consolidate.budget",
        "home.lock",
        "doctor",
        "recall.engine",
        "backends.blas",
        "backends.memory",
        "export.translate",
    },
    "safetensors": {"convert", "train", "backends", "retrieve.encoder"},
    "numpy": {""},
}
"""The one home (or few) of each third party; the empty name is everywhere."""
HEAVY = {
    "mlx", "mlx_lm", "torch", "transformers", "llama_cpp", "gguf", "sqlite_utils", "rich", "prompt_toolkit", "numpy",
    "sentencepiece", "tokenizers", "jinja2", "matplotlib", "safetensors", "psutil", "yake",
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


def stage(name: str) -> str:
    """Return what a module is ruled as: itself where a table names it, else the package at the top that it lies in."""
    return name if name in JOINERS else name.split(".")[0]


def within(name: str, homes: set[str]) -> bool:
    """Whether a module is one of these, or in a package of these."""
    return any(home == "" or name == home or name.startswith(f"{home}.") for home in homes)


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_a_module_imports_only_what_it_may(path: Path) -> None:
    me = module(path)
    mine, wanted = stage(me), {stage(name) for name in ours(path)}
    if mine in GROUND:
        assert wanted <= GROUND_RULES[mine] | {mine}
    elif mine in FORMATS:
        assert wanted <= GROUND | FORMATS
    elif mine in STAGES:
        others = {(mine, other) for other in wanted - GROUND - FORMATS - {mine}}
        assert others <= ACROSS.keys()
    elif mine == "cli":
        assert wanted <= CLI_MAY
    elif mine == "report":
        assert wanted <= REPORT_MAY
    else:
        assert mine in JOINERS or me == "", f"{me} has no place in design.md §2: give it one here"
        assert "cli" not in wanted


def test_every_way_across_is_used() -> None:
    found = {(stage(module(path)), stage(name)) for path in SOURCES for name in ours(path)}
    assert found >= ACROSS.keys()


def test_no_room_needs_one_that_needs_it() -> None:
    rooms: dict[str, set[str]] = {}
    for path in SOURCES:
        room = module(path).split(".")[0]
        rooms.setdefault(room, set()).update({name.split(".")[0] for name in ours(path)} - {room, ""})
    graphlib.TopologicalSorter(rooms).prepare()  # a CycleError names the circle


def test_of_augment_others_know_the_phrasings_only() -> None:
    for path in SOURCES:
        if stage(module(path)) == "evaluate":
            assert {name for name in ours(path) if name.startswith("augment")} <= {"augment.templates"}


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_third_parties_stay_at_home(path: Path) -> None:
    for name in {name.split(".")[0] for name in imports(path)} - {"plum_edge"} - sys.stdlib_module_names:
        assert name in HOMES, f"{name} has no home: give it one here, or do without it"
        assert within(module(path), HOMES[name]), f"{name} belongs in {HOMES[name]}"


@pytest.mark.parametrize("path", [p for p in SOURCES if stage(module(p)) != "cli"], ids=module)
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
