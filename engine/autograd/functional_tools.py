"""What the functions of `functional` share: tuples of tensors in and out, missing gradients, what `strict` refuses."""

from __future__ import annotations

from typing import Any

from engine.autograd.gradients import grad
from engine.autograd.tensor_base import TensorBase

Tensors = tuple[Any, ...]

# What an absent gradient means, by the walk in which it is absent; {0} is the number of the input.
_ABSENT = {
    "back": "The output of the user-provided function is independent of input {0}.",
    "back_trick": "The gradient with respect to the input is independent of entry {0} in the grad_outputs when using "
    "the double backward trick to compute forward mode gradients.",
    "double_back": "The jacobian of the user-provided function is independent of input {0}.",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {0} in the grad_jacobian.",
}
_WITHOUT_HISTORY = {
    "outputs": "Output {0} of the user-provided function does not require gradients: it must be computed in a "
    "differentiable manner from the input.",
    "grad_inputs": "The gradient with respect to input {0} is independent of the inputs of the user-provided function.",
    "jacobian": "While computing the hessian, found that the jacobian of the user-provided function with respect to "
    "input {0} is independent of the input, as for a linear function.",
}
_REFUSED = "This is not allowed in strict mode"


def tensors_of(value: Any, role: str, name: str) -> tuple[bool, Tensors]:
    """Whether a value is a tuple, and its tensors; TypeError for anything else."""
    several = isinstance(value, tuple)
    values = value if several else (value,)
    for position, each in enumerate(values):
        if not isinstance(each, TensorBase):
            which = f"value at index {position}" if several else f"given {role}"
            raise TypeError(
                f"The {role} given to {name} must be either a Tensor or a tuple of Tensors but the {which} has type "
                f"{type(each)}."
            )
    return several, values


def like(values: Tensors, several: bool) -> Any:
    """The tuple, or what it holds where there was none."""
    return values if several else values[0]


def asked(inputs: Any, name: str, create_graph: bool) -> tuple[bool, Tensors]:
    """The points at which to differentiate: new tensors, so that what a function knows besides them is not meant."""
    several, values = tensors_of(inputs, "inputs", name)
    return several, tuple(
        each.view_as(each) if create_graph and each.requires_grad else each.detach().requires_grad_() for each in values
    )


def vector_for(v: Any, others: Tensors, several: bool, name: str, create_graph: bool, alone: str) -> Tensors | None:
    """The vector to multiply with, shaped like `others`; None where one number needs none. Else RuntimeError."""
    if v is None:
        if len(others) != 1 or others[0].numel() != 1:
            raise RuntimeError(f"The vector v can only be None if the {alone} a single Tensor with a single element.")
        return None
    _, values = tensors_of(v, "v", name)
    if len(values) != len(others):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(others)} but got {len(values)}."
            if several
            else "The given v should contain a single Tensor."
        )
    for position, (each, other) in enumerate(zip(values, others, strict=True)):
        if each.shape != other.shape:
            which = f"Entry {position} in " if several else ""
            raise RuntimeError(f"{which}v has invalid size: should be {list(other.shape)} but got {list(each.shape)}.")
    return tuple(each.view_as(each) if create_graph and each.requires_grad else each.detach() for each in values)


def scalar(value: Any, name: str, strict: bool) -> Any:
    """The one number that a function gave, as a 0-d tensor; RuntimeError for more."""
    several, outputs = tensors_of(value, "outputs of the user-provided function", name)
    differentiable(outputs, "outputs", strict)
    if several:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element, got "
            f"{list(outputs[0].shape)}"
        )
    return outputs[0].squeeze() if name == "hessian" else outputs[0]


def differentiable(tensors: Tensors, kind: str, strict: bool) -> None:
    """In strict mode, raise RuntimeError for a tensor without history."""
    for position, each in enumerate(tensors if strict else ()):
        if each is None:
            raise RuntimeError(f"{_ABSENT['back'].format(position)} {_REFUSED}.")
        if not each.requires_grad:
            raise RuntimeError(f"{_WITHOUT_HISTORY[kind].format(position)} {_REFUSED}.")


def differentiated(
    outputs: Tensors, points: Tensors, vector: Tensors | None, create_graph: bool, retain_graph: bool | None = None
) -> Tensors:
    """The gradients of those outputs that have a history; None where there is none."""
    vectors = vector or (None,) * len(outputs)
    pairs = [
        (output, each)
        for output, each in zip(outputs, vectors, strict=True)
        if output is not None and output.requires_grad
    ]
    if not pairs:
        return (None,) * len(points)
    starts, given = zip(*pairs, strict=True)
    return grad(starts, points, given, retain_graph, create_graph, allow_unused=True)


def filled(gradients: Tensors, points: Tensors, strict: bool, create_graph: bool, walk: str) -> Tensors:
    """Gradients with zeros for those that are absent, which `strict` refuses."""
    whole = []
    for position, (each, point) in enumerate(zip(gradients, points, strict=True)):
        if strict and each is None:
            raise RuntimeError(f"{_ABSENT[walk].format(position)} {_REFUSED}.")
        if strict and create_graph and not each.requires_grad:
            what = "hessian" if "double" in walk else "jacobian"
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {position}. {_REFUSED} when "
                "create_graph=True."
            )
        whole.append(point.new_zeros(point.shape) if each is None else each)
    return tuple(whole)


def finished(tensors: Tensors, create_graph: bool) -> Tensors:
    """The tensors, without history unless it was asked for."""
    return tensors if create_graph else tuple(each.detach() for each in tensors)
