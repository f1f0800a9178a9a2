"""The runtime, on real llama.cpp: prompts, p(Yes), streaming, swaps, and refusals instead of crashes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import sentencepiece
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plum_edge import bases
from plum_edge.convert import gguf
from plum_edge.convert.families import family
from plum_edge.errors import NoModel
from plum_edge.paths import Home
from plum_edge.records import Message
from plum_edge.runtime import Runtime, Sampling
from plum_edge.runtime.answer import Tally
from plum_edge.templates.tokens import ChatTokenizer
from tests import tiny
from tests.tiny import random_lora, tiny_base

ASSISTANT, END = 5, 6
ASK = [Message("user", "Did we talk about the sourdough starter?")]
SHORT = [Message("system", "yes"), Message("user", "Did we talk?"), Message("assistant", "no"), *ASK]


def write_models(folder: Path) -> Path:
    """Write a random base and two adapters of it into a folder, and return that."""
    base = tiny_base(folder)
    gguf.write_base(base, folder / "base.gguf")
    for n in (1, 2):
        gguf.write_adapter(
            folder / f"{n}.gguf", random_lora(base, 4, n), alpha=8.0, family=family("llama"), heads=4, kv_heads=2
        )
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("recall"))


@pytest.fixture
def runtime(folder: Path) -> Iterator[Runtime]:
    with Runtime(folder / "base.gguf", exact=True) as runtime:
        yield runtime


def chain(tmp_path: Path, tokens: list[int]) -> Runtime:
    """Return a model that says these tokens after <|assistant|>: each token's embedding names its successor's row."""
    base = tiny_base(tmp_path, tied=False)
    state = safetensors.numpy.load_file(base / "model.safetensors")
    for name, value in state.items():
        if name.endswith(("o_proj.weight", "down_proj.weight", "embed_tokens.weight", "lm_head.weight")):
            state[name] = np.zeros_like(value)
        elif name.endswith("norm.weight"):
            state[name] = np.ones_like(value)
    for n, (token, successor) in enumerate(itertools.pairwise([ASSISTANT, *tokens])):
        state["model.embed_tokens.weight"][token, n] = 1.0
        state["lm_head.weight"][successor, n] = 10.0
    safetensors.numpy.save_file(state, base / "model.safetensors")
    gguf.write_base(base, tmp_path / "chain.gguf")
    return Runtime(tmp_path / "chain.gguf")


def spoken(folder: Path, text: str) -> list[int]:
    with Runtime(folder / "base.gguf") as runtime:
        ids = runtime.encode(text)
    assert len(set(ids)) == len(ids), "a chain says each token once"
    return ids


# -- prompts -----------------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(
            Message,
            st.sampled_from(["system", "user", "assistant"]),
            st.text(st.characters(exclude_categories=["Cs"]))
            | st.lists(st.sampled_from(["<|end|>", "<s>", "<|user|>", " ", "yes", "\n"])).map("".join),
        ),
        max_size=4,
    )
)
def test_prompts_are_the_trainers_and_contents_no_control_tokens(
    folder: Path, runtime: Runtime, chat: list[Message]
) -> None:
    ids = runtime.chat_ids(chat)
    assert ids == ChatTokenizer(folder / "tiny", tiny.TEMPLATE).prompt(chat)
    assert sum(i < 7 for i in ids) == 2 + 2 * len(chat)


def test_a_lone_surrogate_is_no_crash(runtime: Runtime) -> None:
    assert runtime.chat_ids([Message("user", "a \ud800 b")]) == runtime.chat_ids([Message("user", "a ? b")])


def test_bos_and_encode(runtime: Runtime) -> None:
    assert runtime.bos == 1
    assert runtime.encode("") == []
    assert runtime.decode(runtime.encode("Yes, 🍞 naïve")) == "Yes, 🍞 naïve"


# -- p(Yes) ------------------------------------------------------------------------------------------------------------


def test_p_yes_is_read_off_the_first_token_of_the_answer(folder: Path, runtime: Runtime) -> None:
    row = runtime.logits(runtime.chat_ids(ASK))[-1].astype(np.float64)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tiny" / "tokenizer.model"))
    words = {i: processor.IdToPiece(i).removeprefix("▁") for i in range(tiny.VOCABULARY)}
    yes = [i for i, word in words.items() if word in ("Yes", "yes")]
    no = [i for i, word in words.items() if word in ("No", "no")]
    assert len(yes) >= 2 and len(no) >= 2
    a, b = (np.exp(row[ids]).sum() for ids in (yes, no))
    assert runtime.p_yes(ASK) == pytest.approx(a / (a + b), abs=1e-5)


@pytest.mark.parametrize(("word", "low", "high"), [("Yes", 0.99, 1.0), ("No", 0.0, 0.01)])
def test_p_yes_of_a_model_that_says_yes_or_no(tmp_path: Path, folder: Path, word: str, low: float, high: float) -> None:
    with chain(tmp_path, [*spoken(folder, word), END]) as runtime:
        assert low <= runtime.p_yes(ASK) <= high
        assert runtime.answer(ASK) == word


def test_the_order_of_questions_does_not_matter(runtime: Runtime) -> None:
    chats = [ASK, SHORT, [*SHORT[:3], Message("user", "When?")], [Message("user", "Did we talk about bread?")]]
    fresh = {}
    for n, chat in enumerate(chats):
        runtime.use(None)
        fresh[n] = runtime.p_yes(chat)
    assert len({round(p, 6) for p in fresh.values()}) > 1
    for order in itertools.permutations(range(len(chats))):
        for n in order:
            assert runtime.p_yes(chats[n]) == pytest.approx(fresh[n], abs=1e-5)


def test_asking_the_same_twice_evaluates_again(runtime: Runtime) -> None:
    first = runtime.p_yes(ASK)
    assert runtime.p_yes(ASK) == pytest.approx(first, abs=1e-6)


# -- streaming ---------------------------------------------------------------------------------------------------------


def test_pieces_are_whole_characters_and_the_first_space_goes(tmp_path: Path, folder: Path) -> None:
    ids = spoken(folder, "Yes 🦊é, when?")
    with chain(tmp_path, [*ids, END]) as runtime:
        pieces = list(runtime.stream(ASK))
    assert "".join(pieces) == "Yes 🦊é, when?"
    assert not any("\ufffd" in piece for piece in pieces)
    assert len(pieces) > 3 and all(pieces)


def test_an_answer_cut_within_a_character_ends_with_a_mark(tmp_path: Path, folder: Path) -> None:
    ids = spoken(folder, "🦊")
    with chain(tmp_path, [*ids, END]) as runtime:
        assert runtime.answer(ASK, max_tokens=len(ids) - 1).endswith("\ufffd")
        assert runtime.answer(ASK, max_tokens=len(ids)) == "🦊"
        assert runtime.answer(ASK, max_tokens=0) == ""


@pytest.mark.parametrize("stop", [2, 4, END])
def test_stops_at_eos_and_at_any_control_token(tmp_path: Path, folder: Path, stop: int) -> None:
    with chain(tmp_path, [*spoken(folder, "Yes"), stop, *spoken(folder, "bread")]) as runtime:
        assert runtime.answer(ASK) == "Yes"


def test_stopped_is_asked_between_tokens(runtime: Runtime) -> None:
    asked = []

    def stopped() -> bool:
        asked.append(None)
        return len(asked) > 5

    whole = runtime.answer(ASK, max_tokens=30)
    part = "".join(runtime.stream(ASK, max_tokens=30, stopped=stopped))
    assert len(asked) == 6
    assert whole.startswith(part.rstrip("\ufffd")) and len(part) < len(whole)


def test_closing_an_answer_leaves_it_usable(runtime: Runtime) -> None:
    whole, p = runtime.answer(ASK, max_tokens=30), runtime.p_yes(ASK)
    stream = runtime.stream(ASK, max_tokens=30)
    next(stream)
    stream.close()
    assert runtime.p_yes(ASK) == pytest.approx(p, abs=1e-5)
    assert runtime.answer(ASK, max_tokens=30) == whole


def test_questions_between_tokens_do_not_change_the_answer(runtime: Runtime) -> None:
    whole = runtime.answer(ASK, max_tokens=20)
    pieces = []
    for piece in runtime.stream(ASK, max_tokens=20):
        pieces.append(piece)
        runtime.p_yes(SHORT)
    assert "".join(pieces) == whole


def test_sampling_varies_and_greedy_does_not(runtime: Runtime) -> None:
    assert len({runtime.answer(ASK, max_tokens=10) for _ in range(3)}) == 1
    drawn = [runtime.answer(ASK, max_tokens=10, sampling=Sampling(2.0, seed=seed)) for seed in (0, 1, 2, 3, 0)]
    assert len(set(drawn)) > 1 and drawn[0] == drawn[-1]


def test_the_opening_is_how_the_answer_begins_with_its_loss(runtime: Runtime) -> None:
    ids, losses = runtime.chat_ids(ASK), []
    for _ in range(6):
        row = runtime.logits(ids)[-1].astype(np.float64)
        losses.append(np.logaddexp.reduce(row) - row.max())
        ids.append(int(row.argmax()))
    text, loss = runtime.opening(ASK, 6)
    assert text == runtime.answer(ASK, max_tokens=6)
    assert loss == pytest.approx(np.mean(losses), abs=1e-4)


@pytest.mark.parametrize(("word", "decided"), [("yes", True), ("no", False)])
@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_an_answer_begins_with_what_was_decided_and_goes_on_from_there(
    folder: Path, runtime: Runtime, word: str, decided: bool, temperature: float
) -> None:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tiny" / "tokenizer.model"))
    said = [i for i in range(tiny.VOCABULARY) if processor.IdToPiece(i).removeprefix("▁").lower() == word]
    prompt = runtime.chat_ids(ASK)
    likeliest = max(said, key=runtime.logits(prompt)[-1].__getitem__)
    answer = runtime.answer(ASK, max_tokens=6, sampling=Sampling(temperature), decided=decided)
    assert answer.startswith(runtime.decode([likeliest])) and answer.strip().lower().startswith(word)
    if not temperature:
        assert answer == runtime.decode([likeliest]) + "".join(runtime.go_on([*prompt, likeliest], max_tokens=5))


# -- more than fits ----------------------------------------------------------------------------------------------------


def test_oldest_turns_are_left_out_and_the_system_message_stays(runtime: Runtime) -> None:
    turns = [Message(role, f"turn {n} about bread") for n in range(60) for role in ("user", "assistant")]
    chat = [Message("system", "the green window"), *turns, *ASK]
    assert len(runtime.chat_ids(chat)) > runtime.context
    ids = runtime._fitted(chat, 50)
    assert len(ids) <= runtime.context - 50
    kept = next(n for n in range(60) if ids == runtime.chat_ids([chat[0], *turns[2 * n :], *ASK]))
    assert len(runtime.chat_ids([chat[0], *turns[2 * kept - 2 :], *ASK])) > runtime.context - 50
    tally = Tally()
    "".join(runtime.stream(chat, max_tokens=50, tally=tally))
    assert tally.read == len(ids)
    assert 0 < runtime.p_yes(chat) < 1


@pytest.mark.parametrize("role", ["user", "system"])
def test_one_endless_message_is_cut(runtime: Runtime, role: str) -> None:
    chat = [Message(role, "bread and the kitchen tap " * 5000), *ASK]
    assert runtime._fitted(chat, 10)[-8:] == runtime.chat_ids(ASK)[-8:]
    tally = Tally()
    "".join(runtime.stream(chat, max_tokens=3, tally=tally))
    assert tally.drawn > 0 and tally.read <= runtime.context - 3


def test_an_answer_ends_with_the_context(runtime: Runtime) -> None:
    chat = [Message("user", "bread " * 100)]
    assert len(runtime.encode(runtime.answer(chat, max_tokens=10_000))) < 4 * runtime.context
    with pytest.raises(ValueError, match="do not fit"):
        runtime.logits([1] * (runtime.context + 1))


def test_logits_of_a_prompt_longer_than_a_batch(folder: Path) -> None:
    ids = [1 + n % 500 for n in range(250)]
    with Runtime(folder / "base.gguf", exact=True) as runtime:
        whole = runtime.logits(ids)
        assert whole.shape == (250, tiny.VOCABULARY)
        assert np.abs(whole[:100] - runtime.logits(ids[:100])).max() < 1e-4


def test_logits_beyond_the_first_batch_of_a_long_context(tmp_path: Path) -> None:
    base = bases.base("plum-tiny")
    ids = [10 + 7 * n % 900 for n in range(700)]
    with Runtime(bases.gguf(base, Home(tmp_path).create()), exact=True) as runtime:
        whole, tail = runtime.logits(ids), runtime.tail(ids, 100)
        assert (whole.shape[0], tail.shape[0]) == (700, 100)
        assert np.abs(whole[-100:] - tail).max() < 1e-3
        assert np.abs(whole[:520] - runtime.logits(ids[:520])).max() < 1e-3


# -- life --------------------------------------------------------------------------------------------------------------


def test_a_missing_or_damaged_base_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "base.gguf").read_bytes()
    (tmp_path / "half.gguf").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.gguf").write_text("hello")
    (tmp_path / "empty.gguf").touch()
    (tmp_path / "odd.gguf").write_bytes(whole.replace(b"llama.block_count", b"llama.block_spent"))
    for path in (*tmp_path.iterdir(), tmp_path, tmp_path / "none.gguf", folder / "1.gguf"):
        with pytest.raises(NoModel) as caught:
            Runtime(path)
        assert caught.value.exit_code == 20


def test_llama_cpp_writes_nothing(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Runtime(folder / "base.gguf") as runtime:
        runtime.use(folder / "1.gguf")
        runtime.answer(ASK, max_tokens=3)
    (tmp_path / "odd.gguf").write_bytes((folder / "base.gguf").read_bytes().replace(b".block_count", b".block_spent"))
    with pytest.raises(NoModel, match="block_count"):
        Runtime(tmp_path / "odd.gguf")
    assert capfd.readouterr() == ("", "")


def test_closed_is_closed(folder: Path) -> None:
    runtime, adapter = Runtime(folder / "base.gguf"), folder / "1.gguf"
    runtime.use(adapter)
    runtime.close()
    runtime.close()
    for call in (
        lambda: runtime.p_yes(ASK),
        lambda: runtime.use(None),
        lambda: runtime.use(adapter),
        lambda: runtime.logits([1]),
    ):
        with pytest.raises(ValueError, match="closed"):
            call()


def test_a_smaller_context_can_be_asked_for(folder: Path) -> None:
    with Runtime(folder / "base.gguf", context=64) as runtime:
        assert 64 <= runtime.context <= tiny.CONTEXT
        tally = Tally()
        "".join(runtime.stream([Message("user", "bread " * 500)], max_tokens=100, tally=tally))
        assert 0 < tally.read < tally.read + tally.drawn <= runtime.context + 1
