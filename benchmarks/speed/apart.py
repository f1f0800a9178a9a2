"""Measuring in a process of its own: its memory is its own, and what one run warms no other finds warm.

    once("benchmarks.speed.start:status", home)          one answer, then the process ends
    with Worker("benchmarks.speed.trainers:plum", …) as trainer:
        trainer("step")                                  one answer at each call, between those of other workers

A worker's function returns commands by name. Arguments and answers are JSON. Knows nothing of what is measured.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
Commands = Mapping[str, Callable[[], Any]]
_LONGEST = 900.0
"""Seconds after which a measurement is given up, so that the bench comes to its end by itself."""


class NotMeasured(Exception):
    """A measurement could not be made here; says why in a few words, as it stands in the table."""


class Worker:
    """A process that holds what one of our functions made, and does its commands one by one."""

    def __init__(
        self, function: str, *given: Any, settings: Mapping[str, str] | None = None, longest: float = _LONGEST
    ) -> None:
        self._longest = longest
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", **(settings or {})}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.speed.apart", function, json.dumps(given)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
        )  # fmt: skip
        self._said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        try:
            self._answer()  # that it is ready
        except BaseException:
            self.close()
            raise

    def __call__(self, command: str) -> Any:
        """Return the answer to a command. Raises `NotMeasured`."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # why it ended is told where its answer is read
            self._process.stdin.write(f"{command}\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        late = threading.Timer(self._longest, self._process.kill)
        late.start()
        try:
            line = self._process.stdout.readline()
        finally:
            in_time = late.is_alive()
            late.cancel()
        if not line:
            self._process.wait()
            self._listener.join()
            last = next((said for said in reversed(self._said) if said.strip()), "it ended without a word")
            raise NotMeasured(last.strip() if in_time else f"not done within {self._longest:.0f} s")
        return json.loads(line)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said = [*self._said[-20:], line]

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        assert self._process.stderr is not None
        self._process.stderr.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def once(function: str, *given: Any, settings: Mapping[str, str] | None = None, longest: float = _LONGEST) -> Any:
    """Return what a function of ours returns in a process of its own.

    Raises:
        NotMeasured: it ended with an error, or not in time.
    """
    with Worker("benchmarks.speed.apart:_calling", function, list(given), settings=settings, longest=longest) as worker:
        return worker("call")


def _calling(function: str, given: list[Any]) -> Commands:
    return {"call": lambda: _found(function)(*given)}


def peak() -> float:
    """Return the most memory that this process has held, in MB. Of its own: a parent's is not counted in."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS


def _found(function: str) -> Callable[..., Any]:
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _serve() -> None:
    """Be a worker. Whatever a library prints goes to stderr: stdout carries answers only."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        function, given = sys.argv[1:]
        commands: Commands = _found(function)(*json.loads(given))
        answers.write("null\n")
        answers.flush()
        for line in sys.stdin:
            answers.write(json.dumps(commands[line.strip()]()) + "\n")
            answers.flush()


if __name__ == "__main__":
    _serve()
