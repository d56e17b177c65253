"""A module of ours beside its PyTorch twin: same weights, then outputs and gradients compared."""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.backend.dtype import as_dtype
from engine.creation import tensor
from engine.nn.module import Module

TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


def same_weights(ours: Module, theirs: Any) -> None:
    """Check that the state dicts agree in keys and shapes, then load PyTorch's into ours."""
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    for mine, its in zip(ours.state_dict().values(), state.values(), strict=True):
        assert tuple(mine.shape) == tuple(its.shape)
    ours.load_state_dict({key: tensor(value.numpy()) for key, value in state.items()})


def tensors(make: Callable[..., Any], arrays: list[np.ndarray], dtype: str, constants: tuple[int, ...]) -> list[Any]:
    """The arrays as tensors, floating ones in `dtype` and, but for the constants, wanting gradients."""
    return [
        make(array.astype(dtype), requires_grad=position not in constants) if array.dtype.kind == "f" else make(array)
        for position, array in enumerate(arrays)
    ]


def assert_equal(ours: Any, theirs: Any, limit: float, what: str) -> None:
    """One of our tensors equals one of PyTorch's."""
    assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1], what
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=limit, atol=limit, err_msg=what)


def compare(
    torch: Any,
    ours: Any,
    theirs: Any,
    arrays: list[np.ndarray],
    dtype: str,
    constants: tuple[int, ...] = (),
    limit: float | None = None,
) -> None:
    """Outputs, the gradients of inputs and parameters, and buffers are equal."""
    limit = limit or TOLERANCE[dtype]
    if isinstance(ours, Module):
        ours.to(as_dtype(dtype))
        theirs.to(getattr(torch, dtype))
        same_weights(ours, theirs)
    mine, its = tensors(tensor, arrays, dtype, constants), tensors(torch.tensor, arrays, dtype, constants)
    output, expected = ours(*mine), theirs(*its)
    assert_equal(output, expected, limit, "output")
    cotangent = np.random.default_rng(3).normal(size=tuple(expected.shape)).astype(dtype)
    output.backward(tensor(cotangent))
    expected.backward(torch.tensor(cotangent))
    for position, (one, other) in enumerate(zip(mine, its, strict=True)):
        if other.grad is not None:
            assert_equal(one.grad, other.grad, limit, f"gradient of input {position}")
    if isinstance(ours, Module):
        for (name, parameter), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
            assert_equal(parameter.grad, other.grad, limit, f"gradient of {name}")
        for (name, buffer), other in zip(ours.named_buffers(), theirs.buffers(), strict=True):
            assert_equal(buffer, other, limit, name)
