"""What a server must survive: a full line, clients that vanish or dawdle, and bodies that are no requests."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plum_edge import Memory
from plum_edge.serve import app, wire
from plum_edge.serve.wire import Refusal, Wish
from plum_edge.serve.worker import Ended, Event, Job, Said
from tests.serve.conftest import Serving, asked, make_home, served

LOGGED = {"X-Plum-Log": "on"}


@contextmanager
def busy(home: Path, client: openai.OpenAI) -> Iterator[None]:
    """Keep the worker at one request for as long as the block takes: its log cannot be written to meanwhile."""
    with closing(sqlite3.connect(home / "log.db", isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        stream = client.chat.completions.create(**asked(), stream=True, extra_headers=LOGGED)
        next(
            piece for piece in stream if piece.choices[0].delta.content
        )  # it is answered: only the log is to be written
        try:
            yield
        finally:
            writer.execute("ROLLBACK")
        assert [piece.choices[0].finish_reason for piece in stream if piece.choices[0].finish_reason]


def until(true: Any) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_full_line_says_when_to_come_back_and_who_waits_is_answered(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with served(home, waiting=2) as serving, serving.client() as client, ThreadPoolExecutor(2) as pool:
        with busy(home, client):
            waiting = [pool.submit(client.chat.completions.create, **asked()) for _ in range(2)]
            until(lambda: len(serving.server.worker._waiting) == 2)
            assert list(client.models.list()), "who wants no answer need not wait for one"
            with pytest.raises(openai.InternalServerError) as found:
                client.chat.completions.create(**asked())
            assert found.value.status_code == 503
            assert int(found.value.response.headers["retry-after"]) >= 1
            assert found.value.code == "overloaded"
        assert all(one.result(60).choices[0].finish_reason for one in waiting)
        serving.alive()


def test_who_vanishes_in_the_line_leaves_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with served(home, waiting=1) as serving, serving.client() as client:
        with busy(home, client):
            for stream in (True, False):
                body = json.dumps(asked("Never answered.", stream=stream)).encode()
                with serving.socket() as gone:
                    gone.sendall(serving.raw("/v1/chat/completions", body, "X-Plum-Log: on"))
                    until(lambda: len(serving.server.worker._waiting) == 1)
                until(lambda: not serving.server.worker._waiting)
        serving.alive()
        with Memory(home) as memory:
            assert not memory.evidence("Never answered")


def test_who_vanishes_halfway_hurts_nobody(serving: Serving) -> None:
    with serving.client() as client:
        for _ in range(5):
            stream = client.chat.completions.create(**asked(), max_tokens=200, stream=True)
            next(iter(stream))
            stream.close()
    serving.alive()


def test_an_answer_that_nobody_wants_ends_before_its_next_token(tmp_path: Path) -> None:
    from plum_edge.serve.speaking import speak

    with Memory(make_home(tmp_path / "home")) as memory:
        told: list[Event] = []
        job = Job(wire.chat(json.dumps(asked(max_tokens=20)).encode()), told.append, log=True)
        speak(memory, job)
        assert isinstance(told[-1], Ended)
        whole = told[-1].tally.drawn

        def leave(event: Event) -> None:
            told.append(event)
            job.gone.set()

        told.clear()
        job = Job(wire.chat(json.dumps(asked("Hello there.", max_tokens=20)).encode()), leave, log=True)
        speak(memory, job)
        *said, end = told
        assert isinstance(end, Ended)
        assert end.tally.drawn < whole
        (logged,) = [talk for talk in memory.store.log.conversations() if talk.title == "Hello there."]
        assert logged.messages[-1].content == "".join(one.text for one in said if isinstance(one, Said))


def test_slow_clients_wait_for_themselves_alone(serving: Serving) -> None:
    body = json.dumps(asked()).encode()
    request = serving.raw("/v1/chat/completions", body, "Connection: close")
    slow = [serving.socket() for _ in range(40)]
    try:
        for n, one in enumerate(slow):
            one.sendall(request[: n * len(request) // 40])  # nothing, half a head, half a body
        serving.alive()
        for n, one in enumerate(slow):
            one.sendall(request[n * len(request) // 40 :])
        for one in slow:
            read = b"".join(iter(lambda one=one: one.recv(1 << 16), b""))
            assert read.startswith(b"HTTP/1.1 200")
    finally:
        for one in slow:
            one.close()


def test_who_never_reads_keeps_nobody_waiting(serving: Serving) -> None:
    body = json.dumps(asked(max_tokens=100, stream=True)).encode()
    deaf = [serving.socket() for _ in range(10)]
    try:
        for one in deaf:
            one.sendall(serving.raw("/v1/chat/completions", body))
        serving.alive()
    finally:
        for one in deaf:
            one.close()


def test_who_says_nothing_or_half_a_body_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plum_edge.serve.server._SILENT_SECONDS", 0.3)
    monkeypatch.setattr("plum_edge.serve.app.BODY_SECONDS", 0.3)
    with served(make_home(tmp_path / "home")) as serving:
        request = serving.raw("/v1/chat/completions", json.dumps(asked()).encode())
        for sent in (b"", request[:10]):
            with serving.socket() as silent:
                silent.sendall(sent)
                assert silent.recv(64) == b""
        with serving.socket() as half:
            half.sendall(request[:-5])
            assert half.recv(64).startswith(b"HTTP/1.1 408")
        serving.alive()


def answer(serving: Serving, body: bytes, *headers: str, path: str = "/v1/chat/completions") -> tuple[int, Any]:
    """Return the status and the JSON of what a body gets."""
    with serving.socket() as bare:
        threading.Thread(target=_send, args=(bare, serving.raw(path, body, "Connection: close", *headers))).start()
        read = b"".join(iter(lambda: bare.recv(1 << 16), b""))
    head, _, rest = read.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(rest)


def _send(bare: Any, request: bytes) -> None:
    try:
        bare.sendall(request)
    except OSError:
        return  # it has heard enough


def has_openais_shape(said: Any) -> bool:
    """Whether it is OpenAI's error object, with a sentence."""
    error = said["error"]
    return set(error) == {"message", "type", "param", "code"} and error["message"].endswith(".")


GARBAGE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"model": "plum", "max_tokens": ' + b"9" * 5000 + b"}",
    json.dumps({"model": "plum"}).encode(),
    json.dumps(asked(messages=[])).encode(),
    json.dumps(asked(messages=[1])).encode(),
    json.dumps(asked(messages=[{"role": "tool", "content": "x"}])).encode(),
    json.dumps(asked(messages=[{"role": ["user"], "content": "x"}])).encode(),
    json.dumps(asked(messages=[{"role": "user"}])).encode(),
    json.dumps(asked(messages=[{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}])).encode(),
    json.dumps(asked(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}])).encode(),
    json.dumps(asked(temperature=3)).encode(),
    json.dumps(asked(temperature=float("nan"))).encode(),
    json.dumps(asked(temperature=True)).encode(),
    json.dumps(asked(max_tokens=0)).encode(),
    json.dumps(asked(max_tokens=1.5)).encode(),
    json.dumps(asked(max_tokens=float("inf"))).encode(),
    json.dumps(asked(seed="7")).encode(),
    json.dumps(asked(stop=["a"] * 5)).encode(),
    json.dumps(asked(stop=[""])).encode(),
    json.dumps(asked(stop={"a": 1})).encode(),
    json.dumps(asked(stream="yes")).encode(),
    json.dumps(asked(stream_options={"include_usage": True})).encode(),
    json.dumps(asked(n=2)).encode(),
    json.dumps(asked(tools=[{"type": "function"}])).encode(),
    json.dumps(asked(response_format={"type": "json_object"})).encode(),
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused_in_openais_shape(serving: Serving, body: bytes) -> None:
    status, said = answer(serving, body)
    assert status == 400
    assert has_openais_shape(said)
    assert said["error"]["type"] == "invalid_request_error"


def test_what_is_not_there_is_said_so(serving: Serving) -> None:
    status, said = answer(serving, json.dumps(asked(model="gpt-\ud800")).encode())
    assert (status, said["error"]["code"]) == (404, "model_not_found")
    status, said = answer(serving, b"{}", path="/v1/embeddings")
    assert status == 404
    assert has_openais_shape(said)
    assert answer(serving, b"{}", path="/v1/models")[0] == 405
    for header in ("X-Plum-Log: perhaps", f"X-Plum-Conversation: {'x' * 300}"):
        assert answer(serving, json.dumps(asked()).encode(), header)[0] == 400


def test_huge_bodies_are_refused_before_they_are_held(serving: Serving) -> None:
    huge = json.dumps(asked("x" * (app.LARGEST + 1))).encode()
    assert answer(serving, huge)[0] == 413
    with serving.client() as client, pytest.raises(openai.APIStatusError) as found:
        client.chat.completions.create(**asked("x" * (2 * app.LARGEST)))
    assert found.value.status_code == 413
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    status, said = answer(serving, chunk * 12 + b"0\r\n\r\n", "Transfer-Encoding: chunked")
    assert (status, has_openais_shape(said)) == (413, True)
    serving.alive()


def test_what_is_no_http_at_all_is_hung_up_on(serving: Serving) -> None:
    for line in (b"\x16\x03\x01\x02\x00\x01\x00\xfc\x03\x03" * 9, b"GET\r\n\r\n", b"A" * 100_000 + b"\r\n\r\n"):
        with serving.socket() as bare:
            _send(bare, line)
            with suppress(ConnectionResetError):
                assert bare.recv(64)[:12] in (b"", b"HTTP/1.1 400")
    serving.alive()


def test_half_a_character_is_no_crash(serving: Serving) -> None:
    body = json.dumps(asked("half \ud800 a pair, and \x00 nothing")).encode()
    status, said = answer(serving, body, "X-Plum-Log: on")
    assert status == 200, said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("messages", "prompt", "stop", "stream", "stream_options", "n", "seed", "tools", "logit_bias", *wire._NUMBERS)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5), JSON)
def test_any_json_is_a_wish_or_a_refusal(fields: dict[str, Any], content: Any) -> None:
    message = {"role": "user", "content": content}
    for parse in (wire.chat, wire.completion):
        try:
            wish = parse(json.dumps({"model": "plum", "messages": [message], "prompt": content, **fields}).encode())
        except Refusal as refusal:
            assert 400 <= refusal.status < 500
            assert refusal.what.endswith(".")
        else:
            assert isinstance(wish, Wish)
            assert wish.messages[-1].role == "user"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_refusal(body: bytes) -> None:
    with pytest.raises(Refusal):
        wire.chat(body)


def test_the_end_lets_an_answer_be_finished_and_sends_who_waits_away(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with (
        served(home) as serving,
        serving.client() as client,
        ThreadPoolExecutor(1) as pool,
        busy(home, client),  # which holds that the answer in work is finished
    ):
        waits = pool.submit(client.chat.completions.create, **asked())
        until(lambda: len(serving.server.worker._waiting) == 1)
        serving.server.stop()
        with pytest.raises(openai.InternalServerError) as found:
            waits.result(60)
        assert found.value.status_code == 503
