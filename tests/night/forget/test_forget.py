"""Forgetting is exact: log, files and weights are, byte for byte, those of somebody who never had the conversation."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plum_edge import Memory, bases
from plum_edge.backends import pick
from plum_edge.config import Config, Model
from plum_edge.convert import peft
from plum_edge.errors import GateRefused, LockHeld, NoModel, UnknownId, UsageError
from plum_edge.evaluate.report import folder
from plum_edge.memory import backup
from plum_edge.night.forget import choose
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store
from plum_edge.store.lock import locked
from plum_edge.templates.tokens import ChatTokenizer
from plum_edge.train.step import state_sha256
from tests.night.forget.talks import OPEN, SAID, edit, forget, hashes, learn, pairs, talk, used, write_config
from tests.store.samples import IN_MEMORY
from tests.tiny import tiny_base

SAID_IN_GERMAN = "Guten Abend, ich habe heute mit der Nachbarin über den Garten und die Äpfel gesprochen."
"""The adapter goes on with it, piece by piece."""
REASONS = pick.available()

# --- exact


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[list[Conversation]], set[str]]:
    """Draw conversations, their split into nights, what was added to one of them later, and which are forgotten."""
    numbers = draw(st.lists(st.integers(0, len(SAID) - 1), min_size=2, max_size=4, unique=True))
    cuts = draw(st.lists(st.booleans(), min_size=len(numbers), max_size=len(numbers)))
    nights: list[list[Conversation]] = [[]]
    for number, cut in zip(numbers, cuts, strict=True):
        if cut and nights[-1]:
            nights.append([])
        nights[-1].append(talk(number))
    if draw(st.booleans()):
        longer = draw(st.sampled_from(numbers))
        nights.append([talk(longer, (SAID[longer], f"Once more, then: {SAID[(longer + 1) % len(SAID)]}"))])
    gone = draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=2, unique=True))
    return nights, {f"talk-{number}" for number in gone}


def as_if_it_had_never_been(
    config: Config,
    backend: Literal["mlx", "torch"],
    history: tuple[list[list[Conversation]], set[str]],
    wishes: list[tuple[int, str]],
    learned: bool,
    ends: int,
) -> None:
    """Whatever was said, edited, and learned in which nights, and is averaged; on a CPU, whatever learns."""
    config = replace(config, train=replace(config.train, backend=backend, ends=ends))
    nights, gone = history
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        home, other = Home(Path(folder) / "home"), Home(Path(folder) / "other")
        learn(home, config, nights)
        edits = edit(home, wishes)
        if learned:
            learn(home, config, [[]])
        without = [[one for one in night if one.id not in gone] for night in nights]
        expected = learn(other, config, without, edits)

        receipt = forget(home, config, *sorted(gone))

        assert receipt["exact"], receipt
        assert hashes(home) == expected
        assert pairs(home) == pairs(other)
        with Store.open(other, create=False) as store:
            learned = {step.segment for step in store.runs.steps()} - store.log.aside().keys()
        assert (receipt["adapter"] is not None) == bool(learned)
        if learned:
            made = home.adapters / receipt["adapter"] / "adapter.safetensors"
            assert state_sha256(peft.load(made)[0]) == state_sha256(used(other, config))


@pytest.mark.parametrize(
    ("backend", "examples"),
    [
        pytest.param(name, count, marks=pytest.mark.skipif(bool(REASONS[name]), reason=REASONS[name]))
        for name, count in (("torch", 8), ("mlx", 3))
    ],
)
def test_it_is_as_if_it_had_never_been(config: Config, backend: Literal["mlx", "torch"], examples: int) -> None:
    wishes = st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(["drop", "word", "flip"])), max_size=3)
    drawn = given(histories(), wishes, st.booleans(), st.integers(1, 3))(as_if_it_had_never_been)
    settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])(drawn)(config, backend)


def test_the_receipt(learned: Home, config: Config, _learned: tuple[Path, list[str]]) -> None:
    before = hashes(learned)
    with Memory(learned.root) as memory:
        memory.store.forgetting.add_export("phone.bundle", 4)
        plan = memory.forget(["talk-1"], dry_run=True)
        assert [one["title"] for one in plan["conversations"]] == ["About number 1"]
        assert (plan["adapters"], plan["meanwhile"], plan["again"]) == (["0001", "0002"], None, 3)
        assert hashes(learned) == before, "a plan changes nothing"
        receipt = memory.forget(["talk-1"])
    assert receipt["status"] == "forgotten"
    assert (receipt["conversations"], receipt["messages"], receipt["log_before"], receipt["log_after"]) == (1, 2, 4, 3)
    assert receipt["state_before"] == before[-1]
    assert receipt["state_after"] == _learned[1][-1] == hashes(learned)[-1]
    assert (receipt["exact"], receipt["exported"], receipt["left_in"]) == (True, ["phone.bundle"], [])
    assert receipt["probes"]["asked"] > 0
    assert receipt["probes"]["p_yes_after"] != receipt["probes"]["p_yes_before"], "another adapter was asked"
    assert not any("sourdough" in str(value) or "talk-1" in str(value) for value in receipt.values())


def test_copies_of_text_from_before_it_was_learned_are_named(config: Config, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with Store.open(home.create(), create=True) as store:
        store.log.add([talk(0), talk(1)])
        backup.write(store, tmp_path / "copy.db")
    learn(home, config, [[]])
    assert forget(home, config, "talk-0")["exported"] == [str(tmp_path / "copy.db")]
    with Store.open(home, create=False) as store:
        store.log.add([replace(talk(2), trainable=False)])
        backup.export(store, tmp_path / "two.md", ["talk-2"], "markdown")
    receipt = forget(home, config, "talk-2")
    assert (receipt["exported"], receipt["again"]) == ([str(tmp_path / "two.md")], 0), "it was never learned"


@pytest.mark.parametrize("change", [{"epochs": 2}, {"seed": 1}])
def test_other_settings_than_then_are_said(learned: Home, config: Config, change: dict[str, int]) -> None:
    other = replace(config, train=replace(config.train, **change))
    receipt = forget(learned, other, "talk-1")
    assert not receipt["exact"]
    assert "settings" in receipt["why"]


def test_the_last_conversation_of_all(config: Config, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    learn(home, config, [[talk(0)]])
    receipt = forget(home, config, "talk-0")
    assert (receipt["status"], receipt["adapter"], receipt["again"]) == ("forgotten", None, 0)
    assert hashes(home) == []


# --- no trace


def test_no_byte_is_left_in_any_file(learned: Home, config: Config) -> None:
    secret = talk(1).messages[0].content
    learned.history.write_text(f"\n# 2026-03-13 19:30:00\n+{secret}\n\n# 2026-03-14 08:00:00\n+What else?\n")
    names = ("reports/old/index.html", "logs/night.jsonl", "logs/crash.txt", "backups/before-restore.db")
    for name in (*names, ".restore.x1.tmp/log.db", ".log.db.x1.tmp-wal"):
        (learned.root / name).parent.mkdir(parents=True, exist_ok=True)
        (learned.root / name).write_text(f"{secret}\n")
    (learned.root / "reports" / "old" / "report.json").write_text(json.dumps({"made_by": folder.MADE_BY}))
    with Store.open(learned, create=False) as store:
        backup.write(store, learned.root / "backups" / "monday.db")
        backup.export(store, learned.root / "all.jsonl")
    mine = [learned.root / name for name in ("backups/mine.txt", "logs/mine.txt", "notes.txt", "reports/index.html")]
    for file in mine:
        file.write_text(f"I wrote: {secret}")
    tokenizer = ChatTokenizer(Path(config.model.base), bases.base(config.model.base).chat_template)
    ids = list(tokenizer.example([Message("user", secret)], limit=256).ids)[2:-2]
    words = ("quillabamba", "smells of")

    receipt = forget(learned, config, "talk-1")

    assert receipt["left_in"] == [str(file) for file in mine], "what is not ours is named, and left alone"
    assert receipt["exported"] == [], "what was written into the home is gone, and no copy out of reach"
    for file in mine:
        file.unlink()
    needles = [word.encode(encoding) for word in words for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    needles += [np.array(ids, dtype).tobytes() for dtype in ("<i2", "<i4", "<i8", ">i4")]
    needles += [str(ids[:8])[1:-1].encode(), ",".join(map(str, ids[:8])).encode(), b"talk-1"]
    for path in learned.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [needle for needle in needles if needle in content], path
    assert learned.history.read_text() == "\n# 2026-03-14 08:00:00\n+What else?\n"
    assert not list(learned.checkpoints.glob("epoch*"))


def test_it_does_not_come_back(learned: Home, config: Config, tmp_path: Path) -> None:
    forget(learned, config, "talk-1")
    file = tmp_path / "again.jsonl"
    file.write_text('{"id": "talk-1", "messages": [{"role": "user", "content": "My sourdough starter."}]}\n')
    with Memory(learned.root) as memory:
        found = memory.import_file(file)
        assert found["conversations"] == 0
        assert found["skipped"] == [{"where": "talk-1", "why": "it was forgotten here, and stays forgotten"}]
        with pytest.raises(UnknownId):
            memory.store.log.get("talk-1")


def test_logged_but_never_learned(learned: Home, config: Config, _learned: tuple[Path, list[str]]) -> None:
    with Memory(learned.root) as memory:
        receipt = memory.forget(["talk-1"], keep_log=True)
        assert (receipt["status"], receipt["exact"]) == ("excluded", True)
        assert memory.store.log.get("talk-1").messages[0].content == SAID[1]
        assert memory.status()["waiting"] == 0
    assert hashes(learned) == _learned[1]


# --- meanwhile


def test_a_restore_takes_it_back_once_more(
    learned: Home, config: Config, tmp_path: Path, _learned: tuple[Path, list[str]]
) -> None:
    with Memory(learned.root) as memory:
        backup.write(memory.store, tmp_path / "copy.db")
        memory.forget(["talk-1"], keep_log=True)
    with backup.restoring(learned, tmp_path / "copy.db") as ready:
        ready.put()
    with Memory(learned.root) as memory:
        assert memory.status()["adapter"] is None, "none that was there then and is there now had not seen it"
        assert memory.consolidate()["status"] == "promoted"
    assert hashes(learned) == _learned[1]


def test_while_it_learns_again_nothing_in_use_has_seen_it(config: Config, learned: Home) -> None:
    """Forgetting one of the second night: the first night's adapter is used meanwhile."""
    used = []
    with Memory(learned.root) as memory:
        memory.forget(["talk-4"], progress=lambda *_: used.append(memory.store.runs.active()))
    meanwhile = {one.id if one else None for one in used}
    assert "0002" not in meanwhile
    assert "0001" in meanwhile


def test_a_checkpoint_stands_in(learned: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """One night of four: no adapter is older, but the first two steps are; they are used while the last is learned."""
    monkeypatch.setattr("plum_edge.train.checkpoints._SPACING", 1)
    with Memory(learned.root) as memory:
        memory.store.forgetting.unlearn(0)
        memory.use(None)
        for adapter in memory.adapters():
            memory.store.runs.remove(adapter.id)
        memory.consolidate()
        used = []
        receipt = memory.forget(["talk-2"], progress=lambda *_: used.append(memory.store.runs.active()))
    knows = [one.segments if one else 0 for one in used]
    assert set(knows) <= {0, 2, 3}
    assert 2 in knows
    assert receipt["exact"]


def test_a_running_answer_drops_the_adapter_before_its_next_token(learned: Home) -> None:
    with Memory(learned.root) as talking, Memory(learned.root) as other:
        answer = talking.reply([Message("user", SAID_IN_GERMAN)])
        next(answer)
        runtime = talking._evaluator.runtime
        assert runtime.adapter_id == "0002"
        other.store.forgetting.begin(["talk-1"], None, {}, keep_log=False)
        next(answer, "")  # whatever it is, or the end
        assert runtime.adapter_id is None
        assert talking.ask(SAID_IN_GERMAN).adapter is None


def test_a_running_answer_that_reads_the_log_ends(learned: Home) -> None:
    with Memory(learned.root) as talking, Memory(learned.root) as other:
        answer = talking.reply([Message("user", "the kitchen tap")], retrieve=True)
        next(answer)
        other.store.forgetting.begin(["talk-1"], None, {}, keep_log=False)
        assert list(answer) == []


def test_a_night_that_runs_is_in_the_way(learned: Home, config: Config) -> None:
    with locked(learned), pytest.raises(LockHeld):
        forget(learned, config, "talk-1")
    assert len(hashes(learned)) == 4


def test_without_a_base_it_is_erased_and_learned_later(learned: Home, config: Config) -> None:
    lost = replace(config, model=Model("no-such-model"))
    with pytest.raises(NoModel):
        forget(learned, lost, "talk-1")
    with Store.open(learned, create=False) as store:
        assert not store.log.holds("talk-1")
        assert store.runs.active() is None
    assert forget(learned, config)["exact"]


def test_what_the_gate_refuses_is_not_used(learned: Home, config: Config) -> None:
    strict = replace(config, gate=replace(OPEN, min_new=1.1))
    receipt = forget(learned, strict, "talk-4")
    assert (receipt["status"], receipt["exact"]) == ("refused", True)
    assert "not learned" in receipt["reasons"][0]
    with Store.open(learned, create=False) as store:
        active = store.runs.active()
        assert active is not None and active.segments < 3
        assert not store.log.holds("talk-4")


# --- which


def test_which_are_meant(learned: Home) -> None:
    with Store.open(learned, create=False) as store:
        assert choose(store, ["talk-1", "talk-2", "talk-1"]) == ["talk-1", "talk-2"]
        assert choose(store, [], search="kitchen tap sourdough") == ["talk-1"]
        assert set(choose(store, [], search="the kitchen tap")) == {"talk-0", "talk-1", "talk-4"}
        day = dt.datetime(2026, 3, 14, tzinfo=dt.UTC)
        assert choose(store, [], since=day) == ["talk-2", "talk-4"]
        assert choose(store, [], until=day, search="kitchen tap") == ["talk-0", "talk-1"]
        assert choose(store, ["talk-4"], until=day, search="sourdough") == ["talk-4", "talk-1"]
        assert choose(store, [], search="zeppelin") == []
        with pytest.raises(UnknownId):
            choose(store, ["talk-9"])


# --- rollback, prune, rebuild


def test_rollback_and_prune(learned: Home) -> None:
    with Memory(learned.root) as memory:
        assert memory.rollback().id == "0001"
        assert memory.consolidate()["status"] == "nothing", "what was rolled back is not promoted again by itself"
        with pytest.raises(Exception, match="no adapter before 0001"):
            memory.rollback()
        assert memory.prune(keep=1, dry_run=True)["removed"] == []
        memory.use("0002")
        pruned = memory.prune(keep=1)
        assert pruned["removed"] == ["0001"]
        assert pruned["bytes"] > 0
        assert [path.name for path in learned.adapters.iterdir()] == ["0002"]
        assert memory.forget(["talk-1"])["exact"], "what forgetting needs is kept"


def test_none_of_another_base_comes_into_use(learned: Home, tmp_path: Path) -> None:
    """As if the first night had learned on another base of the same shapes."""
    with Memory(learned.root) as memory:
        first = memory.store.runs.adapter("0001")
        memory.store.runs.add_adapter(first, memory.store.runs.manifest("0001") | {"base_sha256": "f" * 64})
        backup.write(memory.store, tmp_path / "copy.db")
        with pytest.raises(UsageError, match="no adapter before 0002"):
            memory.rollback()
        assert memory.forget(["talk-4"], dry_run=True)["meanwhile"] is None
        Path(memory.store.runs.adapter("0002").gguf).unlink()
    with backup.restoring(learned, tmp_path / "copy.db") as ready:
        assert (ready.plan["adapters_lost"], ready.plan["adapter"]) == (["0002"], None)


def test_what_names_nothing_is_set_aside_and_makes_no_adapter(config: Config, tmp_path: Path) -> None:
    root = tmp_path / "home"
    root.mkdir()
    write_config(root, config)
    with Memory(root) as memory:
        memory.add([talk(3)])
        result = memory.consolidate()
        assert (result["status"], memory.adapters()) == ("nothing", [])
        assert any("talk-3/0 was set aside" in note for note in result["notes"])
        assert [one.state for one in memory.store.log.list()] == ["aside"]
        assert memory.consolidate()["status"] == "nothing"


def test_rebuild_on_another_base(learned: Home, tmp_path: Path, config: Config) -> None:
    other = tiny_base(tmp_path / "another", seed=7)
    settings_file = learned.config
    settings_file.write_text(settings_file.read_text().replace(config.model.base, str(other)))
    with Memory(learned.root) as memory:
        memory.config = replace(memory.config, gate=replace(memory.config.gate, min_new=1.1))
        with pytest.raises(GateRefused):
            memory.consolidate(rebuild=True)
        active = memory.store.runs.active()
        assert active is not None and active.id == "0002", "the old one is kept until the new one passes"
    with Memory(learned.root) as memory:
        assert memory.consolidate()["status"] == "promoted", "tried again, without learning it again"
        active = memory.store.runs.active()
        assert active is not None and active.segments == 4
        assert memory.store.runs.manifest(active.id)["base_sha256"] == bases.base(str(other)).sha256
        line = memory.evaluate(prompted=True)["over_time_system_prompt"]
        assert [number for number, _ in line] == [2, 4], "those of the other base are not asked on this one"
    fresh = Home(tmp_path / "fresh")
    on_other = replace(config, model=Model(str(other)))
    assert hashes(learned) == learn(fresh, on_other, [[talk(0), talk(1)], [talk(2), talk(4)]])
