"""``plum-edge serve`` as a user starts and ends it: a process of its own."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from plum_edge.cli import main
from tests.serve.conftest import asked, make_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "home")


@contextmanager
def serve(home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start it as a shell does, on a free port."""
    call = [sys.executable, "-m", "plum_edge.cli", "serve", "--home", str(home), "--port", "0", *options]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """Return the next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_answers_until_a_signal(home: Path, number: int, code: int) -> None:
    with serve(home, "--json") as process:
        said = json.loads(line(process))
        assert said["log"] is False
        key = Path(said["token_file"])
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        with openai.OpenAI(base_url=said["url"], api_key=key.read_text().strip(), max_retries=0) as client:
            assert client.chat.completions.create(**asked()).choices[0].finish_reason
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        assert process.returncode == code
        assert "Traceback" not in err
        assert (out, err) == ("", ""), "one value on stdout, and that was out"


def test_a_signal_lets_a_stream_be_finished(home: Path) -> None:
    with serve(home, "--json") as process:
        said = json.loads(line(process))
        key = Path(said["token_file"]).read_text().strip()
        with openai.OpenAI(base_url=said["url"], api_key=key, max_retries=0) as client:
            stream = client.chat.completions.create(**asked(max_tokens=200), stream=True)
            next(iter(stream))
            process.send_signal(signal.SIGTERM)
            assert [piece.choices[0].finish_reason for piece in stream][-1]
        assert process.wait(60) == 0


def test_the_token_is_shown_once(home: Path) -> None:
    with serve(home) as process:
        read = [line(process) for _ in range(10)]
        assert read[9] == "\n", "the last, so that nothing is left in the pipe"
        assert re.fullmatch(r"plum-edge serves http://127\.0\.0\.1:\d+/v1\n", read[0])
        assert "not logged" in read[1]
        key = (home / "serve.token").read_text().strip()
        assert read[5] == f"TOKEN={key}\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "Stopped.\n")
        assert process.returncode == 130
    with serve(home, "--log") as process:
        read = [line(process) for _ in range(3)]
        assert "plum-tiny · no memory in use · logged" in read[1]
        assert read[2] == f"The token is in {home / 'serve.token'}\n"
    assert (home / "serve.token").read_text().strip() == key


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_example_that_is_shown_works(home: Path) -> None:
    with serve(home) as process:
        example = "".join([line(process) for _ in range(9)][5:])
        said = subprocess.run(["sh", "-c", example], capture_output=True, text=True)
        assert json.loads(said.stdout)["choices"], said.stderr


def test_a_port_that_is_taken_and_a_token_that_is_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert main(["serve", "--home", str(home), "--port", str(other.getsockname()[1])]) == 2
    assert "cannot be had" in capsys.readouterr().err
    assert not (home / "serve.token").exists()
    (home / "serve.token").write_text("no")
    assert main(["serve", "--home", str(home), "--port", "0"]) == 2
    assert "it holds no token" in capsys.readouterr().err
    assert stat.S_IMODE((home / "serve.token").stat().st_mode) == 0o600


def test_without_a_model_it_does_not_start(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "config.toml").write_text('[model]\nbase = "/nowhere/at-all"\n')
    assert main(["serve", "--home", str(home), "--port", "0"]) == 20
    assert "/nowhere/at-all" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(home: Path) -> None:
    hidden = "import sys; sys.modules['uvicorn'] = None; from plum_edge.cli import main; "
    hidden += f"sys.exit(main(['serve', '--home', {str(home)!r}]))"
    ran = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True)
    assert ran.returncode == 20
    assert "pip install 'plum-edge[serve]'" in ran.stderr
