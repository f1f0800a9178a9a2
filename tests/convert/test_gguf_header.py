"""The header reader believes nothing: any damage is `NotGguf`, and never another exception or a crash."""

from __future__ import annotations

import resource
import struct
from pathlib import Path

import gguf as library
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plum_edge.convert.gguf_header import NotGguf, read


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("gguf") / "a.gguf"
    writer = library.GGUFWriter(path, "llama")
    writer.add_string("text", "naïve 🍞")
    writer.add_float32("number", 0.5)
    writer.add_bool("yes", True)
    writer.add_array("words", ["a", "", "日本"])
    writer.add_array("numbers", [1, -2, 3])
    writer.add_tensor("x", np.arange(12, dtype=np.float32).reshape(3, 4))
    writer.add_tensor("h", np.arange(6, dtype=np.float16).reshape(2, 3))
    writer.add_tensor("q", np.zeros((2, 34), np.uint8), raw_dtype=library.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


def test_reads_what_the_gguf_package_writes(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(whole)
    header = read(path)
    assert header.metadata == {
        "general.architecture": "llama",
        "text": "naïve 🍞",
        "number": 0.5,
        "yes": True,
        "words": ["a", "", "日本"],
        "numbers": [1, -2, 3],
    }
    assert header.tensors["q"].shape == (2, 32)
    assert header.array("x").tolist() == np.arange(12.0).reshape(3, 4).tolist()
    assert header.array("h").dtype == np.float32 and header.array("h")[1, 2] == 5.0
    for name in ("q", "none"):
        with pytest.raises(NotGguf, match=name):
            header.array(name)


def examine(path: Path) -> None:
    try:
        header = read(path)
        for name in header.tensors:
            header.array(name)
    except NotGguf as error:
        assert str(error)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(data=st.data())
def test_any_damage_is_one_exception(tmp_path: Path, whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(whole) - 9))
        damaged[at : at + 8] = data.draw(
            st.sampled_from([b"\xff" * 8, b"\x00" * 8, b"\x09\x00\x00\x00" * 2]) | st.binary(min_size=8, max_size=8)
        )
    path = tmp_path / "a.gguf"
    path.write_bytes(damaged[: data.draw(st.integers(0, len(whole)))])
    examine(path)


@pytest.mark.parametrize("length", [0, 3, 4, 8, 23, 24, 60])
def test_a_file_cut_in_its_header_is_refused(tmp_path: Path, whole: bytes, length: int) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(whole[:length])
    with pytest.raises(NotGguf):
        read(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(NotGguf, match=r"directory|no such"):
            read(path)


@pytest.mark.parametrize("item", [0, 5, 12])
def test_a_huge_array_of_numbers_never_becomes_a_list(tmp_path: Path, item: int) -> None:
    """A sparse file of a gigabyte announces an array as long as itself."""
    path, size = tmp_path / "g.gguf", 1 << 30
    key = b"tokenizer.ggml.scores"
    head = struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, len(key)) + key
    width = struct.calcsize({0: "<B", 5: "<i", 12: "<d"}[item])
    with path.open("wb") as file:
        file.write(head + struct.pack("<IIQ", 9, item, (size - 4096) // width))
        file.truncate(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NotGguf, match="items, which no model has"):
        read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


def test_many_arrays_count_together_and_texts_have_an_end(tmp_path: Path) -> None:
    path, most = tmp_path / "g.gguf", 5_000_000
    array = b"".join(struct.pack("<Q1sIIQ", 1, key, 9, 0, most) + bytes(most) for key in (b"a", b"b"))
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, 2) + array)
    with pytest.raises(NotGguf, match="items, which no model has"):
        read(path)
    with path.open("wb") as file:
        file.write(struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 1 << 28))
        file.truncate(1 << 29)
    with pytest.raises(NotGguf, match="text of 268,435,456 bytes"):
        read(path)
