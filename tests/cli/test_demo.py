"""The demo, on a tiny random base and two conversations; on the embedded base it is run by `make demo`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.cli import sample
from plum_edge.errors import UsageError
from plum_edge.paths import Home, data_dir
from plum_edge.retrieve.encoder import installed
from tests.cli.conftest import SETTINGS, Run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tiny: Path, tmp_path: Path) -> Path:
    """A demo of two nights, one conversation each, in a home that an earlier demo has begun."""
    monkeypatch.setattr(sample, "FIRST", 2)
    monkeypatch.setattr(sample, "NIGHT", 1)
    home = sample.own(Home(tmp_path / "demo"), fresh=False)
    home.config.write_text(SETTINGS.format(base=tiny), encoding="utf-8")
    home.config.chmod(0o600)
    return home.root


def test_the_five_acts(small: Path, run: Run) -> None:
    found = run("demo", "--home", small)
    assert found.code == 0, found.err
    for line in (
        "1/5  import       2 conversations, 12 Mar – 13 Mar 2026, 12 messages",
        '2/5  ask before   "Have we had a chat about the kitchen tap?"',
        "3/5  consolidate  2 conversations in 2 nights",
        "night 2 of 2: 1 conversation,",
        "4/5  convert      adapter.gguf",
        "llama.cpp agrees with the trainer within",
        '"Did we ever get into beekeeping?"',
        "BM25 threshold, no model",
        "adapter + both searches",
        "consistency (rows",
    ):
        assert line in found.out
    assert ("vector threshold, no model" in found.out) is installed(), "the strongest retrieval, where it is"
    assert ("Search by vectors is not compared here" in found.out) is not installed()
    assert found.out.splitlines()[-1].endswith(f"Try:  plum-edge chat --home {small}")
    assert max(map(len, found.out.splitlines()), default=0) <= 100 + len(str(small))
    assert not (small / "sample.jsonl").exists()

    again = run("demo", "--home", small, "--json")
    assert again.code == 0
    figures = again.json
    assert {"base", "adapter", "bm25", "adapter_retrieval", "gold", "parity_max_abs_logit", "seconds"} <= set(figures)
    assert figures["conversations"] == 2
    assert figures["parity_max_abs_logit"] <= 1e-4
    assert figures["refused"] == []
    for systems in (figures, figures["gold"]):
        for name in ("base", "bm25", "adapter", "adapter_retrieval"):
            for answer in ("yes", "no"):  # of baselines nothing is asked in words
                assert systems[name]["asked"][answer] == systems["base"]["asked"][answer]
    assert [step for step, _ in figures["over_time"]] == [1, 2]
    assert len(run("adapters", "--home", small, "--json").json) == 2, "it carried on: nothing was learned twice"
    assert "2 of them an earlier demo has learned; all anew: plum-edge demo --fresh" in run("demo", "--home", small).out


def test_a_home_of_others_is_not_touched(logged: Path, run: Run) -> None:
    before = sorted(logged.rglob("*"))
    for options in ((), ("--fresh",), ("--all", "--fresh")):
        found = run("demo", *options, "--home", logged)
        assert found.code == 2
        assert "was not made by demo" in found.err
    assert sorted(logged.rglob("*")) == before
    assert run("status", "--home", logged, "--json").json["conversations"] == 2


def test_the_questions_of_a_person_are_crossed(small: Path) -> None:
    with Memory(small) as memory:
        sample.load(memory, 3)
        learned = [one.id for one in memory.store.log.list()]
        with sample.gold(memory, learned) as path:
            asked = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    every = [json.loads(line) for line in (data_dir("samples") / "nora" / "questions.jsonl").read_text().splitlines()]
    true_of = {one["question"]: one["conversation"] for one in every if one["answer"] == "yes"}
    yes, no = ([one for one in asked if one["answer"] == answer] for answer in ("yes", "no"))
    assert len(yes) == len(no) > 5
    assert {one["conversation"] for one in yes} <= set(learned)
    later = {true_of[one["question"]] for one in no}
    assert not later & set(learned) and min(later) > sorted(set(true_of.values()))[60]


def test_a_base_is_chosen_once(tmp_path: Path) -> None:
    home = sample.own(Home(tmp_path / "demo"), fresh=False, base="plum-tiny")
    assert sample.own(home, fresh=False) == sample.own(home, fresh=False, base="Plum-Tiny") == home
    with Memory(home.root) as memory:
        assert memory.config.model.base == "plum-tiny"
    with pytest.raises(UsageError, match="was made with plum-tiny"):
        sample.own(home, fresh=False, base="SmolLM2-135M-Instruct")
    sample.own(home, fresh=True, base="SmolLM2-135M-Instruct")
    assert "SmolLM2" in home.config.read_text(encoding="utf-8")


def test_fresh_empties_only_its_own(tmp_path: Path) -> None:
    home = sample.own(Home(tmp_path / "demo"), fresh=False)
    (home.root / "log.db").write_text("x")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("x")
    (home.root / "link").symlink_to(tmp_path / "outside")
    assert sample.own(home, fresh=False) == home
    assert home.log.exists()
    sample.own(home, fresh=True)
    assert sorted(path.name for path in home.root.iterdir()) == ["adapters", "checkpoints", "demo.json", "models"]
    assert (tmp_path / "outside" / "file").exists()


def test_without_a_home_it_takes_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUM_EDGE_HOME", str(tmp_path / "mine"))
    home = sample.own(None, fresh=False)
    assert home.root == tmp_path / "mine" / "demo"
    assert not (tmp_path / "mine" / "log.db").exists()


def test_what_it_asks_about_is_in_the_sample_or_nowhere() -> None:
    lines = (data_dir("samples") / "nora" / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
    said = " ".join(message["content"] for line in lines for message in json.loads(line)["messages"]).lower()
    first = " ".join(m["content"] for line in lines[: sample.FIRST] for m in json.loads(line)["messages"]).lower()
    for topic, question in zip(("kitchen tap", "lentil soup", "choir audition"), sample.TALKED, strict=True):
        assert topic in question
        assert topic in first
    for topic, question in zip(("violin", "beekeeping"), sample.NEVER, strict=True):
        assert topic in question
        assert topic not in said
