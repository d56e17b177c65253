"""An entry run by the engine and by PyTorch, and all that can be seen of it compared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.backend.dtype import as_dtype
from tests.engine.nn.catalogue.entry import FLOAT32, Entry
from tests.engine.nn.torch_twins import assert_equal, tensors

torch = pytest.importorskip("torch")


def as_ours(text: str) -> str:
    """PyTorch's text under our names: a Linear that must not be quantised, its old name of a type, and its own name."""
    text = text.replace("NonDynamicallyQuantizableLinear", "Linear").replace("FloatTensor", "float32")
    return text.replace("torch.", "engine.")


def check_entry(entry: Entry, dtype: str, folder: Path) -> None:
    """Text, state dicts, outputs, gradients of inputs and parameters, and buffers, in each mode of the entry."""
    ours, theirs = entry.made(engine), entry.made(torch)
    if entry.first:
        _check_texts(ours, theirs)
        for library, module in ((engine, ours), (torch, theirs)):
            entry.call(library, module, *tensors(library.tensor, list(entry.inputs), "float32", ()))
    _check_texts(ours, theirs)
    ours.to(as_dtype(dtype))
    theirs.to(getattr(torch, dtype))
    carry_over(ours, theirs, folder)
    for training in entry.modes:
        ours.train(training)
        theirs.train(training)
        ours.zero_grad()
        theirs.zero_grad()
        _check_step(entry, ours, theirs, dtype)


def _check_texts(ours: Any, theirs: Any) -> None:
    _agree(repr(ours), as_ours(repr(theirs)), "text")
    _agree(list(ours.state_dict()), list(theirs.state_dict()), "keys")
    _agree([name for name, _ in ours.named_modules()], [name for name, _ in theirs.named_modules()], "modules")


def carry_over(ours: Any, theirs: Any, folder: Path) -> None:
    """Draw all of PyTorch's state anew, and load it into ours by way of a file that PyTorch's own package writes."""
    from safetensors.torch import save_file  # needs PyTorch

    torch.manual_seed(3)
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, 0.1, 0.4)
    for buffer in theirs.buffers():
        if buffer.is_floating_point():
            torch.nn.init.uniform_(buffer, 0.5, 1.5)
    state, mine = theirs.state_dict(), ours.state_dict()
    _agree(list(mine), list(state), "keys")
    for key, value in state.items():
        _agree(tuple(mine[key].shape), tuple(value.shape), f"shape of {key}")
        _agree(_name(mine[key].dtype), _name(value.dtype), f"dtype of {key}")
    save_file({key: value.clone().contiguous() for key, value in state.items()}, folder / "state.safetensors")
    answer = ours.load_state_dict(engine.safetensors.load_file(folder / "state.safetensors"), strict=True)
    _agree(answer.missing_keys + answer.unexpected_keys, [], "keys that fit nowhere")


def _check_step(entry: Entry, ours: Any, theirs: Any, dtype: str) -> None:
    limit = entry.limit if dtype == "float64" else max(FLOAT32, entry.limit)
    arrays, constants = list(entry.inputs), entry.constants
    mine, its = (tensors(library.tensor, arrays, dtype, constants) for library in (engine, torch))
    results = dict(tensors_of(entry.call(engine, ours, *mine)))
    expected = dict(tensors_of(entry.call(torch, theirs, *its)))
    _agree(list(results), list(expected), "places of outputs")
    for place, wanted in expected.items():
        _agree(tuple(results[place].shape), tuple(wanted.shape), f"shape of output{place}")
        _agree(results[place].requires_grad, wanted.requires_grad, f"need of a gradient of output{place}")
        assert_equal(results[place], wanted, limit, f"output{place}")
    for library, given in ((engine, results), (torch, expected)):
        _weighted_sum(library, given, dtype).backward()
    for position, (one, other) in enumerate(zip(mine, its, strict=True)):
        _check_gradients(one, other, limit, f"gradient of input {position}")
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        _agree(one.requires_grad, other.requires_grad, f"need of a gradient of {name}")
        _check_gradients(one, other, limit, f"gradient of {name}")
    for (name, one), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        assert_equal(one, other, limit, f"{name} after the step")


def tensors_of(result: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The tensors of a result, each with its place in it."""
    if isinstance(result, dict):
        parts = list(result.items())
    elif isinstance(result, tuple | list):
        parts = list(enumerate(result))
    else:
        if result is not None:
            yield place, result
        return
    for key, each in parts:
        yield from tensors_of(each, f"{place}.{key}")


def _weighted_sum(library: Any, results: dict[str, Any], dtype: str) -> Any:
    rng, total = np.random.default_rng(3), 0
    for each in results.values():
        weights = rng.normal(size=tuple(each.shape)).astype(dtype)
        if each.requires_grad:
            total = total + (each * library.tensor(weights)).sum()
    return total


def _agree(ours: Any, theirs: Any, what: str) -> None:
    assert ours == theirs, f"{what}: {ours} here, {theirs} in PyTorch"


def _name(dtype: Any) -> str:
    return str(dtype).split(".")[1]


def _check_gradients(ours: Any, theirs: Any, limit: float, what: str) -> None:
    _agree(ours.grad is None, theirs.grad is None, f"absence of the {what}")
    if theirs.grad is not None:
        assert_equal(ours.grad, theirs.grad, limit, what)
