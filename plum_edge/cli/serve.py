"""``plum-edge serve``: the memory for programs that speak OpenAI's protocol, on this machine."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared
from plum_edge.errors import Interrupted, Unavailable


@click.command("serve", short_help="Answer programs that speak OpenAI's protocol, on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port on 127.0.0.1; 0 takes a free one.")
@click.option("--queue", type=click.IntRange(1), help="So many requests may wait; further ones are told to come back.")
@click.option("--log/--no-log", default=False, help="Log conversations that do not say (header X-Plum-Log: on|off).")
@shared
@click.pass_obj
def command(session: Session, port: int | None, queue: int | None, log: bool) -> None:
    """Answer /v1/chat/completions, /v1/completions and /v1/models until Ctrl-C, each with the memory as it is then.

    Models: plum, plum-retrieve (also reads the log), plum-base (without memory). Nothing is logged unless --log or a
    request's header says so.
    """
    try:
        from plum_edge.serve import server
        from plum_edge.serve.token import NAME, token
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn", "h11"):
            raise
        raise Unavailable(
            "The server is not installed.", remedy="Install it: pip install 'plum-edge[serve]'"
        ) from error

    home = session.folder()
    with server.listen(server.PORT if port is None else port) as listening:
        key, fresh = token(home)
        serving = server.Server(
            lambda: session.memory(create=True), key, log=log, waiting=server.WAITING if queue is None else queue
        )
        serving.open()
        url = f"http://{server.HOST}:{listening.getsockname()[1]}/v1"
        try:
            if session.json:
                session.emit({"url": url, "token_file": str(home.root / NAME), "log": log})
            else:
                _greet(url, home.root / NAME, key if fresh else None, log, session)
            interrupted = serving.serve_on(listening) == signal.SIGINT
        except KeyboardInterrupt:  # between the greeting and the server's own handlers
            interrupted = True
    if session.json:  # its one value is out
        click.get_current_context().exit(Interrupted.exit_code if interrupted else 0)
    if interrupted:
        raise Interrupted("Stopped.", "")
    terminal.say("Stopped.")


def _greet(url: str, kept: Path, fresh: str | None, log: bool, session: Session) -> None:
    """Say where it is, and the first time how it is used."""
    with session.memory() as memory:
        state: dict[str, Any] = memory.status()
    learned = state["adapter"]
    known = (
        f"memory {learned['id']} ({terminal.count(learned['segments'], 'conversation')})" if learned else "no memory"
    )
    words = [Path(state["base"]).name, f"{known} in use", "logged" if log else "not logged", "Ctrl-C stops it"]
    terminal.say(f"plum-edge serves {url}")
    terminal.say(" · ".join(words), "dim")
    if fresh is None:
        terminal.say(f"The token is in {kept}", "dim")
        return
    terminal.say(f"\nWho asks needs this token; it was made now, and stays in {kept}\n")
    for line in _example(url, fresh):  # not wrapped: it is copied
        click.echo(line)
    terminal.say()


def _example(url: str, key: str) -> tuple[str, ...]:
    return (
        f"TOKEN={key}",
        'curl -H "Authorization: Bearer $TOKEN" \\',
        """  -d '{"model": "plum", "messages": [{"role": "user", "content": "Hello"}]}' \\""",
        f"  {url}/chat/completions",
    )
