"""What programs get: OpenAI's own client against a real server on the embedded base."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest

from plum_edge import Memory
from plum_edge.records import Message
from tests.serve.conftest import IN_GERMAN, QUESTION, Serving, asked, learn, make_home, served


def text(answer: openai.types.chat.ChatCompletion) -> str:
    """Return what was said."""
    assert answer.choices[0].message.content is not None
    return answer.choices[0].message.content


def test_a_chat_is_answered_as_the_memory_answers(serving: Serving, client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(**asked())
    with Memory(serving.home) as memory:
        assert text(answer) == "".join(memory.reply([Message("user", QUESTION)]))
        read = memory._evaluator.runtime.prompt_tokens([Message("user", QUESTION)])
    assert (answer.object, answer.model, answer.system_fingerprint) == ("chat.completion", "plum", "base")
    assert answer.choices[0].message.role == "assistant"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == read
    assert 0 < answer.usage.completion_tokens <= 24
    assert answer.usage.total_tokens == read + answer.usage.completion_tokens


def test_a_stream_says_the_same_and_what_it_took(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(**asked())
    *pieces, last, took = client.chat.completions.create(**asked(), stream=True, stream_options={"include_usage": True})
    assert len(pieces) > 2
    assert pieces[0].choices[0].delta.role == "assistant"
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == text(whole)
    assert last.choices[0].finish_reason == whole.choices[0].finish_reason
    assert took.choices == []
    assert took.usage == whole.usage
    assert {piece.usage for piece in (*pieces, last)} == {None}
    assert len({piece.id for piece in (*pieces, last, took)}) == 1
    without = list(client.chat.completions.create(**asked(), stream=True))
    assert without[-1].choices[0].finish_reason


def test_a_completion_takes_its_prompt_for_what_the_user_says(client: openai.OpenAI) -> None:
    whole = client.completions.create(model="plum", prompt=QUESTION, temperature=0)
    assert whole.object == "text_completion"
    assert whole.choices[0].text == text(client.chat.completions.create(**asked()))
    pieces = client.completions.create(model="plum", prompt=[QUESTION], temperature=0, stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == whole.choices[0].text


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["plum", "plum-retrieve", "plum-base"]
    assert client.models.retrieve("plum").owned_by == "plum-edge"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_the_length_is_kept_and_said(client: openai.OpenAI) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        answer = client.chat.completions.create(**asked(), **{name: 3})
        assert answer.choices[0].finish_reason == "length"
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 3


def test_an_answer_ends_before_a_stop(client: openai.OpenAI) -> None:
    whole = text(client.chat.completions.create(**asked()))
    stop = whole[len(whole) // 2 :][:5]
    answer = client.chat.completions.create(**asked(), stop=["never said", stop])
    assert text(answer) == whole[: whole.index(stop)]
    assert answer.choices[0].finish_reason == "stop"
    pieces = list(client.chat.completions.create(**asked(), stop=stop, stream=True))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == text(answer)


def test_a_seed_repeats_an_answer_and_none_draws_another(client: openai.OpenAI) -> None:
    drawn = {**asked(), "temperature": 1.5}
    assert len({text(client.chat.completions.create(**drawn, seed=7)) for _ in range(3)}) == 1
    assert len({text(client.chat.completions.create(**drawn)) for _ in range(6)}) > 1
    narrow = {text(client.chat.completions.create(**drawn, top_p=0)) for _ in range(3)}
    assert narrow == {text(client.chat.completions.create(**asked()))}


def test_parts_roles_and_defaults_of_other_clients_are_taken(client: openai.OpenAI) -> None:
    told = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hello."}]},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": QUESTION, "name": "me"},
    ]
    answer = client.chat.completions.create(
        model="plum-base", messages=told, n=1, presence_penalty=0, frequency_penalty=0, user="me", logprobs=False
    )
    assert answer.choices[0].finish_reason


def test_nothing_is_invented_here_either(serving: Serving, client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(**asked("Did we talk about the weather?"))
    assert text(answer).startswith("Nothing has been learned yet")
    assert answer.usage is not None
    assert answer.usage.total_tokens == 0, "no model was asked"
    assert not text(client.chat.completions.create(**asked("Did we talk?", model="plum-base"))).startswith("Nothing")


def test_the_wrong_token_and_none_are_refused(serving: Serving) -> None:
    for wrong in ("sk-wrong", serving.token[:-1], f"{serving.token}x"):
        with serving.client(api_key=wrong) as client:
            with pytest.raises(openai.AuthenticationError) as found:
                client.models.list()
            assert found.value.code == "invalid_api_key"
            with pytest.raises(openai.AuthenticationError):
                client.chat.completions.create(**asked())
    for header in (b"", b"Authorization: Bearer \xfc\r\n", b"Authorization: Basic eDp4\r\n"):
        with serving.socket() as bare:
            bare.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n" + header + b"Connection: close\r\n\r\n")
            assert bare.recv(64).startswith(b"HTTP/1.1 401")


def test_thirty_two_at_once_each_get_their_own_answer(serving: Serving) -> None:
    questions = [f"I am tired today, and have {n} things to do." for n in range(32)]
    with serving.client() as client:

        def ask(question: str) -> str:
            return text(client.chat.completions.create(**asked(question)))

        with ThreadPoolExecutor(32) as pool:
            at_once = list(pool.map(ask, questions))
        one_by_one = [ask(question) for question in questions]
    assert at_once == one_by_one
    assert len(set(at_once)) > 1


def test_an_adapter_is_swapped_under_way_and_no_request_is_dropped(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    learn(home, 1, 2)
    drawn = {**asked(IN_GERMAN), "temperature": 0.8, "max_tokens": 60}
    with served(home) as serving, serving.client() as client, Memory(home) as other:

        def stream(number: int) -> str | None:
            pieces = list(client.chat.completions.create(**drawn, seed=number, stream=True))
            return pieces[-1].choices[0].finish_reason

        said = {}
        for name in ("0001", "0002"):
            other.use(name)
            answer = client.chat.completions.create(**asked(IN_GERMAN))
            assert answer.system_fingerprint == f"adapter-{name}"
            said[name] = text(answer)
        assert said["0001"] != said["0002"]
        with ThreadPoolExecutor(16) as pool:
            streams = [pool.submit(stream, number) for number in range(32)]
            swaps = 0
            while not all(one.done() for one in streams):
                other.use(("0001", "0002", None)[swaps % 3])
                swaps += 1
            ends = [one.result() for one in streams]
        assert swaps > 3
        assert set(ends) <= {"stop", "length"}
        for name in ("0001", "0002"):
            other.use(name)
            assert text(client.chat.completions.create(**asked(IN_GERMAN))) == said[name]
