"""Spectral normalisation by a hook, as PyTorch had it first; `parametrizations.spectral_norm` is the newer way."""

from __future__ import annotations

from typing import Any

from engine.nn.parameter import Parameter, UninitializedTensor
from engine.nn.utils.power_iteration import as_matrix, largest, step_left, step_right, unit_vector
from engine.nn.utils.weight_hooks import AnyModule, add_hook, take_hook


class SpectralNorm:
    """Computes `name` as `name_orig` / σ before each forward, σ by power iteration of `name_u` and `name_v`."""

    function_name = "spectral_norm"

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Any:
        """The weight divided by its largest singular value, after as many rounds as told or none."""
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = as_matrix(weight, self.dim)
        for _ in range(self.n_power_iterations if do_power_iteration else 0):
            step_right(matrix, u, v, self.eps)
            step_left(matrix, u, v, self.eps)
        return weight / largest(matrix, u, v)

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(
    module: AnyModule, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> AnyModule:
    """Divide a weight by its largest singular value before each forward; training iterates (torch.nn.utils).

    The matrix has one row for each slice along `dim`: 0, or 1 for transposed convolutions. The parameter is called
    `weight_orig`, the vectors are the buffers `weight_u` and `weight_v`. Raises ValueError for a weight that is None or
    has no shape yet.
    """
    hook = SpectralNorm(
        name, n_power_iterations, int(getattr(module, "transposed", False)) if dim is None else dim, eps
    )
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    if isinstance(weight, UninitializedTensor):
        raise ValueError(
            f"The module passed to spectral_norm can't have uninitialized parameters, but {name} is one: run a forward "
            "with an example before."
        )
    add_hook(module, hook)
    rows, columns = as_matrix(weight, hook.dim).shape
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.detach())
    module.register_buffer(f"{name}_u", unit_vector(weight, rows, eps))
    module.register_buffer(f"{name}_v", unit_vector(weight, columns, eps))
    return module


def remove_spectral_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Make the weight a parameter again; raises ValueError if it was not normalised here."""
    hook = take_hook(module, SpectralNorm, name)
    weight = hook.compute_weight(module, do_power_iteration=False).detach()
    for each in (name, f"{name}_u", f"{name}_v", f"{name}_orig"):
        delattr(module, each)
    module.register_parameter(name, Parameter(weight))
    return module
