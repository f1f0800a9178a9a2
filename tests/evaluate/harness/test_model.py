"""lm-evaluation-harness runs a small local task on our model. Skipped where the harness is not installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plum_edge.convert import gguf
from plum_edge.convert.families import family
from plum_edge.errors import PlumError
from plum_edge.evaluate.harness.texts import Texts
from plum_edge.runtime import Runtime
from tests import tiny
from tests.tiny import random_lora, tiny_base

pytestmark = pytest.mark.filterwarnings("default")  # what the harness and its libraries warn of is theirs
CHOICES = [" bread", " green", " letter", " 2026"]
QUESTIONS = [line.strip() or "the tap" for line in tiny.text(9, 12)]


@pytest.fixture
def harness() -> Any:
    return pytest.importorskip("lm_eval", reason="lm-evaluation-harness is not installed (extra lm-eval)")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return a base and an adapter in GGUF."""
    base = tiny_base(tmp_path)
    gguf.write_base(base, tmp_path / "base.gguf")
    lora = random_lora(base, 4, 1)
    gguf.write_adapter(
        tmp_path / "a.gguf", lora, alpha=8.0, family=family("llama"), heads=tiny.HEADS, kv_heads=tiny.KV_HEADS
    )
    return tmp_path / "base.gguf", tmp_path / "a.gguf"


def preferred(base: Path, adapter: Path | None) -> list[int]:
    """Return the likeliest choice of each question."""
    with Runtime(base) as runtime:
        runtime.use(adapter)
        texts = Texts(runtime)
        scores = [[texts.loglikelihood(question, choice)[0] for choice in CHOICES] for question in QUESTIONS]
    return [row.index(max(row)) for row in scores]


def accuracy(folder: Path, answers: list[int], model: Any) -> float:
    """Return what the harness makes of a task of multiple choice with these answers; nothing leaves the machine."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    folder.mkdir(exist_ok=True)
    rows = [
        {"question": question, "choices": [choice.strip() for choice in CHOICES], "answer": answer}
        for question, answer in zip(QUESTIONS, answers, strict=True)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = {
        "task": "little_choice",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(folder / "rows.jsonl")}, "cache_dir": str(folder / "cache")},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "choices",
        "doc_to_target": "answer",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }
    found = simple_evaluate(
        model=model,
        tasks=[task],
        task_manager=TaskManager(include_defaults=False),
        bootstrap_iters=0,
        verbosity="ERROR",
    )
    return float(found["results"]["little_choice"]["acc,none"])


def test_a_task_is_scored_with_the_adapter_and_without(harness: Any, files: tuple[Path, Path], tmp_path: Path) -> None:
    from plum_edge.evaluate.harness.model import PlumEdge

    base, adapter = files
    bare, adapted = preferred(base, None), preferred(base, adapter)
    assert bare != adapted
    agreement = sum(a == b for a, b in zip(bare, adapted, strict=True)) / len(bare)
    made = [PlumEdge.create_from_arg_string(f"base={base},adapter={wanted}") for wanted in (adapter, "none")]
    assert accuracy(tmp_path / "tasks", adapted, made[0]) == 1.0
    assert accuracy(tmp_path / "tasks", adapted, made[1]) == pytest.approx(agreement)


def test_every_kind_of_request_is_answered(harness: Any, files: tuple[Path, Path]) -> None:
    from lm_eval.api.instance import Instance

    from plum_edge.evaluate.harness.model import PlumEdge

    def ask(kind: str, *arguments: Any) -> list[Any]:
        return [Instance(request_type=kind, doc={}, arguments=arguments, idx=0)]

    model = PlumEdge.create_from_arg_string(f"base={files[0]},adapter={files[1]}", {"batch_size": 1, "device": None})
    with Runtime(files[0]) as runtime:
        runtime.use(files[1])
        texts = Texts(runtime)
        (found,) = model.loglikelihood(ask("loglikelihood", "the garden", " was"), disable_tqdm=True)
        assert found == pytest.approx(texts.loglikelihood("the garden", " was"), abs=1e-4)
        (rolled,) = model.loglikelihood_rolling(ask("loglikelihood_rolling", "the garden was"), disable_tqdm=True)
        assert rolled == pytest.approx(texts.rolling("the garden was"), abs=1e-4)
        settings = {"until": ["\n\n"], "max_gen_toks": 7, "do_sample": False}
        (said,) = model.generate_until(ask("generate_until", "the garden", settings), disable_tqdm=True)
        assert said == texts.complete("the garden", until=["\n\n"], max_tokens=7)
    turns = [{"role": "user", "content": "Did we talk?"}]
    assert model.apply_chat_template(turns).endswith("\ue000<|assistant|>\ue001")


def test_an_adapter_is_found_by_its_id_though_the_harness_reads_it_as_a_number(harness: Any, tmp_path: Path) -> None:
    from plum_edge import Memory
    from plum_edge.evaluate.harness.model import PlumEdge
    from plum_edge.records import Adapter

    base = tiny_base(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(f"[model]\nbase = {json.dumps(str(base))}\n")
    lora = random_lora(base, 4, 1)
    with Memory(home) as memory:
        for name in ("0007", "0016"):
            path = memory.home.create().adapters / name / "adapter.gguf"
            gguf.write_adapter(path, lora, alpha=8.0, family=family("llama"), heads=tiny.HEADS, kv_heads=tiny.KV_HEADS)
            memory.store.runs.add_adapter(Adapter(name, False, None, str(path), "0" * 64, 0), {})
        memory.store.runs.promote("0007", [])
    names = {arguments: PlumEdge.create_from_arg_string(f"home={home}{arguments}").tokenizer_name
             for arguments in ("", ",adapter=0016", ",adapter=none", ",dtype=q4_0")}  # fmt: skip
    assert [name.split("+")[1] for name in names.values()] == ["0007", "0016", "none", "0007"]
    assert "q4_0" in names[",dtype=q4_0"] and "f32" in names[""]


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        ("home=/nowhere", "No conversations are stored in", 10),
        ("base=/nowhere.gguf,adapter=none", "cannot be used", 20),
        ("bas=x.gguf", "knows no model argument bas", 2),
    ],
)
def test_what_a_user_gets_wrong_is_said_in_a_sentence(harness: Any, arguments: str, says: str, code: int) -> None:
    from plum_edge.evaluate.harness.model import PlumEdge

    with pytest.raises(PlumError, match=says) as error:
        PlumEdge.create_from_arg_string(arguments)
    assert error.value.exit_code == code


@pytest.mark.slow
def test_the_command_knows_the_model_and_ends_with_our_exit_code(harness: Any) -> None:
    command = [sys.executable, "-m", "plum_edge.evaluate.harness", "--model_args", "bas=x.gguf", "--tasks", "arc_easy"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.splitlines()[-1].startswith("error: plum-edge knows no model argument")
    assert "Traceback" not in done.stderr


def test_without_the_harness_it_says_how_to_install_it() -> None:
    program = (
        "import sys, importlib.util as u; find = u.find_spec;"
        "u.find_spec = lambda name, *more: None if name == 'lm_eval' else find(name, *more);"
        "from plum_edge.evaluate.harness.__main__ import main; main(['--tasks', 'mmlu'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 20 and "pip install 'plum-edge[lm-eval]'" in done.stderr
    assert "Traceback" not in done.stderr
