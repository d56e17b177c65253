"""What is written of a config: frozen and thawed the same, secrets hidden in records."""

import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.config import (
    ConfigError,
    compose,
    freeze,
    frozen_text,
    list_experiments,
    list_groups,
    mask,
    mask_override,
    thaw,
)

KEYS = st.from_regex(r"[a-z_]{1,6}", fullmatch=True)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        [
            "1e-5",
            "null",
            "on",
            "1:30",
            "2026-01-01",
            "${a}",
            r"\${a}",
            r"\\${a",
            "a\\",
            "- x",
            "# y",
            "~",
            "a\x85b",
            "\u2028",
        ]
    ),
)
CONFIGS = st.dictionaries(
    KEYS,
    st.recursive(LEAVES, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3)),
    max_size=4,
)


@settings(deadline=None)
@given(CONFIGS)
def test_thawed_is_what_was_frozen(tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("frozen") / "config.yaml"
    path.write_text(frozen_text(config), encoding="utf-8")
    assert repr(thaw(path)) == repr(config)


def test_frozen_text_is_the_same_each_time() -> None:
    assert frozen_text(compose("digits_mlp").config) == frozen_text(compose("digits_mlp").config)


def test_frozen_config_with_secrets_is_for_its_owner(tmp_path: Path) -> None:
    composed = compose("digits_mlp", ["tracking.mlflow.uri='http://me:hush@host'"])
    freeze(composed, tmp_path / "config.yaml")
    assert stat.S_IMODE((tmp_path / "config.yaml").stat().st_mode) == 0o600
    assert thaw(tmp_path / "config.yaml") == composed.config


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "a: ${b}\n"])
def test_thawing_what_is_no_frozen_config(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        thaw(path)
    with pytest.raises(ConfigError, match="no such config"):
        thaw(tmp_path / "absent.yaml")


def test_secrets_are_masked_and_the_rest_is_not() -> None:
    config: dict[str, Any] = {
        "tracking": {"password": "p", "db_password": "p", "api_key": "k", "apikey": "k", "secrets": ["a", "b"]},
        "token": None,
        "uri": ["postgresql://me:hush@host:5432/db", "http://host/a@b"],
        "tokenizer": "words",
        "max_tokens": 128,
        "secret": {"inner": "seen"},
        "monkey": 1,
    }
    assert mask(config) == {
        "tracking": {
            "password": "***",
            "db_password": "***",
            "api_key": "***",
            "apikey": "***",
            "secrets": ["***"] * 2,
        },
        "token": None,
        "uri": ["postgresql://***@host:5432/db", "http://host/a@b"],
        "tokenizer": "words",
        "max_tokens": 128,
        "secret": {"inner": "***"},
        "monkey": 1,
    }
    assert config["tracking"]["password"] == "p"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("tracking.password=hush", "tracking.password=***"),
        ("+x.api_key='a=b'", "+x.api_key=***"),
        ("x.uri=http://me:hush@host", "x.uri=http://***@host"),
        ("optimizer.lr=1", "optimizer.lr=1"),
        ("~callbacks.ema", "~callbacks.ema"),
    ],
)
def test_overrides_are_masked(text: str, masked: str) -> None:
    assert mask_override(text) == masked


def test_catalog_lists_experiments_with_their_first_comment() -> None:
    listed = {experiment.name: experiment for experiment in list_experiments()}
    assert {"digits_mlp", "fashion_mlp"} <= set(listed)
    assert "base" not in listed
    assert all(experiment.summary for experiment in listed.values())
    assert listed["digits_mlp"].summary.startswith("An MLP on")
    assert {"adam", "adamw", "sgd"} <= set(list_groups()["optimizer"])
