"""State dicts: what they hold, how they load, what a load refuses, and how modules are copied."""

import copy
import warnings
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

from engine import nn
from engine.creation import ones, tensor, zeros
from engine.nn.containers import ModuleList
from engine.nn.module import Module
from engine.nn.parameter import Buffer, Parameter


class Block(Module):
    def __init__(self, fill: float = 1.0) -> None:
        super().__init__()
        self.weight = Parameter(zeros(2, 3) + fill)
        self.register_parameter("bias", None)
        self.steps = Buffer(tensor(7))
        self.cache = Buffer(zeros(4), persistent=False)


class Model(Module):
    def __init__(self, fill: float = 1.0) -> None:
        super().__init__()
        self.gain = Parameter(zeros(()) + fill)
        self.blocks = ModuleList([Block(fill), Block(fill)])
        self.tied = self.blocks[0]


KEYS = ["gain", "blocks.0.weight", "blocks.0.steps", "blocks.1.weight", "blocks.1.steps", "tied.weight", "tied.steps"]


def test_keys_are_dotted_names_of_parameters_and_persistent_buffers() -> None:
    model = Model()
    state = model.state_dict()
    assert list(state) == KEYS
    assert not any(value.requires_grad for value in state.values())
    assert state["blocks.0.weight"].data_ptr() == model.blocks[0].weight.data_ptr()
    assert list(model.state_dict(prefix="net.")) == [f"net.{key}" for key in KEYS]
    assert model.state_dict(keep_vars=True)["gain"] is model.gain
    into: OrderedDict[str, Any] = OrderedDict(before=1)
    assert model.state_dict(destination=into) is into
    assert list(into) == ["before", *KEYS]


def test_loading_copies_values_into_the_same_parameters() -> None:
    source, target = Model(2.0), Model(0.0)
    weight, memory = target.blocks[1].weight, target.blocks[1].weight.data_ptr()
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert target.blocks[1].weight is weight
    assert weight.data_ptr() == memory
    for key, value in target.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), source.state_dict()[key].numpy())
    source.gain.data.add_(1)
    assert target.gain.item() == 2


def test_loading_converts_types_and_takes_one_element_for_a_scalar() -> None:
    model = Model()
    state = Model(3.0).double().state_dict()
    state["gain"] = tensor([5.0])
    model.load_state_dict(state)
    assert model.blocks[0].weight.tolist() == [[3.0] * 3] * 2
    assert str(model.blocks[0].weight.dtype) == "engine.float32"
    assert model.gain.item() == 5


def test_a_strict_load_lists_all_that_is_wrong_and_loads_the_rest() -> None:
    model = Model()
    state = Model(4.0).state_dict()
    del state["blocks.0.weight"], state["tied.weight"]
    state["extra"] = state["blocks.2.weight"] = zeros(1)
    state["blocks.1.weight"] = zeros(3, 2)
    state["blocks.0.steps"] = 3
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(state)
    assert str(caught.value).split("\n\t") == [
        "Error(s) in loading state_dict for Model:",
        'Missing key(s) in state_dict: "blocks.0.weight", "tied.weight". ',
        'Unexpected key(s) in state_dict: "extra", "blocks.2.weight". ',
        "While copying the parameter named \"blocks.0.steps\", expected a tensor from checkpoint but got <class 'int'>",
        "size mismatch for blocks.1.weight: copying a param with shape [3, 2] from checkpoint, "
        "the shape in current model is [2, 3].",
    ]


def test_a_loose_load_returns_the_keys_that_did_not_match() -> None:
    model = Model()
    result = model.load_state_dict({"gain": zeros(()), "extra": zeros(1)}, strict=False)
    assert result.missing_keys == KEYS[1:]
    assert result.unexpected_keys == ["extra"]
    assert model.gain.item() == 0
    with pytest.raises(RuntimeError, match="size mismatch for gain"):
        model.load_state_dict({"gain": zeros(2)}, strict=False)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like"):
        model.load_state_dict([("gain", 1)])  # type: ignore[arg-type]


def test_assign_takes_the_tensors_themselves() -> None:
    model = Model()
    model.gain.requires_grad_(False)
    given = Model(3.0).state_dict()
    model.load_state_dict(given, assign=True)
    assert isinstance(model.gain, Parameter)
    assert not model.gain.requires_grad
    assert model.blocks[0].weight.requires_grad
    assert model.blocks[0].weight.data_ptr() == given["tied.weight"].data_ptr()


def test_loading_into_meta_warns_unless_assigned() -> None:
    model = Model().to("meta")
    with pytest.warns(UserWarning, match="for gain: copying from a non-meta parameter"):
        model.load_state_dict({"gain": zeros(())}, strict=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.load_state_dict(Model(2.0).state_dict(), assign=True)
    assert model.gain.item() == 2


def test_a_deep_copy_shares_nothing_but_keeps_what_is_shared_inside() -> None:
    model = Model()
    (model.gain * 2).backward()
    twin = copy.deepcopy(model)
    assert twin.tied is twin.blocks[0]
    assert isinstance(twin.gain, Parameter)
    assert isinstance(twin.tied.steps, Buffer)
    assert [name for name, _ in twin.named_parameters()] == [name for name, _ in model.named_parameters()]
    with_values = twin.state_dict()
    model.gain.data.add_(9)
    assert with_values["gain"].item() == 1
    assert all(mine is not its for mine, its in zip(model.parameters(), twin.parameters(), strict=True))


def test_a_parameter_shares_the_memory_of_its_data() -> None:
    data = ones(3)
    parameter = Parameter(data)
    assert parameter.requires_grad
    assert not data.requires_grad
    data.add_(1)
    assert parameter.tolist() == [2, 2, 2]
    assert type(parameter * 2) is type(data)
    assert repr(parameter).startswith("Parameter containing:\ntensor([2., 2., 2.]")
    assert Parameter().shape == (0,)
    with pytest.raises(RuntimeError, match="floating point"):
        Parameter(tensor([1, 2]))


class Counted(nn.Linear):
    """A layer with a state that is no tensor."""

    def __init__(self) -> None:
        super().__init__(2, 1)
        self.seen = 0

    def get_extra_state(self) -> dict[str, int]:
        return {"seen": self.seen}

    def set_extra_state(self, state: dict[str, int]) -> None:
        self.seen = state["seen"]


def test_extra_state_goes_along_under_its_own_key() -> None:
    model, twin = nn.Sequential(Counted(), Counted()), nn.Sequential(Counted(), Counted())
    model[1].seen = 3
    state = model.state_dict()
    assert state["1._extra_state"] == {"seen": 3}
    twin.load_state_dict(state)
    assert (twin[0].seen, twin[1].seen) == (0, 3)
    del state["0._extra_state"]
    with pytest.raises(RuntimeError, match=r'Missing key.*"0\._extra_state"'):
        twin.load_state_dict(state)
    with pytest.raises(RuntimeError, match=r'Unexpected key.*"1\._extra_state"'):
        nn.Sequential(nn.Linear(2, 1), nn.Linear(2, 1)).load_state_dict(model.state_dict())
    with pytest.raises(RuntimeError, match="get_extra_state"):
        nn.Linear(1, 1).get_extra_state()


def test_a_module_is_put_at_a_dotted_name() -> None:
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    new = nn.Tanh()
    model.set_submodule("0.1", new)
    assert model[0][1] is new
    model.set_submodule("0.extra", nn.Identity())
    assert isinstance(model.get_submodule("0.extra"), nn.Identity)
    no_module: Any = 3
    for call, kind, words in (
        (lambda: model.set_submodule("", new), ValueError, "target name"),
        (lambda: model.set_submodule("0.1", no_module), ValueError, "int"),
        (lambda: model.set_submodule("5.1", new), AttributeError, "`5`"),
        (lambda: model.set_submodule("0.more", new, strict=True), AttributeError, "`more`"),
        (lambda: model.set_submodule("0.0.weight", new), AttributeError, "`weight`"),
    ):
        with pytest.raises(kind, match=words):
            call()
