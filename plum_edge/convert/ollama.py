"""A Modelfile with a chat format in Ollama's template language, which is Go's; proven against the model's own.

The format is read off what the model's own template writes around messages: what stands before and after the contents
of each role. Where that does not say everything, nothing is written. Knows nothing of models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plum_edge.errors import NoModel
from plum_edge.records import Message
from plum_edge.templates.prompt import ChatTemplate, Control

_CONTENTS = tuple(chr(0xE000 + n) for n in range(6))
"""Private-use characters that stand for what is said."""


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """What stands around messages: (before, after) by role."""

    opening: str
    """What begins a conversation that has no system message."""
    user: tuple[str, str]
    assistant: tuple[str, str]
    system: tuple[str, str] | None
    """None where the model knows no system message of the same plain kind."""
    turn: str
    """What asks for an answer, at the end."""

    def render(self, messages: Sequence[Message]) -> str:
        """Return a conversation as Ollama would write it."""
        around = {"user": self.user, "assistant": self.assistant, "system": self.system or ("", "")}
        written = "".join(m.content.join(around[m.role]) for m in messages)
        return ("" if any(m.role == "system" for m in messages) else self.opening) + written + self.turn

    def go(self) -> str:
        """Return it as a Go template; every text is a quoted one, so that no white space is lost."""
        roles = {"user": self.user, "assistant": self.assistant} | ({"system": self.system} if self.system else {})
        branches = "".join(
            f'{{{{ {"else if" if n else "if"} eq .Role "{role}" }}}}{_quoted(before)}{{{{ .Content }}}}{_quoted(after)}'
            for n, (role, (before, after)) in enumerate(roles.items())
        )
        opening = f"{{{{ if not .System }}}}{_quoted(self.opening)}{{{{ end }}}}" if self.opening else ""
        return f"{opening}{{{{ range .Messages }}}}{branches}{{{{ end }}}}{{{{ end }}}}{_quoted(self.turn)}"


def _quoted(text: str) -> str:
    return f"{{{{ {json.dumps(text, ensure_ascii=False)} }}}}" if text else ""


def chat_format(source: str, *, bos: str = "", eos: str = "", name: str = "") -> ChatFormat:
    """Return what a model's own chat template writes around messages. ``bos`` is left to the runtime, which adds it.

    Raises:
        NoModel: what it writes is not the same before and after every message of a role.
    """
    template = ChatTemplate(source, [], bos=bos, eos=eos, model=name)

    def written(messages: Sequence[Message], generation: bool = True) -> str:
        parts = template.render(messages, generation=generation)
        return "".join(p.token if isinstance(p, Control) else p.text for p in parts).removeprefix(bos)

    u, a, v, b, w, s = _CONTENTS
    turns = [Message("user", u), Message("assistant", a), Message("user", v)]
    try:
        before_u, rest = written(turns).split(u)
        u_to_a, rest = rest.split(a)
        a_to_v, end = rest.split(v)
        after_user = written(turns, generation=False).split(v)[1]
        after_assistant = written([*turns, Message("assistant", b)], generation=False).split(b)[1]
        user = _without(a_to_v, after_assistant, front=True), after_user
        found = ChatFormat(
            _without(before_u, user[0]), user, (_without(u_to_a, after_user, front=True), after_assistant), None,
            _without(end, after_user, front=True),
        )  # fmt: skip
        longer = [*turns, Message("assistant", b), Message("user", w)]
        if found.render(longer) != written(longer) or found.render(longer[:1]) != written(longer[:1]):
            raise ValueError("it does not repeat itself")
    except ValueError as error:
        raise NoModel(name, f"its chat template cannot be written as Ollama's ({error})", "Use --to gguf.") from error
    return _with_system(found, [Message("system", s), *longer], written)


def _with_system(
    found: ChatFormat, messages: Sequence[Message], written: Callable[[Sequence[Message]], str]
) -> ChatFormat:
    """Return the format with system messages, where these stand alone as the others do."""
    try:
        before, rest = written(messages).split(messages[0].content)
        after = _without(rest.split(messages[1].content)[0], found.user[0])
    except (ValueError, NoModel):
        return found
    fuller = ChatFormat(found.opening, found.user, found.assistant, (before, after), found.turn)
    return fuller if fuller.render(messages) == written(messages) else found


def _without(text: str, part: str, *, front: bool = False) -> str:
    """Return a text without what it must end (or begin) with."""
    if not (text.startswith(part) if front else text.endswith(part)):
        raise ValueError(f"{part!r} was expected in {text!r}")
    return text.removeprefix(part) if front else text.removesuffix(part)


def modelfile(gguf: str, found: ChatFormat, *, context: int) -> str:
    """Return a Modelfile for a GGUF beside it."""
    ends = dict.fromkeys(side[1].strip() for side in (found.assistant,) if side[1].strip())
    lines = [
        f"FROM ./{gguf}",
        f'TEMPLATE """{found.go()}"""',
        f"PARAMETER num_ctx {context}",
        "PARAMETER temperature 0",
    ]
    if not found.system:
        lines.insert(0, "# This model's chat format has no system message of its own: one would be left out.")
    return "\n".join([*lines, *(f"PARAMETER stop {json.dumps(end, ensure_ascii=False)}" for end in ends)]) + "\n"
