"""Whatever a file holds: conversations that can be stored, or a sentence. tests/fuzz goes on from here."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.errors import UsageError
from plum_edge.importers import Wishes, read
from tests.importers.shapes import SHAPES
from tests.importers.shapes.talk import Shape
from tests.store.samples import IN_MEMORY

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def tried(content: bytes, name: str = "export.json", **wishes: Any) -> None:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        _tried(path, **wishes)


def _tried(path: Path, **wishes: Any) -> None:
    try:
        got = read(path, wishes=Wishes(me="Jan", **wishes))
    except UsageError as error:
        assert str(error)
    else:
        for conversation in got.conversations:
            assert conversation.id
            assert conversation.title
            assert conversation.created_at.utcoffset() is not None
            assert all(m.role in ("user", "assistant", "system") and m.content.strip() for m in conversation.messages)
            "".join(m.content for m in conversation.messages).encode()


ODD: list[Any] = [{}, [], "", 0, -1, None, True, [[]], {"": {}}, "\ud800", 1e300, "user", "2026", [None], {"text": 1}]


def mutated(value: Any, chance: random.Random) -> Any:
    """Return the value with some of its parts replaced by odd ones, dropped, or doubled."""
    if chance.random() < 0.06:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: mutated(inner, chance) for key, inner in value.items() if chance.random() > 0.04}
    if isinstance(value, list):
        made = [mutated(inner, chance) for inner in value if chance.random() > 0.04]
        return made + made[: chance.randint(0, 1)]
    return value


def names(shape: Shape) -> str:
    return f"{shape.format}: {shape.name}"


@pytest.mark.parametrize("shape", [one for one in SHAPES if one.format not in ("llm", "whatsapp")], ids=names)
@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_a_valid_file_that_was_changed_ends_in_no_error_of_ours(shape: Shape, seed: int) -> None:
    chance = random.Random(seed)
    try:
        made = json.dumps(mutated(json.loads(shape.content), chance))
    except ValueError:
        rows = [json.loads(line) for line in shape.content.splitlines() if line.endswith(b"}")]
        made = "\n".join(json.dumps(mutated(row, chance)) for row in rows)
    tried(made.encode(), shape.file, format=shape.format)


@pytest.mark.parametrize("shape", SHAPES, ids=names)
@settings(max_examples=8)
@given(st.data())
def test_changed_bytes_end_in_no_error_of_ours(shape: Shape, data: st.DataObject) -> None:
    content = bytearray(shape.content)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(1, len(content)))])
    tried(cut, shape.file)
    tried(cut, shape.file, format=shape.format, salvage=True)


@settings(max_examples=40)
@given(json_values, st.sampled_from([one.format for one in SHAPES]))
def test_any_json_ends_in_no_error_of_ours(value: Any, name: str) -> None:
    tried(json.dumps(value).encode(), format=name)
