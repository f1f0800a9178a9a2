"""Where a model's chat template runs: with all that transformers offers to templates, and within bounds.

Templates come with downloaded models, so they run in Jinja's sandbox and cannot run for ever: the turns of loops and
calls of macros are counted, and so is the text that they make. One that recurses without end, or asks for more memory
than there is, ends like any other that fails. Knows nothing of messages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, cast

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

TODAY = datetime(2024, 7, 26)
"""What `strftime_now` tells templates, always: a prompt is a function of its messages, the same in training and at
answer time. It is the day that Llama's own templates name where they are told none. A template that takes the date as
a variable (``date_string``) is given another by the settings."""

_STEPS = 300_000
"""Turns of loops, calls of macros and numbers of ranges in one rendering: some thirty times those of a long chat."""
_ROOM = 1_000_000
"""Characters that a template may write beyond eight times what it was given."""
_POWER = 64


class Failed(Exception):
    """A template is no Jinja, or does not render what it was given. ``str()`` says why."""


class Sandbox:
    """One template, compiled.

    Raises:
        Failed: it is no Jinja, or nested too deeply.
    """

    def __init__(self, source: str) -> None:
        import jinja2

        self._failures = (
            jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError,
            MemoryError,
        )  # fmt: skip
        self._environment = _environment_class()()
        try:
            tree = _counting(self._environment).visit(self._environment.parse(source))
            self._template = self._environment.from_string(tree)
        except (*self._failures, SyntaxError) as error:  # Python's own bounds on nesting are SyntaxErrors
            raise Failed(_why(error)) from error

    def render(self, given: int, **variables: Any) -> str:
        """Return what the template writes of the variables; ``given`` is how many characters they hold.

        Raises:
            Failed: it refuses them, does what it may not, or does not come to an end.
        """
        bound = _ROOM + 8 * given
        self._environment.begin(bound)
        pieces, size = [], 0
        try:
            for piece in self._template.generate(**variables):
                pieces.append(piece)
                size += len(piece)
                if size > bound:
                    raise ValueError(f"it writes more than {bound:,} characters")
        except self._failures as error:
            raise Failed(_why(error)) from error
        return "".join(pieces)


def _why(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it calls itself without end"
    if isinstance(error, MemoryError):
        return "it takes more memory than there is"
    return str(error) or type(error).__name__


@cache
def _environment_class() -> Callable[[], Any]:
    """Return the environment's class; Jinja is loaded only when a template is."""
    import jinja2
    from jinja2 import nodes
    from jinja2.ext import Extension
    from jinja2.runtime import Context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """``{% generation %}``, by which templates mark what the assistant says. It changes nothing of the text."""

        tags = {"generation"}  # noqa: RUF012 -- as Jinja declares it

        def parse(self, parser: Parser) -> nodes.Node:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    class Bounded(ImmutableSandboxedEnvironment):
        """Counts what a template does."""

        intercepted_binops = frozenset(("+", "*", "**"))

        def __init__(self) -> None:
            super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
            self._left, self._bound = 0, 0
            self.filters["tojson"] = _tojson
            self.globals |= {"raise_exception": _refuse, "strftime_now": TODAY.strftime, "range": self.numbers}

        def begin(self, bound: int) -> None:
            self._left, self._bound = _STEPS, bound

        def step(self, count: int = 1) -> None:
            self._left -= count
            if self._left < 0:
                raise jinja2.TemplateRuntimeError("it does not come to an end")

        def numbers(self, *args: int) -> range:
            found = range(*args)
            self.step(len(found))
            return found

        def joined(self, *parts: Any) -> str:
            """Return what ``~`` makes."""
            texts = [str(part) for part in parts]
            self._measure(sum(map(len, texts)))
            return "".join(texts)

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            if operator == "**" and isinstance(right, int) and right > _POWER:
                raise jinja2.TemplateRuntimeError(f"it raises a number to the power of {right}")
            sizes = [len(side) for side in (left, right) if isinstance(side, str | list | tuple)]
            if operator == "+" and len(sizes) == 2:
                self._measure(sum(sizes))
            times = [side for side in (left, right) if isinstance(side, int)]
            if operator == "*" and sizes and times:
                self._measure(sizes[0] * times[0])
            return super().call_binop(context, operator, left, right)

        def _measure(self, size: int) -> None:
            if size > self._bound:
                raise jinja2.TemplateRuntimeError(f"it makes a text of {size:,} characters")

    return Bounded


def _counting(environment: ImmutableSandboxedEnvironment) -> Any:
    """Return what makes a parsed template count its steps, and measure the texts that it joins."""
    from jinja2 import nodes
    from jinja2.visitor import NodeTransformer

    def call(name: str, args: Sequence[nodes.Expr], line: int) -> nodes.Call:
        method = nodes.EnvironmentAttribute(name, lineno=line)
        found = nodes.Call(method, list(args), [], None, None, lineno=line)
        found.set_environment(environment)
        return found

    class Counting(NodeTransformer):
        def _body(self, node: Any) -> nodes.Node:
            self.generic_visit(node)
            node.body.insert(0, nodes.ExprStmt(call("step", [], node.lineno), lineno=node.lineno))
            return cast("nodes.Node", node)

        visit_For = visit_Macro = visit_CallBlock = _body  # noqa: N815 -- names of Jinja's nodes

        def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
            self.generic_visit(node)
            return call("joined", node.nodes, node.lineno)

    return Counting()


def _refuse(message: Any) -> NoReturn:
    """What templates call ``raise_exception``."""
    import jinja2

    raise jinja2.TemplateError(str(message))


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """What templates call ``tojson``: Jinja's own would escape characters of HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
