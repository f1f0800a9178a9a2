"""sentencepiece, tokenizer.json and llama.cpp agree token for token, on at least 1,000 strings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sentencepiece
from tokenizers import Tokenizer

from plum_edge.convert import gguf
from plum_edge.paths import data_dir
from plum_edge.runtime import Runtime
from tests.tiny import text, tiny_base

PLUM_TINY = data_dir("models") / "plum-tiny"
ODD = (
    "a", " a", "  a  ", "\n", "\n\n a", "\t", "é", "日本語", "🍞🍞", "👩‍👩‍👧", "x" * 300, "a" * 40, "...", "<s>",
    "<unk>", "<|end|>", "a<|user|>b", "<0x0A>", "▁", "▁▁a", "a\u00a0b", "\u0000", "ﬁ", "İ", "1,234.56", "C++ & <html>",
    "\r\n",
    "''\"“”", "-" * 50, " " * 50,
)  # fmt: skip
"""No control token's name becomes that token in any of the three: as text, this is what people write."""


@pytest.fixture(scope="module", params=["tiny", "plum-tiny"])
def three(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Runtime]]:
    folder = tmp_path_factory.mktemp("tokenizers")
    if request.param == "tiny":
        base = tiny_base(folder)
    elif (PLUM_TINY / "model.safetensors").is_file():
        base = PLUM_TINY
    else:
        pytest.skip("models/plum-tiny has no weights yet")
    gguf.write_base(base, folder / "base.gguf")
    with Runtime(folder / "base.gguf") as runtime:
        yield base, runtime


def test_all_three_agree(three: tuple[Path, Runtime]) -> None:
    folder, runtime = three
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    fast = Tokenizer.from_file(str(folder / "tokenizer.json"))
    fast.encode_special_tokens = True
    strings = [*ODD, *text(1, 1200)]
    assert len(set(strings)) >= 1000
    for string in strings:
        expected = processor.Encode(string)
        assert fast.encode(string, add_special_tokens=False).ids == expected, repr(string)
        assert runtime.encode(string) == expected, repr(string)


def test_text_survives_the_round_trip(three: tuple[Path, Runtime]) -> None:
    _, runtime = three
    for string in text(2, 200):
        assert runtime.decode(runtime.encode(string)) == string
