"""A module of ours beside its PyTorch twin: same weights, then outputs and gradients compared."""

from typing import Any

import numpy as np

from engine.creation import tensor
from engine.nn.module import Module

TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


def same_weights(ours: Module, theirs: Any) -> None:
    """Check that the state dicts agree in keys and shapes, then load PyTorch's into ours."""
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    assert [tuple(value.shape) for value in ours.state_dict().values()] == [tuple(value.shape) for value in state.values()]
    ours.load_state_dict({key: tensor(value.numpy()) for key, value in state.items()})


def in_torch(torch: Any, array: np.ndarray, dtype: str) -> Any:
    """The array as PyTorch's tensor that wants a gradient, if it is floating."""
    if array.dtype.kind != "f":
        return torch.tensor(array)
    return torch.tensor(array.astype(dtype), requires_grad=True)


def in_ours(array: np.ndarray, dtype: str) -> Any:
    """The array as our tensor that wants a gradient, if it is floating."""
    if array.dtype.kind != "f":
        return tensor(array)
    return tensor(array.astype(dtype), requires_grad=True)


def assert_equal(ours: Any, theirs: Any, dtype: str, what: str) -> None:
    """One of our tensors equals one of PyTorch's."""
    assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1], what
    limit = TOLERANCE[dtype]
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=limit, atol=limit, err_msg=what)


def compare(torch: Any, ours: Any, theirs: Any, arrays: list[np.ndarray], dtype: str) -> None:
    """Outputs and the gradients of inputs and parameters are equal."""
    if isinstance(ours, Module):
        getattr(ours, {"float64": "double", "float32": "float"}[dtype])()
        theirs.to(getattr(torch, dtype))
        same_weights(ours, theirs)
    mine, its = [in_ours(array, dtype) for array in arrays], [in_torch(torch, array, dtype) for array in arrays]
    output, expected = ours(*mine), theirs(*its)
    assert_equal(output, expected, dtype, "output")
    cotangent = np.random.default_rng(3).normal(size=tuple(expected.shape)).astype(dtype)
    output.backward(tensor(cotangent))
    expected.backward(torch.tensor(cotangent))
    for position, (tensor_of_ours, tensor_of_theirs) in enumerate(zip(mine, its, strict=True)):
        if tensor_of_theirs.grad is not None:
            assert_equal(tensor_of_ours.grad, tensor_of_theirs.grad, dtype, f"gradient of input {position}")
    if isinstance(ours, Module):
        for (name, parameter), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
            assert_equal(parameter.grad, other.grad, dtype, f"gradient of {name}")
        for (name, buffer), other in zip(ours.named_buffers(), theirs.buffers(), strict=True):
            limit = TOLERANCE[dtype]
            np.testing.assert_allclose(buffer.numpy(), other.numpy(), rtol=limit, atol=limit, err_msg=name)
