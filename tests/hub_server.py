"""A hub on this machine alone: one repository in the hub's own layout, and the ways in which a download goes wrong."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"

LARGE = 20_000_000
"""Bytes: more than huggingface_hub reads at once, so that something of a broken download is on the disk."""


@dataclass
class Hub:
    """What is served, what was asked for, and what goes wrong."""

    repository: str
    folder: Path
    url: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """(method, file, Range) of each request for a file."""
    cut: int = 0
    """So many answers to come break off in the middle of a large file."""
    damaged: bool = False
    gated: bool = False

    def sha256(self, name: str) -> str:
        """The hash that a file is kept under: weights by SHA-256, the rest as git does."""
        content = (self.folder / name).read_bytes()
        if name.endswith(".safetensors"):
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def files(self) -> list[dict[str, object]]:
        """The listing of the repository."""
        listed: list[dict[str, object]] = []
        for path in sorted(self.folder.iterdir()):
            size, oid = path.stat().st_size, self.sha256(path.name)
            entry: dict[str, object] = {"type": "file", "path": path.name, "size": size, "oid": oid[:40]}
            lfs = {"lfs": {"oid": oid, "size": size, "pointerSize": 130}} if path.suffix == ".safetensors" else {}
            listed.append(entry | lfs)
        return listed


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Serve it on the loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.split("?")[0]
            if path.startswith(f"/api/models/{hub.repository}"):
                if "/tree/" in path:
                    self._json(hub.files())
                else:
                    names = [{"rfilename": one["path"]} for one in hub.files()]
                    self._json({"id": hub.repository, "sha": COMMIT, "siblings": names})
            elif path.startswith(f"/{hub.repository}/resolve/"):
                self._file(path.rsplit("/", 1)[1], body)
            else:
                self._nothing(404, "RepoNotFound")

        def _json(self, value: object) -> None:
            content = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _nothing(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _file(self, name: str, body: bool) -> None:
            wanted = self.headers.get("Range", "")
            hub.asked.append((self.command, name, wanted))
            if hub.gated:
                self._nothing(403, "GatedRepo")
                return
            if not (hub.folder / name).is_file():
                self._nothing(404, "EntryNotFound")
                return
            content = (hub.folder / name).read_bytes()
            size, start = len(content), int(wanted[6:].split("-")[0]) if wanted.startswith("bytes=") else 0
            if hub.damaged and name.endswith(".safetensors"):
                content = content[:-1] + bytes([content[-1] ^ 1])
            content = content[start:]
            self.send_response(206 if wanted else 200)
            self.send_header("ETag", f'"{hub.sha256(name)}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(content)))
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            self.end_headers()
            if not body:
                return
            if hub.cut and len(content) > LARGE:
                hub.cut -= 1
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
                return
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
