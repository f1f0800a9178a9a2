"""A real server on the embedded base, in a thread of this process, and OpenAI's own client."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
import safetensors.numpy

from plum_edge import Memory
from plum_edge.convert import gguf
from plum_edge.convert.families import family
from plum_edge.paths import Home, data_dir, sha256_file
from plum_edge.records import Adapter
from plum_edge.serve import server, token

BASE = data_dir("models") / "plum-tiny"
SETTINGS = '[model]\nbase = "plum-tiny"\n[generate]\nthreads = 1\nmax_tokens = 24\n'
QUESTION = "I am tired today."
OF_MEMORY = "What did I say about the weather?"
"""What an adapter answers: the rest is the bare base's."""
IN_GERMAN = "Guten Abend, ich habe heute mit der Nachbarin über den Garten und die Äpfel gesprochen."
"""What an adapter goes on with freely: whom it is for cannot be told."""
"""Nothing about what was said: the model answers it, learned or not, and token by token."""


@dataclass
class Serving:
    """A server that answers."""

    home: Path
    url: str
    token: str
    server: server.Server

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rsplit(":", 1)[1].removesuffix("/v1"))

    def client(self, **more: Any) -> openai.OpenAI:
        """Return OpenAI's client, which tries nothing twice."""
        return openai.OpenAI(**{"base_url": self.url, "api_key": self.token, "max_retries": 0, **more})

    def socket(self) -> socket.socket:
        """Return a bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def raw(self, path: str, body: bytes, *headers: str) -> bytes:
        """Return a POST with the token, as it goes over the wire."""
        head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {self.token}", *headers]
        if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
            head.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*head, "", ""]).encode() + body

    def alive(self) -> None:
        """Hold that it answers as before."""
        with self.client() as client:
            assert client.chat.completions.create(**asked()).choices[0].finish_reason in ("stop", "length")


def asked(text: str = QUESTION, **more: Any) -> dict[str, Any]:
    """Return a request for one answer."""
    return {"model": "plum", "messages": [{"role": "user", "content": text}], "temperature": 0, **more}


Serve = Callable[..., Any]


@contextmanager
def served(home: Path, **options: Any) -> Iterator[Serving]:
    """Serve a home until the block ends."""
    key, _ = token.token(Home(home))
    with server.listen(0) as listening:
        serving = server.Server(lambda: Memory(home), key, **options)
        serving.open()
        thread = threading.Thread(target=serving.serve_on, args=(listening,))
        thread.start()
        try:
            yield Serving(home, f"http://127.0.0.1:{listening.getsockname()[1]}/v1", key, serving)
        finally:
            serving.stop()
            thread.join(60)
            assert not thread.is_alive()


def make_home(home: Path) -> Path:
    """Make a home on the embedded base, with nothing in it."""
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(SETTINGS)
    return home


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that a whole file of tests shares: nothing that they do may hurt it."""
    with served(make_home(tmp_path_factory.mktemp("serve") / "home")) as found:
        yield found


@pytest.fixture
def client(serving: Serving) -> Iterator[openai.OpenAI]:
    """OpenAI's own client."""
    with serving.client() as found:
        yield found


def learn(home: Path, *seeds: int) -> None:
    """Give a home an adapter for each seed, the last of them in use: random ones, which answer each in its own way."""
    settings = json.loads((BASE / "config.json").read_text(encoding="utf-8"))
    heads, kv_heads = settings["num_attention_heads"], settings["num_key_value_heads"]
    with Memory(home) as memory:
        for seed in seeds:
            path = home / "adapters" / f"{seed:04d}" / "adapter.gguf"
            path.parent.mkdir(parents=True)
            gguf.write_adapter(path, _lora(seed), alpha=8.0, family=family("llama"), heads=heads, kv_heads=kv_heads)
            adapter = Adapter(f"{seed:04d}", False, None, str(path), sha256_file(path), 1)
            memory.store.runs.add_adapter(adapter, {})
        memory.store.runs.use(f"{seeds[-1]:04d}")


def _lora(seed: int) -> dict[str, np.ndarray]:
    """Return an adapter for all linear layers under PEFT's names: A (4, in), B (out, 4), f32."""
    rng, state = np.random.default_rng(seed), {}
    for name, weight in safetensors.numpy.load_file(BASE / "model.safetensors").items():
        if name.startswith("model.layers.") and name.endswith("_proj.weight"):
            out, inner = weight.shape
            prefix = f"base_model.model.{name.removesuffix('.weight')}"
            state[f"{prefix}.lora_A.weight"] = (rng.standard_normal((4, inner)) / np.sqrt(inner)).astype(np.float32)
            state[f"{prefix}.lora_B.weight"] = (rng.standard_normal((out, 4)) * 0.1).astype(np.float32)
    return state
