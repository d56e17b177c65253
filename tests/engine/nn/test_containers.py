"""Containers: list and dict behaviour, names, and what they register."""

from collections import OrderedDict

import pytest

from engine.creation import ones, zeros
from engine.nn.containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from engine.nn.layers import Identity, Linear, ReLU, Tanh
from engine.nn.parameter import Parameter


def kinds(modules: object) -> list[str]:
    return [type(module).__name__ for module in modules]  # type: ignore[attr-defined]


def test_sequential_runs_its_modules_in_order() -> None:
    model = Sequential(Linear(2, 3), Identity())
    assert model(ones(4, 2)).shape == (4, 3)
    assert [name for name, _ in Sequential(OrderedDict(a=ReLU(), b=Tanh())).named_children()] == ["a", "b"]


def test_sequential_is_edited_like_a_list() -> None:
    model = Sequential(ReLU(), Tanh())
    model.append(Identity()).extend([ReLU()])
    model.insert(1, Linear(1, 1))
    assert kinds(model) == ["ReLU", "Linear", "Tanh", "Identity", "ReLU"]
    assert list(model.state_dict()) == ["1.weight", "1.bias"]
    assert isinstance(model.pop(1), Linear)
    del model[0]
    model[-1] = Identity()
    assert kinds(model) == ["Tanh", "Identity", "Identity"]
    assert list(model._modules) == ["0", "1", "2"]
    assert kinds(model[1:]) == ["Identity", "Identity"]
    assert list(model[1:]._modules) == ["1", "2"]
    assert kinds(model + Sequential(ReLU())) == ["Tanh", "Identity", "Identity", "ReLU"]
    with pytest.raises(IndexError, match="index 3 is out of range"):
        model[3]


def test_insert_returns_the_container_as_append_does() -> None:
    model = Sequential(ReLU())
    assert model.insert(0, ReLU()).append(ReLU()) is model
    assert len(model) == 3


def test_module_list() -> None:
    modules = ModuleList([ReLU(), Tanh()]) + ModuleList([Identity()])
    modules += [ReLU()]
    assert len(modules) == 4
    assert list(modules[1:]._modules) == ["0", "1", "2"]
    assert modules[-1] is list(modules)[3]
    assert modules[0] in modules
    with pytest.raises(TypeError, match="should be called with an iterable, but got int"):
        modules.extend(3)


def test_module_dict() -> None:
    modules = ModuleDict({"a": ReLU()})
    modules.update([("b", Tanh())])
    modules["c"] = Linear(1, 2)
    assert list(modules) == list(modules.keys()) == ["a", "b", "c"]
    assert kinds(modules.values()) == ["ReLU", "Tanh", "Linear"]
    assert "b" in modules
    assert isinstance(modules.pop("b"), Tanh)
    del modules["a"]
    assert dict(modules.items()) == {"c": modules["c"]}
    assert list(modules.state_dict()) == ["c.weight", "c.bias"]
    modules.clear()
    assert len(modules) == 0


def test_parameter_list() -> None:
    parameters = ParameterList([ones(2), Parameter(zeros(1))])
    parameters.append(ones(3)).extend(["text"])
    assert [name for name, _ in parameters.named_parameters()] == ["0", "1", "2"]
    assert parameters[-1] == "text"
    assert isinstance(parameters[0], Parameter)
    parameters[1] = ones(5)
    assert [value.shape for value in parameters[:3]] == [(2,), (5,), (3,)]
    assert len(parameters) == 4


def test_parameter_dict() -> None:
    parameters = ParameterDict({"a": ones(2)})
    parameters["b"] = zeros(1)
    assert isinstance(parameters["b"], Parameter)
    assert parameters.setdefault("c", 3) == 3
    assert parameters.get("d") is None
    assert list(parameters.items())[2] == ("c", 3)
    assert list(parameters.state_dict()) == ["a", "b"]
    parameters.pop("a")
    assert "a" not in parameters
    assert list(parameters) == list(parameters.keys()) == ["b", "c"]
    with pytest.raises(KeyError, match="a"):
        parameters["a"]
    parameters.clear()
    assert len(parameters) == 0


def test_a_plain_mapping_gives_parameters_in_the_order_of_their_names() -> None:
    values = {"b": zeros(1), "a": ones(2)}
    assert list(ParameterDict(values)) == ["a", "b"]
    assert list(ParameterDict(OrderedDict(values))) == ["b", "a"]
    assert list(ParameterDict(values.items())) == ["b", "a"]
    with pytest.raises(TypeError, match=r"ParameterDict\.update wants a mapping .* but got int"):
        ParameterDict(3)  # type: ignore[arg-type]


def test_parameter_dicts_are_joined_and_copied_like_dicts() -> None:
    first, second = ParameterDict({"a": ones(1)}), ParameterDict({"b": ones(2), "a": zeros(1)})
    joined = first | second
    assert list(joined) == ["a", "b"]
    assert joined["a"] is second["a"]
    assert list(reversed(joined)) == ["b", "a"]
    copy = joined.copy()
    assert copy.popitem() == ("b", second["b"])
    assert list(joined) == ["a", "b"]
    first |= second
    assert first["b"] is second["b"]
    assert first.fromkeys(["x", "y"]).get("y") is None


def test_a_sequence_is_repeated_by_its_own_modules() -> None:
    model = Sequential(Linear(2, 2), ReLU())
    twice = model * 2
    assert kinds(twice) == ["Linear", "ReLU"] * 2
    assert twice[0] is twice[2]
    assert len(2 * model) == 4
    model *= 3
    assert len(model) == 6
    with pytest.raises(ValueError, match="Non-positive multiplication factor 0"):
        model * 0
    with pytest.raises(TypeError, match="unsupported operand"):
        model * 1.5  # type: ignore[operator]
