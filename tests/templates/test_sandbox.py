"""Downloaded templates: what transformers offers them, and that none runs for ever or ends in a traceback."""

from __future__ import annotations

from typing import Any

import pytest

from plum_edge.templates.sandbox import Failed, Sandbox


def rendered(source: str, **variables: Any) -> str:
    return Sandbox(source).render(0, **variables)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ strftime_now('%d %b %Y') }}", "26 Jul 2024"),
        ("{{ {'a': \"<ü>'\"} | tojson }}", '{"a": "<ü>\'"}'),
        ("{{ [1] | tojson(indent=1) }}", "[\n 1\n]"),
        ("{% for i in x * [0] %}{% if loop.first %}{% continue %}{% endif %}{{ i }}{% break %}{% endfor %}", ""),
        ("{% for i in range(9) %}{{ i }}{% if i == 2 %}{% break %}{% endif %}{% endfor %}", "012"),
        ("a{% generation %}{{ x }}{% endgeneration %}b", "a1b"),
        ("{%- generation -%}  {{ x }}  {%- endgeneration -%}", "1"),
        ("{% set y = 1 %}{% generation %}{% set y = 2 %}{{ y }}{% endgeneration %}{{ y }}", "21"),
        ("{% set ns = namespace(n=0) %}{% for i in range(3) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "3"),
        ("{{ 'a' ~ 1 ~ none ~ missing }}", "a1None"),
        ("{{ 'ab' * 2 + 'c' }} {{ 2 ** 3 }} {{ [1] + [2] }}", "ababc 8 [1, 2]"),
        ("{% macro m(t) %}<{{ t }}{{ caller() if caller }}>{% endmacro %}{{ m(1) }}", "<1>"),
        ("{% macro m(t) %}<{{ t }}{{ caller() }}>{% endmacro %}{% call m(2) %}x{% endcall %}", "<2x>"),
        ("{% for x in [[1, [2]]] recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}", "12"),
        ("  {% if true %}\n  a\n  {% endif %}\n", "  a\n"),
    ],
)  # fmt: skip
def test_what_templates_use(source: str, text: str) -> None:
    assert rendered(source, x=1) == text


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself without end"),
        ("{% macro m(n) %}{{ m(n - 1) ~ m(n - 1) if n }}{% endmacro %}{{ m(60) }}", "come to an end"),
        ("{% for i in range(5000) %}{% for j in range(5000) %}{% endfor %}{% endfor %}", "come to an end"),
        ("{% for i in range(10000000000) %}{% endfor %}", "come to an end"),
        ("{% for i in range(90000) %}aaaaaaaaaaaa{% endfor %}", "writes more than"),
        ("{% set n = namespace(s='a') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}", "makes a text"),
        ("{% set n = namespace(s='a') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}", "makes a text"),
        ("{{ 'a' * 10000000000 }}", "makes a text of"),
        ("{{ [1] * 10000000000 }}", "makes a text of"),
        ("{{ 9 ** (9 ** 9) }}", "to the power of"),
        ("{{ raise_exception('only users') }}", "only users"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ messages.append(1) }}", "unsafe"),
        ("{{ 1 / 0 }}", "zero"),
        ("{{ none.x.y }}", "no attribute"),
    ],
)  # fmt: skip
def test_what_a_template_may_not_do_is_said(source: str, why: str) -> None:
    with pytest.raises(Failed, match=why):
        rendered(source, messages=[])


@pytest.mark.parametrize(
    "source",
    [
        "{% for %}", "{{ ", "{% generation %}", "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{% if 1 %}" * 300 + "{% endif %}" * 300, "{% include 'x' %}{% for x in",
    ],
)  # fmt: skip
def test_what_is_no_template_is_said(source: str) -> None:
    with pytest.raises(Failed):
        rendered(source)


def test_a_bound_is_for_each_rendering_anew_and_grows_with_what_is_given() -> None:
    template = Sandbox("{% for i in range(200000) %}{% endfor %}{{ x }}")
    with pytest.raises(Failed, match="end"):
        template.render(0, x=1)
    template = Sandbox("{% for i in range(140000) %}{% endfor %}{{ x }}{{ x }}")
    for _ in range(3):
        assert len(template.render(2_000_000, x="a" * 2_000_000)) == 4_000_000
    with pytest.raises(Failed, match="more than"):
        template.render(0, x="a" * 2_000_000)
