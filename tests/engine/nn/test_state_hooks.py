"""Hooks around the state dict: what they are called with and in which order, here and in PyTorch."""

from typing import Any

import pytest

import engine
from engine import nn


def story(library: Any) -> list[Any]:
    """What the hooks of a model and its layer see, in order."""
    told: list[Any] = []
    model = library.Sequential(library.Linear(2, 1), library.Sequential(library.Linear(1, 1, bias=False)))
    for name, module in (("model", model), ("layer", model[0]), ("inner", model[1][0])):

        def giving(module: Any, prefix: str, keep_vars: bool, name: str = name) -> None:
            told.append(("giving", name, prefix, keep_vars))

        def given(module: Any, state: Any, prefix: str, metadata: Any, name: str = name) -> None:
            told.append(("given", name, prefix, list(state)))

        def taken(module: Any, incompatible: Any, name: str = name) -> None:
            told.append(("taken", name, list(incompatible.missing_keys), list(incompatible.unexpected_keys)))

        module.register_state_dict_pre_hook(giving)
        module.register_state_dict_post_hook(given)
        module.register_load_state_dict_post_hook(taken)
    state = model.state_dict(prefix="net.", keep_vars=True)
    told.append(list(state))
    model.load_state_dict({key.removeprefix("net."): value for key, value in state.items()})
    return told


def test_a_hook_renames_keys_before_they_are_loaded() -> None:
    layer = nn.Linear(2, 1)

    def rename(module: Any, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        if f"{prefix}kernel" in state:
            state[f"{prefix}weight"] = state.pop(f"{prefix}kernel")

    handle = layer.register_load_state_dict_pre_hook(rename)
    model = nn.Sequential(layer)
    given = {"0.kernel": engine.ones(1, 2), "0.bias": engine.zeros(1)}
    model.load_state_dict(given)
    assert layer.weight.tolist() == [[1, 1]]
    assert "0.kernel" in given
    handle.remove()
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0.weight"'):
        model.load_state_dict(given)


def test_hooks_may_report_and_forgive() -> None:
    layer = nn.Linear(2, 1)
    layer.register_load_state_dict_pre_hook(
        lambda module, state, prefix, data, strict, no, yes, errors: errors.append("no!")
    )
    with pytest.raises(RuntimeError, match="no!"):
        layer.load_state_dict(layer.state_dict())
    model = nn.Linear(2, 1)
    model.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    assert model.load_state_dict({"weight": engine.ones(1, 2)}).missing_keys == []


@pytest.mark.parity
def test_hooks_are_called_as_in_torch() -> None:
    torch = pytest.importorskip("torch")
    assert story(nn) == story(torch.nn)
