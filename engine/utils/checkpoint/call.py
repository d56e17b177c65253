"""checkpoint and checkpoint_sequential: what people call."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from engine.autograd.modes import modes
from engine.utils.checkpoint.reentrant import run_reentrant
from engine.utils.checkpoint.region import Region, no_context

_UNSAID = (
    "checkpoint: the use_reentrant parameter should be passed explicitly. use_reentrant=False is recommended; without "
    "it, it is True as in PyTorch."
)


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = no_context,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """What `function(*args, **kwargs)` gives; backward computes again what it needs, for time instead of memory.

    The function has to give the same again. What it draws from generators is the same both times, unless
    `preserve_rng_state` is False; buffers that it writes, as running statistics, are written once. `use_reentrant`
    chooses a backward that runs inside the first one: it needs an argument that requires grad, and adds to leaves
    alone. `context_fn` gives contexts for both runs; `determinism_check="none"` does not compare what they keep;
    `early_stop` ends the second run when all is there that backward needs. Raises ValueError for arguments that don't
    go together, CheckpointError when the second run differs.
    """
    if use_reentrant is None:
        warnings.warn(_UNSAID, stacklevel=2)
        use_reentrant = True
    if use_reentrant:
        if kwargs:
            raise ValueError(
                f"Unexpected keyword arguments: {','.join(kwargs)}; with use_reentrant=True arguments go by position"
            )
        if context_fn is not no_context or debug:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return run_reentrant(function, args, preserve_rng_state)
    if debug:
        raise NotImplementedError("checkpoint: debug=True is not supported; errors name the tensor that differs")
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of 'default', 'none', but got {determinism_check!r}")
    if not modes.state.grad:
        return function(*args, **kwargs)
    compares = determinism_check == "default"
    return Region(function, context_fn(), compares, early_stop, preserve_rng_state).run(args, kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Run functions, or the children of a Sequential, one after the other in `segments` parts under `checkpoint`.

    The last part keeps what it needs, as backward begins there (torch.utils.checkpoint.checkpoint_sequential).
    """
    if use_reentrant is None:
        warnings.warn(_UNSAID, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    steps = list(functions.children() if hasattr(functions, "children") else functions)
    size = len(steps) // segments
    for start in range(0, size * (segments - 1), size):
        part = _in_a_row(steps[start : start + size])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _in_a_row(steps[size * (segments - 1) :])(input)


def _in_a_row(steps: Iterable[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def run(input: Any) -> Any:
        for step in steps:
            input = step(input)
        return input

    return run
