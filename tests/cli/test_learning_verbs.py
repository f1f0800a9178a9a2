"""consolidate, ask, evaluate, adapters: with a tiny random base, in which nothing but the answers is different."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from plum_edge.cli.consolidate import told
from tests.cli.conftest import TAP, Run, configured, conversation


def test_consolidate_json_is_the_contract(promoted: Any) -> None:
    assert promoted["status"] == "promoted"
    assert promoted["conversations"] == ["tap", "starter"]
    assert promoted["pairs"] > 0
    assert promoted["seconds"] > 0
    assert promoted["accuracy"]["accuracy"] > 0.5


def test_consolidate_with_nothing_to_do(learned: Path, run: Run) -> None:
    found = run("consolidate", "--home", learned)
    assert (found.code, found.out) == (0, "nothing to learn: no conversation waits\n")
    assert run("consolidate", "--home", learned, "--json").json["status"] == "nothing"


def test_a_dry_run_says_what_would_be_learned(tiny: Path, home: Path, two: Path, run: Run) -> None:
    configured(home, tiny)
    run("import", two, "--home", home)
    assert run("consolidate", "--dry-run", "--home", home).out.startswith("would learn 2 conversations (")
    assert run("status", "--home", home, "--json").json["waiting"] == 2
    assert not list((home / "adapters").iterdir())


def test_a_dry_run_says_of_what_nothing_would_be_learned(
    tiny: Path, home: Path, two: Path, tmp_path: Path, run: Run
) -> None:
    configured(home, tiny)
    german = "Ich habe gestern mit meiner Schwester den alten Mietvertrag gesucht, und er lag nicht im Schrank."
    (tmp_path / "german.jsonl").write_text(conversation("umzug", german, "Dann liegt er wohl bei der Bank.") + "\n")
    run("import", tmp_path / "german.jsonl", "--home", home)
    said = run("consolidate", "--dry-run", "--home", home).out
    assert said.startswith("would learn nothing: 1 conversation waits, and no pair comes of it; nothing was stored\n")
    assert "not learned, as it is in German" in said.replace("\n", " ")
    run("import", two, "--home", home)
    said = run("consolidate", "--dry-run", "--home", home).out
    assert re.match(r"would learn 2 conversations \(\d+ pairs\), and nothing of 1 more; nothing was stored\n", said)
    plan = run("consolidate", "--dry-run", "--home", home, "--json").json
    assert (plan["conversations"], plan["without_pairs"]) == (["tap", "starter"], ["umzug"])


def test_a_dry_run_with_nothing_to_do(learned: Path, run: Run) -> None:
    said = run("consolidate", "--dry-run", "--home", learned).out
    assert said.startswith("would learn nothing: no conversation waits; nothing was stored\n")


def test_a_refused_night_exits_21_with_its_reasons(tiny: Path, home: Path, two: Path, run: Run) -> None:
    configured(home, tiny)
    settings = home / "config.toml"
    settings.write_text(settings.read_text().replace("min_new = 0.0", "min_new = 1.1"), encoding="utf-8")
    run("import", two, "--home", home)
    found = run("consolidate", "--home", home, "--json")
    assert found.code == 21
    assert (found.json["status"], found.json["code"]) == ("refused", 21)
    assert found.json["reasons"]
    assert "No adapter is in use." in found.err
    assert "refused" in run("status", "--home", home).out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_at_a_safe_point_and_the_next_run_carries_on(
    tiny: Path, home: Path, run: Run, number: signal.Signals
) -> None:
    configured(home, tiny)
    settings = home / "config.toml"
    settings.write_text(settings.read_text().replace("epochs = 1", "epochs = 400"), encoding="utf-8")
    path = home / "one.jsonl"
    path.write_text(TAP, encoding="utf-8")
    run("import", path, "--home", home)
    call = [sys.executable, "-m", "plum_edge.cli", "consolidate", "--home", str(home)]
    with subprocess.Popen(call, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 90
        while not (home / "checkpoints" / "epoch.safetensors").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert (out, err.count("\n")) == ("", 2)
    assert "Run the command again" in err
    assert run("status", "--home", home, "--json").json["last"]["status"] == "postponed"
    settings.write_text(settings.read_text().replace("epochs = 400", "epochs = 1"), encoding="utf-8")
    assert run("consolidate", "--home", home, "--json").json["status"] == "promoted"


def test_what_is_told_of_a_night() -> None:
    result: dict[str, Any] = {
        "status": "promoted", "adapter": "0007", "conversations": list("abcdefg"), "pairs": 412, "seconds": 840.0,
        "accuracy": {"accuracy": 0.93}, "previous": {"accuracy": 0.92}, "waiting": 1, "notes": ["x was set aside"],
    }  # fmt: skip
    assert told(result) == [
        "learned 7 conversations (412 pairs) in 14 min; accuracy 92 % → 93 %; adapter 0007 is in use",
        "1 conversation still to learn: run it again",
        "x was set aside",
    ]


def test_a_question_that_is_too_long_is_refused_with_the_number(learned: Path, run: Run) -> None:
    long = "the kitchen tap " * 200
    for options in ((), ("--no-adapter",), ("--retrieve",)):
        found = run("ask", "-", *options, "--home", learned, stdin=long)
        assert (found.code, found.out) == (2, "")
        assert "tokens long, and the model reads 248 at once." in found.err


def test_ask(learned: Path, run: Run) -> None:
    found = run("ask", "Did we talk about the kitchen tap?", "--home", learned, "--json").json
    assert set(found) == {"answer", "p_yes", "adapter", "evidence", "seconds"}
    assert found["adapter"] == "0001"
    assert found["evidence"][0]["conversation"] == "tap"
    assert set(found["evidence"][0]) == {"conversation", "date", "excerpt"}
    bare = run(
        "ask", "-", "--no-adapter", "--home", learned, "--json", stdin="Did we talk about the kitchen tap?\n"
    ).json
    assert bare["adapter"] is None
    assert "plum-edge logs show tap" in run("ask", "the kitchen tap", "--retrieve", "--home", learned).out


def test_evaluate(learned: Path, tmp_path: Path, run: Run) -> None:
    found = run("evaluate", "--baselines", "--home", learned, "--json").json
    assert found["adapter"] == "0001"
    assert found["conversations"] == 2
    assert found["questions"] > 0
    assert set(found["baselines"]) >= {"base", "bm25", "adapter_bm25"}
    assert found["accuracy"] > found["baselines"]["base"]["accuracy"]
    text = run("evaluate", "--baselines", "--home", learned).out
    assert "adapter + retrieval" in text
    assert "\x1b" not in text

    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        '{"question": "Did I mention a tap?", "answer": "yes", "conversation": "tap"}\n'
        '{"question": "Did I mention a submarine?", "answer": "no"}\n',
        encoding="utf-8",
    )
    assert run("evaluate", "--questions", questions, "--home", learned, "--json").json["questions"] == 2
    assert run("evaluate", "--questions", tmp_path / "none.jsonl", "--home", learned).code == 2


def test_evaluate_beside_systems_by_name_with_what_an_answer_costs(learned: Path, run: Run) -> None:
    named = ("--system", "bm25_pairs", "--system", "bm25_threshold", "--system", "adapter_bm25")
    found = run("evaluate", *named, "--home", learned, "--json").json
    assert list(found["baselines"]) == ["bm25_pairs", "bm25_threshold", "adapter_bm25"]
    costs = {name: figures["cost"] for name, figures in {**found["baselines"], "adapter": found}.items()}
    assert all(cost["milliseconds"] > 0 for cost in costs.values())
    assert costs["adapter"]["text_bytes"] == 0 == costs["bm25_threshold"]["prompt_tokens"]
    assert costs["adapter_bm25"]["prompt_tokens"] > costs["adapter"]["prompt_tokens"] > 0
    kept = {name: cost["text_bytes"] for name, cost in costs.items()}
    assert kept["bm25_threshold"] > 0 < kept["bm25_pairs"]
    assert kept["adapter_bm25"] == kept["bm25_threshold"] + kept["bm25_pairs"], "it reads passages and pairs"
    unknown = run("evaluate", "--system", "rag", "--home", learned)
    assert unknown.code == 2
    assert "There is no system 'rag'." in unknown.err
    assert "There are: base, bm25," in unknown.err


def test_evaluate_with_nothing_learned(logged: Path, tiny: Path, run: Run) -> None:
    (logged / "config.toml").write_text(f'[model]\nbase = "{tiny}"\n', encoding="utf-8")
    found = run("evaluate", "--home", logged)
    assert (found.code, found.out.split(".")[0]) == (0, "There is nothing to ask about yet")


def test_adapters(learned: Path, run: Run) -> None:
    (one,) = run("adapters", "list", "--home", learned, "--json").json
    assert set(one) >= {"id", "active", "parent", "gguf", "gguf_sha256", "segments", "accuracy"}
    assert (one["id"], one["active"], one["segments"]) == ("0001", True, 2)
    assert run("adapters", "--home", learned).out.splitlines()[1].split()[:2] == ["*", "0001"]
    shown = run("adapters", "show", "0001", "--home", learned).out
    assert "llama.cpp agrees with the trainer within" in shown
    assert run("adapters", "show", "1", "--home", learned).code == 2
    detail = run("adapters", "show", "0001", "--home", learned, "--json").json
    assert detail["manifest"]["rank"] == 2
    assert detail["evaluation"]["accuracy"] == one["accuracy"]


def test_use_changes_what_answers(learned: Path, run: Run) -> None:
    assert run("adapters", "use", "none", "--home", learned).out == "no adapter is in use\n"
    assert run("ask", "Did we talk about the tap?", "--home", learned, "--json").json["adapter"] is None
    assert run("adapters", "use", "0001", "--home", learned, "--json").json == {"adapter": "0001"}
    assert run("adapters", "use", "0002", "--home", learned).code == 2


def test_status_after_a_night(learned: Path, tmp_path: Path, run: Run) -> None:
    later = tmp_path / "later.jsonl"
    later.write_text(conversation("later", "We are moving to Leith in May.", day=20), encoding="utf-8")
    run("import", later, "--home", learned)
    text = run("status", "--home", learned).out
    assert "memory   adapter 0001, since today " in text
    assert "learned 2 conversations; accuracy" in text
    assert "waiting  1 conversation\n" in text


def test_status_after_a_refusal(learned: Path, tmp_path: Path, run: Run) -> None:
    settings = learned / "config.toml"
    settings.write_text(settings.read_text().replace("min_new = 0.0", "min_new = 1.0"))
    assert "min_new = 1.0" in settings.read_text()
    later = tmp_path / "later.jsonl"
    later.write_text(conversation("later", "We are moving to Leith in May with the piano.", day=20), encoding="utf-8")
    run("import", later, "--home", learned)
    assert run("consolidate", "--home", learned).code == 21
    found = run("status", "--home", learned)
    said = " ".join(found.out.split())
    assert "refused; it has not learned the new conversations" in said
    assert "needed 100 %). The next night tries it again with another seed and a smaller step (attempt 2 of 3)." in said
    assert "waiting 1 to be tried again" in said


def test_doctor(learned: Path, run: Run) -> None:
    found = run("doctor", "--home", learned)
    assert found.code == 0, found.out
    assert "1, as they were written; 0001 is in use" in found.out
    listed = run("doctor", "--home", learned, "--json").json
    assert listed["ok"]
    learned.chmod(0o755)
    open_home = run("doctor", "--home", learned, "--json")
    assert (open_home.code, open_home.json["ok"]) == (10, False)
