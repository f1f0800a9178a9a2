"""The configuration: defaults, and a sentence for every mistake."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.config import Config, Generate, Log, Train, load, merge, profiled, recorded
from plum_edge.errors import BadConfig


def loaded(folder: Path, content: str) -> Config:
    path = folder / "config.toml"
    path.write_text(content, encoding="utf-8")
    return load(path)


def test_no_file_and_an_empty_file_are_the_default(tmp_path: Path) -> None:
    assert load(tmp_path / "missing.toml") == Config()
    assert loaded(tmp_path, "") == Config()
    assert loaded(tmp_path, "[train]\n") == Config()


def test_values_are_taken_over(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[model]\nbase = "Llama"\n[train]\nrank = 8\nalpha = 16\nrecipe = "plum"\n')
    assert config.model.base == "Llama"
    assert (config.train.rank, config.train.alpha, config.train.recipe) == (8, 16.0, "plum")
    assert isinstance(config.train.alpha, float)
    assert config.train.epochs == Config().train.epochs


def test_a_setting_is_still_read_under_its_former_name(tmp_path: Path) -> None:
    config = loaded(tmp_path, "[train]\nhonest = 0.25\nrehearsal = 7\ntether = 0.5\n")
    assert (config.train.sampled_negatives, config.train.averaging, config.train.kl) == (0.25, 7, 0.5)
    both = loaded(tmp_path, "[train]\naveraging = 9\nrehearsal = 7\n")
    assert both.train.averaging == 9


def test_steps_record_settings_under_the_names_that_they_had_first() -> None:
    """These names are hashed into what a step was made with: another name would forbid to make its bytes again."""
    first = (
        "recipe backend quantise precision primer rank alpha learning_rate decay epochs batch replay general honest "
        "rehearsal reword tether question_weight answer_weight decision_weight template_weight clip seed threads"
    )
    assert " ".join(recorded(Train())) == first
    assert recorded(Train(kl=0.5))["tether"] == 0.5


def test_what_is_used_after_a_step_is_not_recorded_with_it() -> None:
    """Another number of ends makes no learned step a foreign one."""
    assert recorded(Train(ends=3)) == recorded(Train())


def toml(config: Config) -> str:
    lines = []
    for section in dataclasses.fields(config):
        lines.append(f"[{section.name}]")
        for name, value in dataclasses.asdict(getattr(config, section.name)).items():
            if value is not None:  # TOML has no way to write none; it is the default where it may be
                lines.append(f"{name} = {json.dumps(value)}")  # TOML writes these values as JSON does
    return "\n".join(lines)


def test_the_default_written_down_is_the_default(tmp_path: Path) -> None:
    assert loaded(tmp_path, toml(Config())) == Config()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[train]\nrnak = 8", r"unknown key 'rnak' \(did you mean 'rank'\?\) in \[train\]"),
        ("[train]\nzzz = 8", r"unknown key 'zzz' \(known: .*rank"),
        ("[trian]\nrank = 8", r"unknown table 'trian' \(did you mean 'train'\?\)"),
        ("rank = 8", r"unknown table 'rank'"),
        ("train = 8", r"\[train\] must be a table"),
        ("[train]\nrank = 'eight'", r"train.rank is 'eight'; it must be of type int"),
        ("[train]\nrank = 8.5", r"train.rank is 8.5; it must be of type int"),
        ("[train]\nrank = true", r"train.rank is True; it must be of type int"),
        ("[train]\nclip = false", r"train.clip is False; it must be of type float"),
        ("[model]\nbase = 3", r"model.base is 3; it must be of type str"),
        ("[train]\nrecipe = 'magic'", r"train.recipe is 'magic'; it can be plum, replay"),
        ("[train]\nrank = 0", r"train.rank is 0; it must be above 0"),
        ("[generate]\ntop_p = 1.5", r"generate.top_p is 1.5; it must be above 0 and at most 1"),
        ("[generate]\nmin_p = 2", r"generate.min_p is 2.0; it must be at least 0 and at most 1"),
        ("[train]\nseed = -1", r"train.seed is -1; it must be at least 0"),
        ("[train\nrank = 8", r"not valid TOML"),
        (f"[train]\nclip = {'9' * 400}", r"train.clip is a number of 400 digits; it is too large"),
        (f"[train]\nclip = {'9' * 9000}", r"not valid TOML"),
        ("[train]\nthreads = 100000", r"train.threads is 100000; it must be at most 1024"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said) as caught:
        loaded(tmp_path, content)
    assert str(tmp_path / "config.toml") in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfig, match="not valid TOML"):
        load(path)


KEYS = [(s.name, f.name) for s in dataclasses.fields(Config) for f in dataclasses.fields(getattr(Config(), s.name))]


@given(
    st.sampled_from(KEYS),
    st.sampled_from(["0", "-1", "1", "1.5", "nan", "inf", "true", "'x'", "[]", "{}", "2020-01-01"]),
)
def test_any_value_is_taken_or_named(
    tmp_path_factory: pytest.TempPathFactory, key: tuple[str, str], value: str
) -> None:
    section, name = key
    try:
        config = loaded(tmp_path_factory.getbasetemp(), f"[{section}]\n{name} = {value}")
    except BadConfig as error:
        assert f"{section}.{name}" in str(error)
    else:
        taken = getattr(getattr(config, section), name)
        default = getattr(getattr(Config(), section), name)
        assert default is None or type(taken) is type(default)


PROFILE: dict[str, dict[str, Any]] = {"train": {"rank": 4, "epochs": 3}, "decide": {"odds": 1.5}}


def test_a_profile_lies_over_the_defaults_and_under_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[model]\nbase = "One"\n[train]\nepochs = 9\n', encoding="utf-8")
    asked = []

    def profile(base: str) -> dict[str, dict[str, Any]]:
        asked.append(base)
        return PROFILE

    found = merge(tmp_path / "config.toml", profile)
    assert asked == ["One"]
    assert (found.config.train.rank, found.config.train.epochs, found.config.decide.odds) == (4, 9, 1.5)
    assert found.config.train.seed == Config().train.seed
    assert found.origins == {
        "model.base": "config.toml", "train.rank": "One", "train.epochs": "config.toml", "decide.odds": "One",
    }  # fmt: skip


def test_the_mistakes_of_a_profile_are_said_of_the_base(tmp_path: Path) -> None:
    for tables, said in (({"model": {}}, "unknown table 'model'"), ({"train": {"rnak": 1}}, "did you mean 'rank'")):
        with pytest.raises(BadConfig, match=said) as caught:
            profiled("One", tables)
        assert "One" in str(caught.value)


def test_a_table_by_its_former_name(tmp_path: Path) -> None:
    assert loaded(tmp_path, "[recall]\nmax_tokens = 7\nthreads = 2\n[generate]\nthreads = 1\n").generate == Generate(
        threads=1, max_tokens=7
    )


def test_the_environment_names_the_base_where_the_file_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUM_EDGE_BASE", "Two")
    assert loaded(tmp_path, "").model.base == "Two"
    assert loaded(tmp_path, '[model]\nbase = "One"\n').model.base == "One"
    monkeypatch.delenv("PLUM_EDGE_BASE")
    assert loaded(tmp_path, "").model.base == "SmolLM2-135M-Instruct"


def test_a_list_is_checked_value_by_value(tmp_path: Path) -> None:
    assert loaded(tmp_path, '[augment]\nkinds = ["open"]\n').augment.kinds == ("open",)
    for wrong in ('"open"', "[]", '["opened"]'):
        with pytest.raises(BadConfig, match="kinds"):
            loaded(tmp_path, f"[augment]\nkinds = {wrong}\n")


def test_a_zone_is_one_that_there_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[log]\nzone = "Europe/Berlin"\n')
    summer, winter = datetime(2026, 7, 18, 23, 30, tzinfo=UTC), datetime(2026, 1, 18, 23, 30, tzinfo=UTC)
    log = load(path).log
    assert log.local(summer).isoformat() == "2026-07-19T01:30:00+02:00"
    assert log.local(winter).isoformat() == "2026-01-19T00:30:00+01:00"
    assert log.local(summer.replace(tzinfo=None)).isoformat() == "2026-07-18T23:30:00+02:00"
    for moment in (datetime.min, datetime.max, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert log.local(moment).utcoffset() is not None
        assert Log().local(moment).utcoffset() is not None
    for wrong in ("Mars/Olympus", "Europe", "../../etc/passwd", "/etc/localtime", "\\u0000"):
        path.write_text(f'[log]\nzone = "{wrong}"\n')
        with pytest.raises(BadConfig, match="time zone such as Europe/Berlin"):
            load(path)
