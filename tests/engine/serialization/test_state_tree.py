"""Trees of state come back from arrays and JSON as they were, and equal trees give equal skeletons."""

import json
import math
from collections import OrderedDict
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.serialization.state_tree import join, split

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="="),
    hnp.unsigned_integer_dtypes(endianness="="),
    hnp.floating_dtypes(endianness="=", sizes=(16, 32, 64)),
)
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
SCALARS = hnp.arrays(DTYPES, ()).map(lambda array: array[()])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(),
    ARRAYS,
    SCALARS,
)
KEYS = st.one_of(st.text(), st.integers(), st.sampled_from(["$array", "a/b", "a", "0", "__metadata__", "~2", ""]))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
    ),
    max_leaves=20,
)


def assert_same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        assert sorted(map(repr, found)) == sorted(map(repr, expected))
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray | np.generic):
        assert (found.dtype, found.shape, found.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())
    elif isinstance(expected, float):
        assert math.isnan(found) if math.isnan(expected) else found.hex() == expected.hex()
    else:
        assert found == expected


@given(TREES)
def test_a_tree_comes_back_as_it_was_through_json_text(tree: Any) -> None:
    arrays, skeleton = split(tree)
    assert_same(join(arrays, json.loads(json.dumps(skeleton, allow_nan=False))), tree)


def test_the_keys_of_a_state_dict_name_its_arrays() -> None:
    weight = np.zeros(3)
    state = {"0.weight": weight, "state": {0: {"moment": weight}}, "groups": [{"moment": weight}]}
    assert sorted(split(state)[0]) == ["0.weight", "groups/0/moment", "state/0/moment"]


def test_equal_trees_give_equal_skeletons_whatever_their_order() -> None:
    one = {"b": 1, "a": {2: 0.5, 1: 0.25}}
    other = {"a": {1: 0.25, 2: 0.5}, "b": 1}
    assert json.dumps(split(one)) == json.dumps(split(other))


def test_mappings_and_named_tuples_come_back_as_plain_ones() -> None:
    arrays, skeleton = split(OrderedDict(x=(1, 2)))
    assert_same(join(arrays, skeleton), {"x": (1, 2)})


def test_whatever_has_dtype_and_shape_goes_through_to_array() -> None:
    tensor = SimpleNamespace(dtype="float32", shape=(2,), values=[1.0, 2.0])
    arrays, _ = split({"w": tensor}, lambda value: np.asarray(value.values, value.dtype))
    assert arrays["w"].dtype == np.float32
    assert arrays["w"].tolist() == [1.0, 2.0]


class Mode(StrEnum):
    MAX = "max"


@pytest.mark.parametrize("value", [{1}, b"raw", 1j, object(), Mode.MAX, "\ud800"])
def test_what_cannot_be_stored_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^optimizer/0/x: .* can't be stored"):
        split({"optimizer": [{"x": value}]})


@pytest.mark.parametrize("key", [True, 1.0, None, (1, 2), "\ud800\udc00"])
def test_keys_that_would_change_are_refused(key: Any) -> None:
    with pytest.raises(TypeError, match=r"^state: the key .* can't be stored"):
        split({"state": {key: 1}})


@pytest.mark.parametrize("skeleton", [{"$array": "gone"}, {"$import": "os"}])
def test_a_skeleton_that_does_not_fit_is_refused(skeleton: Any) -> None:
    with pytest.raises(ValueError, match=r"gone|import"):
        join({}, skeleton)
