"""Modules register what is assigned to them, and walk their tree with each shared part once."""

from collections.abc import Iterator
from typing import Any

import pytest

from engine.creation import ones, tensor, zeros
from engine.nn.containers import ModuleDict, ModuleList
from engine.nn.module import Module
from engine.nn.parameter import Buffer, Parameter


class Leaf(Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = Parameter(ones(2))
        self.register_buffer("count", zeros(1))


class Tree(Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = Parameter(ones(()))
        self.first = Leaf()
        self.twin = self.first
        self.rest = ModuleList([Leaf(), Leaf()])


def names(pairs: Iterator[tuple[str, object]]) -> list[str]:
    return [name for name, _ in pairs]


def test_names_follow_the_order_of_assignment_and_shared_modules_come_once() -> None:
    tree = Tree()
    assert names(tree.named_children()) == ["first", "rest"]
    assert names(tree.named_modules()) == ["", "first", "rest", "rest.0", "rest.1"]
    assert names(tree.named_parameters()) == ["scale", "first.weight", "rest.0.weight", "rest.1.weight"]
    assert names(tree.named_buffers()) == ["first.count", "rest.0.count", "rest.1.count"]
    assert names(tree.named_parameters(recurse=False)) == ["scale"]
    assert names(tree.named_parameters(prefix="model")) == [f"model.{name}" for name in names(tree.named_parameters())]
    assert len(list(tree.parameters())) == 4
    assert len(list(tree.modules())) == 5


def test_duplicates_are_told_when_asked_for() -> None:
    tree = Tree()
    assert names(tree.named_modules(remove_duplicate=False)) == ["", "first", "twin", "rest", "rest.0", "rest.1"]
    assert "twin.weight" in names(tree.named_parameters(remove_duplicate=False))


def test_a_parameter_held_by_two_modules_comes_once() -> None:
    first, second = Leaf(), Leaf()
    second.weight = first.weight
    assert names(ModuleList([first, second]).named_parameters()) == ["0.weight"]


def test_assignment_replaces_and_moves_between_kinds() -> None:
    module: Any = Leaf()
    weight = module.weight
    module.weight = Parameter(zeros(3))
    assert module.weight.shape == (3,)
    module.plain = 1
    module.plain = weight
    assert names(module.named_parameters()) == ["weight", "plain"]
    assert "plain" not in module.__dict__
    module.count = Leaf()
    assert names(module.named_buffers(recurse=False)) == []
    module.weight = None
    assert module.weight is None
    assert names(module.named_parameters()) == ["plain", "count.weight"]
    del module.plain
    assert not hasattr(module, "plain")


def test_buffers_by_type_and_persistence() -> None:
    module = Module()
    module.kept = Buffer(ones(1))
    module.passing = Buffer(ones(1), persistent=False)
    module.register_buffer("later", None)
    assert names(module.named_buffers()) == ["kept", "passing"]
    assert list(module.state_dict()) == ["kept"]
    module.kept = zeros(2)
    assert module.get_buffer("kept").shape == (2,)
    module.later = tensor([1.0])
    assert names(module.named_buffers()) == ["kept", "passing", "later"]


class Forgetful(Module):
    def __init__(self, value: object) -> None:
        self.part = value


@pytest.mark.parametrize(
    ("value", "kind"), [(Parameter(ones(1)), "parameters"), (Leaf(), "module"), (Buffer(ones(1)), "buffer")]
)
def test_assigning_before_init_is_refused(value: object, kind: str) -> None:
    with pytest.raises(AttributeError, match=rf"cannot assign {kind} before Module.__init__\(\) call"):
        Forgetful(value)


def test_wrong_types_are_refused() -> None:
    module: Any = Tree()
    with pytest.raises(TypeError, match=r"cannot assign 'Tensor' as parameter 'scale' .*Parameter or None expected"):
        module.scale = ones(1)
    with pytest.raises(TypeError, match=r"cannot assign 'int' as child module 'first' .*Module or None expected"):
        module.first = 3
    with pytest.raises(TypeError, match=r"cannot assign 'int' as buffer 'count'"):
        module.rest[0].count = 3
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        module.add_module("number", 3)
    with pytest.raises(TypeError, match="as parameter 'other'"):
        module.register_parameter("other", ones(1))
    computed = Parameter(ones(1), requires_grad=False)
    computed += ones(1, requires_grad=True)
    with pytest.raises(ValueError, match="Cannot assign non-leaf Tensor to parameter 'other'"):
        module.register_parameter("other", computed)


@pytest.mark.parametrize("register", ["register_parameter", "register_buffer", "add_module"])
def test_bad_names_are_refused(register: str) -> None:
    module = Leaf()
    add = getattr(module, register)
    with pytest.raises(KeyError, match=r'contain "\.", got: a\.b'):
        add("a.b", None)
    with pytest.raises(KeyError, match="be empty string"):
        add("", None)
    with pytest.raises(KeyError, match="'training' already exists"):
        add("training", None)
    with pytest.raises(TypeError, match="name should be a string"):
        add(1, None)


def test_missing_attributes_name_the_class() -> None:
    with pytest.raises(AttributeError, match="'Leaf' object has no attribute 'wieght'"):
        Leaf().wieght  # noqa: B018


def test_parts_are_found_by_path() -> None:
    tree = Tree()
    assert tree.get_submodule("") is tree
    assert tree.get_submodule("rest.1") is tree.rest[1]
    assert tree.get_parameter("rest.1.weight") is tree.rest[1].weight
    assert tree.get_buffer("first.count") is tree.first.count
    with pytest.raises(AttributeError, match="ModuleList has no attribute `2`"):
        tree.get_submodule("rest.2")
    with pytest.raises(AttributeError, match=r"`scale` is not an nn\.Module"):
        tree.get_submodule("scale")
    with pytest.raises(AttributeError, match=r"`count` is not an nn\.Parameter"):
        tree.get_parameter("first.count")


def test_modes_reach_the_whole_tree() -> None:
    tree = ModuleDict({"tree": Tree()})
    assert tree.eval() is tree
    assert not any(module.training for module in tree.modules())
    tree.train()
    assert all(module.training for module in tree.modules())
    with pytest.raises(ValueError, match="expected to be boolean"):
        tree.train(1)  # type: ignore[arg-type]


def test_freezing_and_dropping_gradients() -> None:
    leaf = Leaf()
    (leaf.weight * 3).sum().backward()
    assert leaf.weight.grad.tolist() == [3, 3]
    kept = leaf.weight.grad
    leaf.zero_grad(set_to_none=False)
    assert leaf.weight.grad is kept
    assert kept.tolist() == [0, 0]
    leaf.zero_grad()
    assert leaf.weight.grad is None
    leaf.requires_grad_(False)
    assert not leaf.weight.requires_grad


def test_apply_visits_children_first() -> None:
    seen: list[Module] = []
    tree = Tree()
    assert tree.apply(seen.append) is tree
    assert seen == [tree.first, tree.rest[0], tree.rest[1], tree.rest, tree]
