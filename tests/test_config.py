"""The configuration is strict: a slip is an error that names file and key."""

from __future__ import annotations

import pytest

from index.config import Config, load_config
from index.errors import InputError


def test_a_file_sets_what_it_names_and_no_more(tmp_path):
    path = tmp_path / "onrecord.toml"
    path.write_text('encoder = "hashing"\nhits = 3\n')
    config = load_config(path)
    assert config == Config(encoder="hashing", hits=3)
    assert config.model_fields_set == {"encoder", "hits"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hitz = 3", r"onrecord\.toml: unknown key 'hitz'; known keys: .*hits"),
        (b'hits = "3"', r"onrecord\.toml: key 'hits': .*integer.*'3'"),
        (b"hits = 0", r"key 'hits': .*greater"),
        (b'encoder = "bert"', r"key 'encoder': .*'minilm' or 'hashing'"),
        (b"hits = = 3", r"onrecord\.toml: not valid TOML .*line 1"),
        (b"\xff", r"onrecord\.toml: not valid TOML"),
    ],
)
def test_a_slip_names_the_file_and_the_key(tmp_path, content, reason):
    path = tmp_path / "onrecord.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        load_config(path)


def test_a_configuration_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.toml: cannot read the configuration"):
        load_config(tmp_path / "absent.toml")
