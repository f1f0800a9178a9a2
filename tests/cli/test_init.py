"""models pull and init against a hub on the loopback, as they are typed; and that nothing else opens a connection."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plum_edge import bases
from plum_edge.backends import pick
from plum_edge.bases import manage
from plum_edge.config import load
from plum_edge.errors import BadConfig
from plum_edge.paths import Home
from tests.cli.conftest import Run, configured
from tests.hub_server import LARGE, Hub, serve
from tests.tiny import tiny_base

NAME = "SmolLM2-360M-Instruct"
BACKENDS = [name for name, why in pick.available().items() if not why]
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    folder = tiny_base(tmp_path / "there")
    (folder / "pytorch_model.bin").write_bytes(b"a second copy of the weights")
    (folder / "modeling.py").write_text("raise SystemExit('code of a stranger')")
    with serve(Hub(f"HuggingFaceTB/{NAME}", folder)) as served:
        yield served


def typed(hub: Hub, tmp_path: Path, *arguments: object) -> Any:
    """Call plum-edge in a process of its own: huggingface_hub reads its settings once."""
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1",
           "HF_HUB_DOWNLOAD_TIMEOUT": "5", "NO_PROXY": "127.0.0.1"}  # fmt: skip
    command = [sys.executable, "-m", "plum_edge.cli", *map(str, arguments), "--home", str(tmp_path / "home")]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_init_downloads_asks_and_writes_the_settings(hub: Hub, tmp_path: Path) -> None:
    done = typed(hub, tmp_path, "init", "--model", NAME.lower(), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["base"] == NAME and said["question"] == manage.QUESTION
    config = load(tmp_path / "home" / "config.toml")
    assert (config.model.base, config.train.rank, config.train.alpha) == (NAME, 16, 32.0)
    got = {name for _, name, _ in hub.asked}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= got
    assert not got & {"pytorch_model.bin", "modeling.py"}
    asked = len(hub.asked)
    assert typed(hub, tmp_path, "models", "pull", NAME).returncode == 0
    assert not [one for one in hub.asked[asked:] if one[0] == "GET"], "it is here already"
    hub.url = "http://127.0.0.1:9"
    listed = json.loads(typed(hub, tmp_path, "models", "list", "--json").stdout)
    assert [one["here"] for one in listed if one["name"] == NAME] == [True], "without a connection"


def test_a_download_that_broke_off_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    hub.cut = 1
    with (hub.folder / "model-extra.safetensors").open("wb") as more:
        more.truncate(3 * LARGE)
    for _ in range(3):
        done = typed(hub, tmp_path, "models", "pull", NAME)
        assert done.returncode == 0 or "What was downloaded is kept" in " ".join(done.stderr.split())
        if done.returncode == 0:
            break
    assert done.returncode == 0 and hub.cut == 0
    weights = [wanted for method, name, wanted in hub.asked if method == "GET" and name == "model-extra.safetensors"]
    assert len(weights) == 2 and weights[0] == "" and int(weights[1].removeprefix("bytes=").rstrip("-")) > 0


def test_what_arrived_damaged_is_removed(hub: Hub, tmp_path: Path) -> None:
    hub.damaged = True
    done = typed(hub, tmp_path, "models", "pull", NAME)
    assert done.returncode == 22 and "model.safetensors arrived damaged" in " ".join(done.stderr.split())
    assert not list((tmp_path / "hf").rglob("model.safetensors"))
    hub.damaged = False
    assert typed(hub, tmp_path, "models", "pull", NAME).returncode == 0


def test_a_licence_and_a_missing_connection_are_named_with_what_to_do(hub: Hub, tmp_path: Path) -> None:
    hub.gated = True
    done = typed(hub, tmp_path, "models", "pull", NAME)
    assert done.returncode == 20 and "hf auth login" in done.stderr and "Traceback" not in done.stderr
    done = typed(hub, tmp_path, "models", "pull", "Qwen3-0.6B")
    assert done.returncode == 20 and "no such repository" in " ".join(done.stderr.split())
    hub.url = "http://127.0.0.1:9"
    done = typed(hub, tmp_path, "models", "pull", NAME)
    assert done.returncode == 20 and "cannot be reached" in " ".join(done.stderr.split())


def test_a_folder_is_found_again_where_no_name_stands_for_it(home: Path, tiny: Path, run: Run) -> None:
    assert run("init", "--model", tiny, "--home", home).code == 0
    assert tomllib.loads((home / "config.toml").read_text())["model"]["base"] == str(tiny)
    assert run("ask", "Did we talk about the tap?", "--no-adapter", "--home", home).code == 0


def test_the_embedded_base_needs_no_connection_and_settings_stay(home: Path, run: Run) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(
        '# mine\n[gate]\nearlier = 50\n\n[model]\nbase = "none"  # old\n[train]\nseed = 7\n'
    )
    done = run("init", "--model", "plum-tiny", "--home", home, "--json")
    assert done.code == 0 and done.json["answer"]
    text = (home / "config.toml").read_text()
    assert text == '# mine\n[gate]\nearlier = 50\n\n[model]\nbase = "plum-tiny"  # old\n[train]\nseed = 7\n'


def test_nothing_is_downloaded_unasked(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        manage, "machine", lambda _wanted="auto": manage.memory.Machine("mlx", "metal", 16 << 30, 8 << 30)
    )
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr("plum_edge.bases.hub.reachable", lambda: True)
    found = manage.propose(Home(home))
    assert found.parameters > 1e9 and not found.entry.gated and found.fits
    done = run("init", "--home", home)
    assert done.code == 2 and "--yes" in done.err and not (home / "config.toml").exists()


def test_a_small_machine_is_offered_the_embedded_base(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manage, "machine", lambda _wanted="auto": manage.memory.Machine("mlx", "cpu", 1 << 28, 1 << 28))
    assert manage.propose(Home(home)).entry.name == "plum-tiny"


@pytest.mark.parametrize("total", [2e9, 4e9, 8e9])
def test_what_is_proposed_leaves_room_for_other_programs(
    home: Path, monkeypatch: pytest.MonkeyPatch, total: float
) -> None:
    here = manage.memory.Machine("mlx", "cpu", int(total), int(total / 2))
    monkeypatch.setattr(manage, "machine", lambda _wanted="auto": here)
    monkeypatch.setattr("plum_edge.bases.hub.reachable", lambda: True)
    found = manage.propose(Home(home))
    assert max(found.training, found.runtime) <= 0.6 * total
    assert found.entry.name != "plum-tiny", "there are bases that leave it"


@pytest.mark.parametrize("device", ["cpu", "metal"])
def test_without_a_hub_the_one_of_the_package_registry_is_proposed(
    home: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    here = manage.memory.Machine("mlx", device, 16 << 30, 8 << 30)
    monkeypatch.setattr(manage, "machine", lambda _wanted="auto": here)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    found = manage.propose(Home(home))
    assert found.entry.name == "SmolLM2-135M-Instruct" and found.entry.licence == "Apache-2.0"


def test_a_hub_that_refuses_is_none(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plum_edge.bases.hub._PATIENCE", 60.0)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # a command of ours may have imported it
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    assert manage.hub.reachable()
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert not manage.hub.reachable()


def test_a_base_that_answers_beside_the_card_is_held_against_main_memory(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = manage.memory.Machine("torch", "cuda", 80 << 30, 79 << 30)
    monkeypatch.setattr(manage, "machine", lambda _wanted="auto": here)
    monkeypatch.setattr(manage.memory, "main_memory", lambda name: manage.memory.Machine(name, "cpu", 4 << 30, 2 << 30))
    assert 0 < manage.propose(Home(home)).runtime <= 0.6 * (4 << 30)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# mine",
        'model = { base = "x" } # mine\n',
        'model.base = "x"\n[train]\nseed = 7\n',
        "[ model ] # here\n\"base\" = 'x'\n",
        '[model]\nbase = """\nx"""\n[train]\nseed = 7',
        "[model]\n# which\n\n[train]\nseed = 7 # mine\n",
        "[template.kwargs]\nthink = true\n[train]\nseed = 7\n[template]\nsystem = ''\n",
        "[template]\nkwargs.a.b = 1",
        "[train]\nseed = 7\n[generate]\ntemperature = 0.5 # hot\n",
    ],
)
def test_however_settings_are_written_the_base_is_set_and_all_else_stays(tmp_path: Path, tiny: Path, text: str) -> None:
    home = Home(tmp_path / "home").create()
    home.config.write_text(text)
    wide = replace(bases.base(str(tiny)), context=2 * manage.CONTEXT)
    manage.configure(home, wide)
    wanted = tomllib.loads(text)
    wanted.setdefault("model", {})["base"] = wide.name
    wanted.setdefault("generate", {})["context"] = manage.CONTEXT
    written = home.config.read_text()
    assert tomllib.loads(written) == wanted
    assert re.findall("#.*", written) == re.findall("#.*", text)


def test_damaged_settings_are_left_as_they_are(tmp_path: Path, tiny: Path) -> None:
    home = Home(tmp_path / "home").create()
    home.config.write_text('model = { base = "x"\n')
    with pytest.raises(BadConfig):
        manage.configure(home, bases.base(str(tiny)))
    assert home.config.read_text() == 'model = { base = "x"\n'


WATCHED = """
import io, json, sys
seen, codes = [], []
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.__new__"):
        family = arguments[1] if event == "socket.__new__" else None
        if event != "socket.__new__" or int(family) in (2, 10):
            seen.append(event)
sys.addaudithook(watch)
from plum_edge.cli import main
for command in json.loads(sys.argv[1]):
    sys.stdin = io.TextIOWrapper(io.BytesIO(b"hello\\n/quit\\n"))  # for chat
    codes.append(main(command))
print(json.dumps({"codes": codes, "seen": seen}), file=sys.stderr)
"""


def test_everything_else_opens_no_socket(two: Path, tiny: Path, tmp_path: Path) -> None:
    home = configured(tmp_path / "home", tiny)
    out, learned = tmp_path / "out", home / "adapters" / f"000{len(BACKENDS)}" / "adapter.safetensors"
    commands = [
        ["import", str(two)], ["consolidate", "--dry-run", "--augmenter", "llm"],
        *(["consolidate", "--rebuild", "--recipe", "distill", "--backend", name] for name in BACKENDS),
        ["ask", "Did we talk about the tap?"], ["ask", "--retrieve", "Did we talk about the tap?"], ["chat"],
        ["status"], ["doctor"], ["logs"], ["logs", "search", "tap"], ["logs", "backup", str(tmp_path / "backup")],
        ["adapters"], ["adapters", "show", learned.parent.name], ["evaluate", "--baselines"],
        ["convert", str(learned), f"{out}-mlx", "--to", "mlx", "--base", str(tiny)],
        *(["export", f"{out}-{form}", "--to", form] for form in ("gguf", "ollama")), ["adapters", "add", f"{out}-gguf"],
        ["models"], ["models", "show", "Qwen3-0.6B"], ["models", "add", str(tiny), "--name", "mine"],
        ["init", "--model", "mine"], ["forget", "starter", "--yes"],
    ]  # fmt: skip
    typed = json.dumps([[*command, "--home", str(home)] for command in commands])
    program = [sys.executable, "-c", WATCHED, typed]
    env = {**os.environ, "HF_HOME": str(tmp_path / "hf")}
    ran = subprocess.run(program, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stderr.splitlines()[-1])
    assert found == {"codes": [0] * len(commands), "seen": []}, ran.stderr


def test_the_watch_sees_a_download(tmp_path: Path) -> None:
    typed = json.dumps([["models", "pull", NAME, "--home", str(tmp_path)]])
    env = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    ran = subprocess.run([sys.executable, "-c", WATCHED, typed], env=env, capture_output=True, text=True, check=True)
    assert "socket.connect" in json.loads(ran.stderr.splitlines()[-1])["seen"]
