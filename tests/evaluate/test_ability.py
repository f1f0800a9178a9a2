"""What the base can do and what an adapter leaves of it, on the embedded model in llama.cpp; and marking small talk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge import bases
from plum_edge.augment.phrases import wordings
from plum_edge.convert import gguf
from plum_edge.convert.families import family
from plum_edge.evaluate import ability
from plum_edge.evaluate.marking import sound
from plum_edge.paths import Home, data_dir
from plum_edge.runtime import Runtime

FOLDER = data_dir("models") / "plum-tiny"
needs_weights = pytest.mark.skipif(not (FOLDER / "model.safetensors").is_file(), reason="plum-tiny has no weights here")


@pytest.fixture(scope="module")
def asked() -> ability.Material:
    return ability.material(FOLDER)


@pytest.fixture(scope="module")
def little(asked: ability.Material) -> ability.Material:
    """Enough of each sort to see damage, and fast."""
    return replace(
        asked,
        reading=asked.reading[:80],
        honest=asked.honest[:60],
        openings=asked.openings[:10],
        dialogues=asked.dialogues[:8],
        texts=asked.texts[:10],
    )


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    home = Home(tmp_path_factory.mktemp("home")).create()
    with Runtime(bases.gguf(bases.base("plum-tiny"), home)) as opened:
        yield opened


def adapter(folder: Path, strength: float) -> Path:
    """Write a random adapter for the embedded base; with strength 0 it changes nothing."""
    base, rng = bases.base("plum-tiny"), np.random.default_rng(0)
    sizes = json.loads((base.folder / "config.json").read_text(encoding="utf-8"))
    hidden, wide = sizes["hidden_size"], sizes["intermediate_size"]
    state = {}
    for layer in range(base.layers):
        for name, (out, inner) in {"self_attn.v_proj": (hidden, hidden), "mlp.down_proj": (hidden, wide)}.items():
            prefix = f"base_model.model.model.layers.{layer}.{name}"
            state[f"{prefix}.lora_A.weight"] = rng.standard_normal((4, inner)).astype(np.float32) / np.sqrt(inner)
            state[f"{prefix}.lora_B.weight"] = (strength * rng.standard_normal((out, 4))).astype(np.float32)
    path = folder / f"{strength}.gguf"
    gguf.write_adapter(path, state, alpha=4.0, family=family("llama"), heads=base.heads, kv_heads=base.kv_heads)
    return path


# The material ---------------------------------------------------------------------------------------------------------


def test_there_is_enough_of_each_sort_to_see_two_points(asked: ability.Material) -> None:
    answers = Counter(one.question.answer for one in asked.reading)
    assert answers["yes"] >= 300 and answers["yes"] == answers["no"]
    assert len(asked.honest) >= 300 and {one.question.answer for one in asked.honest} == {"no"}
    assert len(asked.openings) >= 50 and len(asked.dialogues) >= 30 and len(asked.texts) >= 30


def test_questions_of_one_conversation_stand_together_and_name_what_is_in_it(asked: ability.Material) -> None:
    conversations = [one.before[0].content for one in asked.reading]
    assert len(set(conversations)) == sum(a != b for a, b in zip(conversations, ["", *conversations], strict=False))
    assert all(len(one.before) == 1 and one.before[0].role == "system" for one in asked.reading)
    assert not any(one.before for one in asked.honest)


def test_nothing_of_it_is_replayed_or_kept_for_the_final_figure(asked: ability.Material) -> None:
    replayed = (FOLDER / "general.jsonl").read_text(encoding="utf-8")
    texts = [one.question.question for one in (*asked.reading, *asked.honest)]
    texts += [turn.content for talk in asked.dialogues for turn in talk if turn.role == "assistant"]
    texts += [talk[0].content for talk in asked.openings]
    assert not [text for text in texts if json.dumps(text, ensure_ascii=False) in replayed]
    unseen = [max(frame.split("{topic}"), key=len).strip() for frame in wordings.UNSEEN.closed]
    assert not [text for text in texts for frame in unseen if frame in text]


def test_what_the_log_mentions_is_not_asked_for_a_no(asked: ability.Material) -> None:
    some = ability.material(FOLDER, lambda topic: "a" in topic)
    none = ability.material(FOLDER, lambda topic: True)
    assert 0 < len(some.honest) < len(asked.honest) and not none.honest
    assert {one.question.answer for one in none.reading} == {"yes"}


def test_a_base_that_brings_no_material_is_not_asked_the_embedded_ones(tmp_path: Path) -> None:
    assert ability.brought(FOLDER) and not ability.brought(tmp_path)
    assert ability.material(tmp_path) == ability.Material((), (), (), (), ())


# Measuring ------------------------------------------------------------------------------------------------------------


@needs_weights
def test_the_base_reads_and_is_honest_and_compared_with_itself_nothing_changes(
    runtime: Runtime, little: ability.Material, tmp_path: Path
) -> None:
    found = ability.compare(runtime, adapter(tmp_path, 0.0), little)
    base = found["base"]
    assert base["reading"] >= 0.9 and base["honest_no"] >= 0.95
    assert base["reading"] == pytest.approx((base["reading_yes"] + base["reading_no"]) / 2)
    assert found["adapter"] == pytest.approx(base)
    assert all(np.allclose(change, 0) for change in found["change"].values())
    assert {(flips["lost"], flips["gained"]) for flips in found["flips"].values()} == {(0, 0)}
    json.dumps(found)


@needs_weights
def test_an_adapter_that_damages_the_base_is_seen_to(
    runtime: Runtime, little: ability.Material, tmp_path: Path
) -> None:
    found = ability.compare(runtime, adapter(tmp_path, 2.0), little)
    change = found["change"]
    assert change["reading"] < -0.1 and found["flips"]["reading"]["p"] < 0.01
    assert change["text_loss"] > 0.1 and change["dialogue_loss"] > 0.1 and change["chat_loss"] > 0.5
    low, high = change["dialogue_loss_ci95"]
    assert low <= change["dialogue_loss"] <= high
    assert found["adapter"]["chat_same"] < 0.5 < found["base"]["chat_same"] == 1.0


@needs_weights
def test_without_an_adapter_only_the_base_is_described(runtime: Runtime, little: ability.Material) -> None:
    steps: list[tuple[str, int, int]] = []
    found = ability.compare(runtime, None, little, lambda stage, done, total, _: steps.append((stage, done, total)))
    assert found["adapter"] is found["change"] is found["flips"] is None
    assert ("reading", 80, 80) in steps and ("honest no", 60, 60) in steps
    assert runtime.adapter_id is None


@needs_weights
def test_losses_are_nats_a_token(runtime: Runtime, little: ability.Material) -> None:
    runtime.use(None)
    text = little.texts[0]
    ids = [runtime.bos, *runtime.encode(text)]
    rows = runtime.logits(ids)[:-1].astype(np.float64)
    shares = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    expected = -np.log(shares[np.arange(len(ids) - 1), ids[1:]]).mean()
    assert ability.text_loss(runtime, [text]).mean == pytest.approx(expected, rel=1e-3)
    assert ability.text_loss(runtime, []).mean is None


# Small talk -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        "Hello! How are you?",
        "No, I am a small program.",
        "Yes, I learn at night.",
        "On Monday.",
        "Very, very good news.",
    ],
)
def test_small_talk_is_sound(reply: str) -> None:
    assert sound(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        " … ",
        "No, we have not talked about that.",
        "Well. yes, you told me on 1 July 2026.",
        'Good bath, on 3 May 2026 you said: "My short weeks',
        "Did we talk about the kitchen tap?",
        "You have not told me about that.",
        "the the the end",
        "I would like a cup of tea and I would like a cup of coffee.",
    ],
)
def test_what_is_empty_or_stutters_or_is_an_answer_of_ours_is_not(reply: str) -> None:
    assert not sound(reply)


@given(st.text(max_size=60), st.text(alphabet="abc ", min_size=8, max_size=40))
def test_saying_it_all_twice_is_never_sound(head: str, tail: str) -> None:
    doubled = f"{head} {tail} {tail} {tail}"
    assert not (sound(doubled) and len(tail.split()) >= 4)
