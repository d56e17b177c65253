"""assert_close: what is close, and what is said of what isn't; beside PyTorch where that is installed."""

from collections.abc import Callable
from typing import Any

import pytest

import engine
from engine.testing import assert_close

NAN, INF = float("nan"), float("inf")
Make = Callable[..., Any]

CLOSE: list[Callable[[Make], tuple[Any, Any]]] = [
    lambda make: (make([1.0, 2.0]), make([1.0, 2.000001])),
    lambda make: ([make([1, 2]), 3.0], [make([1, 2]), 3.0]),
    lambda make: ({"a": (1, None)}, {"a": (1, None)}),
    lambda make: (make([INF]), make([INF])),
    lambda make: (make(1.0), make(1.000001)),
]
APART: list[Callable[[Make], tuple[Any, Any]]] = [
    lambda make: (make([1.0, 2.0]), make([1.0, 3.0])),
    lambda make: (make([[1.0, 2.0], [3.0, NAN]]), make([[1.0, 2.0], [4.0, 5.0]])),
    lambda make: (make([1, 2]), make([1, 3])),
    lambda make: (make([True, False]), make([True, True])),
    lambda make: (make([1 + 1j]), make([1 + 2j])),
    lambda make: (make(1.0), make(1.1)),
    lambda make: (make(NAN), make(NAN)),
    lambda make: (1.0, 1.1),
    lambda make: (1, 2),
    lambda make: (True, False),
    lambda make: ([make([1.0]), make([2.0])], [make([1.0]), make([3.0])]),
    lambda make: ({"a": [make(1.0)]}, {"a": [make(2.0)]}),
    lambda make: ([1], [1, 2]),
    lambda make: ({"a": 1}, {"b": 1}),
    lambda make: (make([0.0]), make([0.1])),
    lambda make: (make([INF]), make([-INF])),
]


@pytest.mark.parametrize("pair", CLOSE)
def test_what_is_close(pair: Callable[[Make], tuple[Any, Any]]) -> None:
    assert_close(*pair(engine.tensor))


@pytest.mark.parametrize("pair", APART)
def test_what_is_apart_is_told_as_pytorch_does(pair: Callable[[Make], tuple[Any, Any]]) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(AssertionError) as ours:
        assert_close(*pair(engine.tensor))
    with pytest.raises(AssertionError) as theirs:
        torch.testing.assert_close(*pair(torch.tensor))
    assert str(ours.value) == str(theirs.value)


def test_message_names_how_much_and_where() -> None:
    with pytest.raises(AssertionError) as refusal:
        assert_close([engine.tensor([1.0, 2.0])], [engine.tensor([1.0, 2.5])])
    lines = str(refusal.value).splitlines()
    assert lines[0] == "Tensor-likes are not close!"
    assert lines[2:4] == [
        "Mismatched elements: 1 / 2 (50.0%)",
        "Greatest absolute difference: 0.5 at index (1,) (up to 1e-05 allowed)",
    ]
    assert lines[-1] == "The failure occurred for item [0]"


@pytest.mark.parametrize(
    ("other", "options", "attribute"),
    [
        (engine.ones(3, 2), {}, "shape"),
        (engine.ones(2, 3, dtype=engine.float64), {}, "dtype"),
        (engine.ones(2, 3, device="meta"), {}, "device"),
        (engine.ones(3, 2).t(), {"check_stride": True}, r"stride\(\)"),
    ],
)
def test_attributes_must_be_the_same(other: engine.Tensor, options: dict[str, Any], attribute: str) -> None:
    with pytest.raises(AssertionError, match=f"attribute '{attribute}' do not match"):
        assert_close(engine.ones(2, 3), other, **options)


def test_what_is_asked_for_is_what_counts() -> None:
    one, other = engine.tensor([1.0, NAN]), engine.tensor([1.05, NAN], dtype=engine.float64)
    assert_close(one, other, rtol=0.1, atol=0, equal_nan=True, check_dtype=False)
    with pytest.raises(ValueError, match="got no atol"):
        assert_close(one, one, rtol=0.1)
    with pytest.raises(TypeError, match="list"):
        assert_close(one, [1.0])
    with pytest.raises(AssertionError, match=r"^mine$"):
        assert_close(1, 2, msg="mine")
    with pytest.raises(AssertionError, match=r"^mine: Scalars"):
        assert_close(1, 2, msg=lambda told: "mine: " + told)
