"""Messages and pairs as token ids with roles: once, so that every backend sees the same numbers.

Tokenises exactly as the runtime does: control tokens where the template names them, plain text in between, and nothing
that a person wrote can become a control token. Knows nothing of weights, batches or training.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plum_edge.errors import NoModel
from plum_edge.prompt import ChatTemplate, Control
from plum_edge.records import Example, Message, Pair

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TEMPLATE, QUESTION, ANSWER = 0, 1, 2
"""Roles of tokens in `Example.roles`."""


class ChatTokenizer:
    """The tokenizer and chat template of a base in HF layout (``tokenizer.json``, ``tokenizer_config.json``)."""

    def __init__(self, folder: Path, template: str) -> None:
        self.folder, self._source = folder, template
        self.cut = 0
        """How many examples were longer than their limit, since somebody last looked."""

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        path = self.folder / "tokenizer.json"
        if not path.is_file():
            raise NoModel(self.folder.name, f"{path} is missing")
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.encode_special_tokens = True  # the name of a control token in a text is text
        return tokenizer

    @cached_property
    def _template(self) -> ChatTemplate:
        config: dict[str, Any] = json.loads((self.folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        added = self._tokenizer.get_added_tokens_decoder().values()
        controls = [token.content for token in added if token.special]
        bos, eos = (_text(config.get(name)) for name in ("bos_token", "eos_token"))
        return ChatTemplate(self._source, controls, bos=bos, eos=eos, model=self.folder.name)

    def encode(self, text: str) -> list[int]:
        """Return the ids of plain text."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, control tokens left out."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the ids that stand before the assistant's next word."""
        ids: list[int] = []
        for part in self._template.render(messages, generation=True):
            ids += [self._control(part)] if isinstance(part, Control) else self.encode(part.text)
        return ids

    @cached_property
    def ending(self) -> int | None:
        """The control token that ends an assistant's turn; None where the template has none."""
        last = self.example([Message("user", "a"), Message("assistant", "a")]).ids[-1]
        return None if self._tokenizer.decode([last], skip_special_tokens=True) else last

    def example(self, messages: Sequence[Message], *, limit: int = 0) -> Example:
        """Return a chat that ends with the assistant's answer as an `Example`.

        The last user message is the question, the last message the answer, everything else template: contexts and
        system prompts are not learned. The token that ends the turn counts as answer, or it would never stop.
        ``limit`` (tokens): of a longer chat the middle of what stands before the question goes first, then the end.
        """
        ids, roles = self._with_roles(messages)
        end = len(roles) - 1 - roles[::-1].index(ANSWER) if ANSWER in roles else len(roles) - 1
        if end + 1 < len(roles):
            roles[end + 1] = ANSWER
            end += 1
        ids, roles = ids[: end + 1], roles[: end + 1]
        if limit and len(ids) > limit:
            self.cut += 1
            before = roles.index(QUESTION) if QUESTION in roles else 0
            cut = min(len(ids) - limit, max(0, before - 2))
            ids, roles = (ids[:1] + ids[1 + cut :])[:limit], (roles[:1] + roles[1 + cut :])[:limit]
        prompt = roles.index(ANSWER) if ANSWER in roles else len(roles)
        return Example(tuple(ids), bytes(roles), prompt)

    def pair(self, pair: Pair, *, limit: int = 0) -> Example:
        """Return a question–answer pair as an `Example`: two messages, no system prompt."""
        return self.example([Message("user", pair.question), Message("assistant", pair.answer)], limit=limit)

    def _control(self, part: Control) -> int:
        found = self._tokenizer.token_to_id(part.token)
        if found is None:
            raise NoModel(self.folder.name, f"its tokenizer does not know {part.token}")
        return int(found)

    def _with_roles(self, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
        question = max((i for i, m in enumerate(messages) if m.role == "user"), default=-1)
        role_of = {question: QUESTION, len(messages) - 1: ANSWER}
        with_text = iter([i for i, m in enumerate(messages) if m.content.strip()])
        ids: list[int] = []
        roles: list[int] = []
        for part in self._template.render(messages, generation=False):
            if isinstance(part, Control):
                ids.append(self._control(part))
                roles.append(TEMPLATE)
                continue
            places = [(start, end, role_of.get(next(with_text), TEMPLATE)) for start, end in part.contents]
            encoding = self._tokenizer.encode(part.text, add_special_tokens=False)
            ids += encoding.ids
            roles += [_role(offsets, places) for offsets in encoding.offsets]
        return ids, roles


def _role(offsets: tuple[int, int], places: Sequence[tuple[int, int, int]]) -> int:
    """Return the role of a token by where its last character stands."""
    last = max(offsets[0], offsets[1] - 1)
    return next((role for start, end, role in places if start <= last < end), TEMPLATE)


def _text(token: object) -> str:
    return str(token.get("content", "")) if isinstance(token, dict) else str(token or "")
