"""Objects are made from nodes: parts first, partial ones on request, errors that name the key."""

import functools
import sys
from typing import Any

import numpy as np
import pytest

from recipes.config import ConfigError, instantiate
from recipes.transforms import Compose, RandomCrop, ToFloat

CROP = {"_target_": "recipes.transforms.RandomCrop", "size": 8}


def test_plain_values_stay() -> None:
    node = {"a": [1, {"b": None}], "c": "text"}
    assert instantiate(node) == node


def test_parts_are_made_before_what_holds_them() -> None:
    node = {
        "_target_": "recipes.transforms.Compose",
        "transforms": {"crop": CROP, "scale": {"_target_": "recipes.transforms.ToFloat", "divisor": 2}},
    }
    made = instantiate(node)
    assert isinstance(made, Compose)
    crop, scale = made.transforms
    assert isinstance(crop, RandomCrop)
    assert isinstance(scale, ToFloat)
    assert (crop.size, scale.divisor) == ((8, 8), np.float32(2))


def test_mapping_of_parts_by_name() -> None:
    made = instantiate({"first": CROP, "second": None})
    assert isinstance(made["first"], RandomCrop)
    assert made["second"] is None


def test_partial_waits_for_the_rest() -> None:
    made = instantiate({"_target_": "recipes.transforms.RandomCrop", "_partial_": True, "padding": 3})
    assert isinstance(made, functools.partial)
    assert made(size=4).padding == 3


def test_extra_arguments_win() -> None:
    assert instantiate(CROP, padding=2).padding == 2
    assert instantiate(CROP, size=3).size == (3, 3)


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"_target_": "os.system", "command": "true"}, "x: os.system is outside of engine, recipes"),
        ({"_target_": "recipes.transforms.RandomCrop"}, "missing a required argument: 'size'"),
        (CROP | {"colour": 1}, "unexpected keyword argument 'colour'"),
        ({"a": [{"_target_": "builtins.eval"}]}, r"x\.a\.0: builtins\.eval"),
    ],
)
def test_error_names_the_key(node: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        instantiate(node, key="x")


def test_extra_without_a_target() -> None:
    with pytest.raises(ConfigError, match="no _target_ to give params to"):
        instantiate({"a": 1}, params=[])


def test_part_that_breaks_down_names_its_own_line(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    write("galley_test_part.py", "class Part:\n    def __init__(self):\n        self.gone\n")
    with pytest.raises(ConfigError, match=r"x: galley_test_part\.Part cannot be made: AttributeError: .*part\.py:3\)"):
        instantiate({"_target_": "galley_test_part.Part"}, ["galley_test_part"], key="x")


def test_part_larger_than_the_memory() -> None:
    node = {"_target_": "engine.nn.Linear", "in_features": 10**8, "out_features": 10**8}
    with pytest.raises(ConfigError, match=r"x: engine\.nn\.Linear: there is too little memory for it"):
        instantiate(node, key="x")
