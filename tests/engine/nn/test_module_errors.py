"""An error that a layer raises names the layer; ops know the module they run in."""

from typing import Any

import pytest

from engine.autograd.modes import modes
from engine.autograd.scope import current_scope
from engine.creation import ones
from engine.nn.containers import ModuleDict, ModuleList, Sequential
from engine.nn.layers import Linear, ReLU
from engine.nn.module import Module, failed_module


class Spy(Module):
    def forward(self, input: Any) -> Any:
        self.seen = current_scope()
        return input * 2


class Holder(Module):
    def __init__(self) -> None:
        super().__init__()
        self.stages = ModuleList([ModuleDict({"spy": Spy()})])
        self.body = Sequential(Spy(), Spy())
        self.stages.append(ModuleDict({"other": Spy()}))

    def forward(self, input: Any) -> Any:
        for stage in self.stages[:2]:
            for module in stage.values():
                input = module(input)
        return self.body(input)


def test_scopes_are_the_paths_of_named_modules() -> None:
    model = Holder()
    output = model(ones(1, requires_grad=True))
    spies = {name: module.seen for name, module in model.named_modules() if isinstance(module, Spy)}
    assert spies == {name: name for name in spies}
    assert len(spies) == 4
    assert output.node.scope == ("body", "1")
    assert modes.state.scope == ()


def test_the_innermost_failing_layer_is_named_once() -> None:
    model = Sequential(Linear(4, 8), ReLU(), Sequential(Linear(9, 2, bias=False)))
    with pytest.raises(RuntimeError, match=r"cannot be multiplied \(3x8 and 9x2\)") as caught:
        model(ones(3, 4))
    assert failed_module(caught.value) == "2.0 (Linear(in_features=9, out_features=2, bias=False))"
    assert len(caught.value.__notes__) == 1
    assert modes.state.scope == ()


def test_a_failure_of_the_root_and_of_none() -> None:
    with pytest.raises(RuntimeError) as caught:
        Linear(4, 8)(ones(3, 5))
    assert failed_module(caught.value) == "Linear(in_features=4, out_features=8, bias=True)"
    assert failed_module(ValueError("outside")) is None


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r'Module \[ModuleList\] is missing the required "forward" function'):
        ModuleList()(1)
