"""General samples: the base's own answers, once; a part of them held out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge import bases
from plum_edge.config import Config, Generate
from plum_edge.errors import Interrupted
from plum_edge.paths import Home
from plum_edge.runtime import Runtime
from plum_edge.train import general
from tests.tiny import tiny_base

CONFIG = Config(generate=Generate(threads=1))


@pytest.fixture
def base(tmp_path: Path) -> bases.Base:
    folder = tiny_base(tmp_path / "base")
    (folder / "general.jsonl").unlink()
    return bases.base(str(folder))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[general.Sample]:
    chosen = general.prompts()[::8]
    monkeypatch.setattr(general, "prompts", lambda: chosen)
    return chosen


def test_the_prompts_are_many_of_each_kind_and_none_asks_a_memory() -> None:
    prompts = general.prompts()
    kinds = {kind: sum(one.kind == kind for one in prompts) for kind in {one.kind for one in prompts}}
    assert len(prompts) >= 200 and min(kinds.values()) >= 20
    assert len({one.messages for one in prompts}) == len(prompts)
    assert all(one.messages[-1].role == "user" for one in prompts)
    assert 0.15 < sum(one.probed for one in prompts) / len(prompts) < 0.35
    alone = [one.messages[-1].content.lower() for one in prompts if len(one.messages) == 1]
    assert not [text for text in alone if text.startswith(("did we", "did i", "have we", "what did i"))]


def test_a_base_answers_once_in_its_own_words(base: bases.Base, few: list[general.Sample], tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    assert general.trained(base, home, CONFIG) == [] and general.fingerprint(base, home, CONFIG) == ""
    told: list[tuple[str, int, int]] = []
    general.prepare(base, home, CONFIG, progress=lambda stage, done, total, _: told.append((stage, done, total)))
    assert told[0] == ("general", 0, len(few)) and told[-1] == ("general", len(few), len(few))
    trained, probes = general.trained(base, home, CONFIG), general.probes(base, home, CONFIG)
    assert len(trained) + len(probes) == len(few) and probes
    assert not {one.messages for one in trained} & {one.messages for one in probes}
    with Runtime(bases.gguf(base, home), context=256, threads=1) as model:
        for sample in (*trained[:2], *probes[:2]):
            assert sample.messages[-1].role == "assistant"
            assert sample.messages[-1].content == general.answer(model, sample.messages[:-1])
    before = general.fingerprint(base, home, CONFIG)
    general.prepare(base, home, CONFIG, progress=lambda *_: pytest.fail("asked again"))
    assert general.fingerprint(base, home, CONFIG) == before != ""


def test_what_is_stopped_half_way_keeps_nothing(base: bases.Base, few: list[general.Sample], tmp_path: Path) -> None:
    home, asked = Home(tmp_path / "home").create(), []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Interrupted):
        general.prepare(base, home, CONFIG, stopped=stopped)
    assert general.trained(base, home, CONFIG) == []


def test_a_base_that_ships_samples_is_not_asked(tmp_path: Path) -> None:
    folder = tiny_base(tmp_path / "base")
    line = {"kind": "chat", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    (folder / "general.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    base, home = bases.base(str(folder)), Home(tmp_path / "home").create()
    general.prepare(base, home, CONFIG, progress=lambda *_: pytest.fail("asked"))
    assert [one.kind for one in general.trained(base, home, CONFIG)] == ["chat"]
    assert general.probes(base, home, CONFIG) == [] and general.fingerprint(base, home, CONFIG) == ""


def test_the_embedded_base_is_measured_on_talk_that_it_ships(tmp_path: Path) -> None:
    found = general.probes(bases.base("plum-tiny"), Home(tmp_path), CONFIG)
    assert len(found) == 20 and all(one.messages[-1].role == "assistant" for one in found)
