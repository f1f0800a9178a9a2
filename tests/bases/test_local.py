"""The bases: by name or folder, their sizes from config.json, and their GGUF made once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge import bases
from plum_edge.convert import gguf as converter
from plum_edge.convert.families import Family
from plum_edge.convert.gguf_header import read
from plum_edge.errors import IntegrityError, NoModel
from plum_edge.paths import Home, data_dir, sha256_file
from tests import tiny
from tests.tiny import tiny_base


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def test_a_folder_is_read(tmp_path: Path) -> None:
    base = bases.base(str(tiny_base(tmp_path)))
    assert (base.name, base.architecture, base.context) == ("tiny", "llama", tiny.CONTEXT)
    assert (base.heads, base.kv_heads, base.layers, base.hidden) == (4, 2, 2, 64)
    assert base.lora_targets == tuple(target.split(".")[-1] for target in tiny.TARGETS)
    assert base.chat_template == tiny.TEMPLATE
    assert base.sha256 == sha256_file(base.folder / "model.safetensors")


def test_the_embedded_base_is_registered() -> None:
    assert "plum-tiny" in bases.names()
    if not (data_dir("models") / "plum-tiny" / "model.safetensors").is_file():
        pytest.skip("models/plum-tiny has no weights yet")
    base = bases.base("plum-tiny")
    assert (base.name, base.architecture, base.context, base.licence) == ("plum-tiny", "llama", 1024, "Apache-2.0")


@pytest.mark.parametrize("name", ["none", "../plum-tiny", "/none", ""])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoModel, match=r"plum-tiny|config\.json"):
        bases.base(name)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("config.json", "{", "damaged"),
        ("config.json", "[]", "not a JSON object"),
        ("config.json", '{"model_type": "mamba"}', "mamba"),
        ("config.json", '{"model_type": "llama"}', "num_attention_heads"),
        ("tokenizer_config.json", "{}", "chat template"),
    ],
)
def test_an_unusable_folder_is_refused_with_the_reason(tmp_path: Path, file: str, content: str, says: str) -> None:
    folder = tiny_base(tmp_path)
    (folder / file).write_text(content)
    with pytest.raises(NoModel, match=says):
        bases.base(str(folder))


def test_the_gguf_is_made_once_and_only_for_this_base(tmp_path: Path, home: Home) -> None:
    base = bases.base(str(tiny_base(tmp_path)))
    path = bases.gguf(base, home)
    made = path.stat().st_mtime_ns
    assert path.parent == home.models and bases.gguf(base, home) == path and path.stat().st_mtime_ns == made
    assert read(path).metadata["general.architecture"] == "llama"
    assert bases.gguf(base, home, "q8_0") != path
    tiny_base(tmp_path, seed=1)
    assert bases.gguf(base, home) != path
    assert len(list(home.models.iterdir())) == 3


def test_another_chat_template_is_another_gguf(tmp_path: Path, home: Home) -> None:
    base = bases.base(str(tiny_base(tmp_path)))
    first = bases.gguf(base, home)
    config = json.loads((base.folder / "tokenizer_config.json").read_text())
    config["chat_template"] += "\n"
    (base.folder / "tokenizer_config.json").write_text(json.dumps(config))
    assert bases.gguf(base, home) != first


def test_a_base_that_cannot_be_converted_leaves_nothing(tmp_path: Path, home: Home) -> None:
    base = bases.base(str(tiny_base(tmp_path)))
    for name in ("tokenizer.model", "tokenizer.json"):
        (base.folder / name).unlink()
    with pytest.raises(NoModel):
        bases.gguf(base, home)
    assert list(home.models.iterdir()) == []


@pytest.mark.parametrize(("size", "kind"), [(0, "f32"), (300_000_000, "q8_0")])
def test_a_base_is_deployed_as_its_size_has_it_unless_somebody_says_otherwise(
    tmp_path: Path, size: int, kind: str
) -> None:
    base = bases.base(str(tiny_base(tmp_path)))
    with (base.folder / "model-extra.safetensors").open("wb") as more:
        more.truncate(size)  # a hole: it takes no room on the disk
    assert bases.dtype(base) == bases.dtype(base, "auto") == kind
    assert bases.dtype(base, "q4_0") == "q4_0"


def test_a_gguf_beside_the_weights_is_used_if_it_is_the_same_model(tmp_path: Path, home: Home) -> None:
    base = bases.base(str(tiny_base(tmp_path)))
    given = base.folder / "tiny-q8_0.gguf"
    converter.write_base(base.folder, given, "q8_0")
    assert bases.gguf(base, home) == given and bases.dtype(base) != "f32"
    tiny_base(tmp_path, seed=1)
    with pytest.raises(IntegrityError, match="is not the model tiny"):
        bases.gguf(base, home)
    converter.write_base(base.folder, base.folder / "tiny-f32.gguf")
    with pytest.raises(NoModel, match=r"several GGUF files.*tiny-f32\.gguf, tiny-q8_0\.gguf"):
        bases.gguf(base, home)


def test_a_base_whose_text_llama_cpp_would_cut_otherwise_is_not_kept(tmp_path: Path, home: Home) -> None:
    base = bases.base(str(tiny_base(tmp_path)))
    tokenizer = json.loads((base.folder / "tokenizer.json").read_text())
    tokenizer["model"]["merges"] = tokenizer["model"]["merges"][::2]
    (base.folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(NoModel, match="its own tokenizer as"):
        bases.gguf(base, home)
    assert list(home.models.iterdir()) == []


def test_a_gguf_that_came_out_wrong_is_not_kept(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is the converter, not the check: it writes the rows of q in the trainer's order."""
    base = bases.base(str(tiny_base(tmp_path)))
    monkeypatch.setattr(Family, "to_gguf", lambda _self, _name, rows, _heads, _kv_heads: rows)
    with pytest.raises(IntegrityError, match=r"attn_[qk]\.weight differs"):
        bases.gguf(base, home)
    assert list(home.models.iterdir()) == []
