"""Renders a chat template so that it stays known which text is the template's and which is a person's.

Only the template's own text may name control tokens: a message that contains ``<|end|>`` is text. Plain text of the
template and the content beside it are still tokenised as one piece, as a runtime that renders to one string does.

Everything that a model reads is rendered here, by one set of settings (`config.Template`): what is trained on, asked,
and said in chat. Knows nothing of tokenizers or models.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from plum_edge.config import Template
from plum_edge.errors import NoModel
from plum_edge.records import Message
from plum_edge.templates.rendered import Control, Marks, Names, Part, Text, common, flat, without
from plum_edge.templates.sandbox import Failed, Sandbox

__all__ = ["ChatTemplate", "Control", "Part", "Text", "cut_longest", "later_turns"]

_Turn = tuple[str, list[tuple[int, str]]]
"""A role, and what stands in the turn: the place of each message among those given, and its content."""
_INSERTED = -1
"""The place of a system message that nobody gave."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a template writes around the assistant's answer, after a prompt that begins it."""

    space: str
    """The space between the two, where the template leaves that to the answer; else empty."""
    text: str
    """What stands between the answer and the token that ends it."""
    control: Control | None
    """The control token that ends it; None where nothing does."""


class ChatTemplate:
    """A Jinja chat template, with the texts of the vocabulary's control tokens.

    Raises:
        NoModel: the template is not valid Jinja.
    """

    def __init__(
        self,
        source: str,
        controls: Iterable[str],
        *,
        bos: str = "",
        eos: str = "",
        model: str = "",
        settings: Template | None = None,
    ) -> None:
        self.settings = settings or Template()
        self._model = model
        self._special = {"bos_token": bos, "eos_token": eos}
        self._controls = frozenset(controls)
        self._names = Names(self._controls)
        try:
            self._template = Sandbox(source)
        except Failed as error:
            raise NoModel(model, f"its chat template is damaged ({error})") from error

    def render(self, messages: Sequence[Message], *, generation: bool = True) -> list[Part]:
        """Return the prompt as control tokens and the text between them. ``generation`` begins the assistant's turn.

        A template that insists on turns that alternate is given several messages of one role as one.

        Raises:
            NoModel: the template does not take these messages.
        """
        given: list[_Turn] = [(m.role, [(n, m.content)]) for n, m in enumerate(messages)]
        alone = bool(given) and all(role != "system" for role, _ in given)
        if alone and self.settings.system:
            given.insert(0, ("system", [(_INSERTED, self.settings.system)]))
        if self._folds:
            given = _folded(given)
        parts = self._first(given, generation)
        if alone and self.settings.system == "":
            return without(parts, *self._opening)
        return parts

    @cached_property
    def around(self) -> Around:
        """What stands around an answer.

        Raises:
            NoModel: the template does not write answers, or not as they are.
        """
        prompt, _ = flat(self._written([_USER], True))
        whole, places = flat(self._written([_USER, _ASSISTANT], False))
        if 1 not in places:
            raise NoModel(self._model, "its chat template does not write what the assistant says")
        start, end = places[1]
        space = " " if whole[: len(prompt)] == prompt and whole[len(prompt) : start] == [" "] else ""
        after = whole[end:]
        control = next((item for item in after if isinstance(item, Control)), None)
        plain = after[: after.index(control)] if control else after
        text = "".join(item for item in plain if isinstance(item, str))
        if control is None and self._special["eos_token"] in self._controls:
            return Around(space, "", Control(self._special["eos_token"]))
        return Around(space, text, control)

    # -- as the template is given it -----------------------------------------------------------------------------------

    def _first(self, turns: list[_Turn], generation: bool) -> list[Part]:
        """Render the first form of the turns that the template takes."""
        forms = [turns, _merged(turns), _merged(_folded(turns))]
        refused: NoModel | None = None
        for n, form in enumerate(forms):
            if form in forms[:n]:
                continue
            try:
                return self._written(form, generation, self._lists)
            except NoModel as error:
                refused = refused or error
        assert refused is not None
        raise refused

    def _written(self, turns: Sequence[_Turn], generation: bool, lists: bool | None = None) -> list[Part]:
        """Render turns as they are; ``lists`` gives contents as lists of parts (default: as the template wants it)."""
        contents = [content for _, pieces in turns for _, content in pieces]
        marks = Marks(contents, self._names)
        numbers = iter(range(len(contents)))
        places = [place for _, pieces in turns for place, _ in pieces]
        given: list[dict[str, Any]] = []
        for role, pieces in turns:
            text = "\n\n".join(marks.put(next(numbers), content) for _, content in pieces)
            given.append({"role": role, "content": [{"type": "text", "text": text}] if self._in(lists) else text})
        variables = {"tools": None, "documents": None, **self.settings.kwargs, **self._special}
        try:
            rendered = self._template.render(
                sum(map(len, contents)), **variables | {"messages": given, "add_generation_prompt": generation}
            )
        except Failed as error:
            raise NoModel(self._model, f"its chat template does not take these messages ({error})") from error
        return marks.parts(rendered, places)

    def _in(self, lists: bool | None) -> bool:
        return self._lists if lists is None else lists

    # -- tried out once, without a model -------------------------------------------------------------------------------

    @cached_property
    def _lists(self) -> bool:
        """Whether the template wants contents as lists of parts, as those of models that see pictures do."""
        return not self._shows(0, [_USER], False) and self._shows(0, [_USER], True)

    @cached_property
    def _folds(self) -> bool:
        """Whether system messages go into the user's turn."""
        if self.settings.context != "auto":
            return self.settings.context == "user"
        system: _Turn = ("system", [(1, "b")])
        return not self._shows(1, [system, _USER]) and self._shows(0, [_USER])

    def _shows(self, place: int, turns: Sequence[_Turn], lists: bool | None = None) -> bool:
        """Whether the template takes these turns, and writes one of their contents."""
        try:
            return place in flat(self._written(turns, True, lists))[1]
        except NoModel:
            return False

    @cached_property
    def _opening(self) -> tuple[list[Control | str], list[Control | str]]:
        """What begins a chat without a system message: bos, and the template's own system message, if it has one.

        What comes between an answer and the next question, without what ends an answer, begins a user's turn; what
        comes before that at the very beginning belongs to no turn.
        """
        try:
            whole, places = flat(self._written([_USER, _ASSISTANT, _AGAIN], False))
            ended, ends = flat(self._written([_USER, _ASSISTANT], False))
        except NoModel:
            return [], []
        if not places.keys() >= {0, 1, 2} or 1 not in ends:
            return [], []
        between = whole[places[1][1] : places[2][0]]
        turn = between[common(between, ended[ends[1][1] :]) :]
        head = whole[: places[0][0]]
        if not turn or head[-len(turn) :] != turn:
            return [], []
        opening = head[: -len(turn)]
        bos = Control(self._special["bos_token"])
        kept = 1 if opening[:1] == [bos] and turn[0] != bos else 0  # it may be what begins every turn
        return opening[:kept], opening[kept:]


_USER: _Turn = ("user", [(0, "a")])
_ASSISTANT: _Turn = ("assistant", [(1, "b")])
_AGAIN: _Turn = ("user", [(2, "c")])


def _folded(turns: Sequence[_Turn]) -> list[_Turn]:
    """Return the turns with what system messages say at the beginning of the user's next turn."""
    held: list[tuple[int, str]] = []
    found: list[_Turn] = []
    for role, pieces in turns:
        if role == "system":
            held += [piece for piece in pieces if piece[1].strip()]
            continue
        if held and role != "user":
            found.append(("user", held))
            held = []
        found.append((role, [*held, *pieces]))
        held = []
    return [*found, ("user", held)] if held else found


def _merged(turns: Sequence[_Turn]) -> list[_Turn]:
    """Return the turns with neighbours of one role as one."""
    found: list[_Turn] = []
    for role, pieces in turns:
        if found and found[-1][0] == role:
            found[-1] = (role, [*found[-1][1], *pieces])
        else:
            found.append((role, list(pieces)))
    return found


def later_turns(messages: Sequence[Message]) -> list[list[Message]]:
    """Return the conversation without its oldest turns: none left out, one, two, … System messages at the front stay.

    A turn begins with a user's message. The last of these is always there.
    """
    head = next((n for n, m in enumerate(messages) if m.role != "system"), len(messages))
    starts = [n for n in range(head + 1, len(messages)) if messages[n].role == "user"]
    return [[*messages[:head], *messages[n:]] for n in [head, *starts]]


def cut_longest(messages: Sequence[Message], share: float) -> list[Message]:
    """Return the messages with the longest of them cut to a little less than ``share`` of its length.

    A system message keeps its beginning, any other its end: that is where the question stands.
    """
    longest = max(range(len(messages)), key=lambda n: len(messages[n].content))
    message = messages[longest]
    size = int(len(message.content) * share * 0.95)
    text = message.content[:size] if message.role == "system" else message.content[len(message.content) - size :]
    return [replace(m, content=text) if n == longest else m for n, m in enumerate(messages)]
