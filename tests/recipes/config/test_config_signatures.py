"""Which arguments a part takes is read from its signature, and from its parents' where it hands arguments up."""

from dataclasses import dataclass
from typing import Any

from recipes.config.signatures import parameters_of


class Parent:
    def __init__(self, model: Any, epochs: int, every: str = "1ep") -> None:
        self.given = (model, epochs, every)


class HandsUp(Parent):
    def __init__(self, loss: float, **common: Any) -> None:
        super().__init__(**common)
        self.loss = loss


class Inherits(Parent):
    pass


class TakesAny:
    def __init__(self, first: int, **anything: Any) -> None:
        self.anything = (first, anything)


class TakesNothing:
    pass


@dataclass
class Fields:
    width: int
    name: str = ""


def function(a: "int", b: "Undefined" = None) -> None:  # type: ignore[name-defined] # noqa: F821
    return None


def test_arguments_that_are_handed_up() -> None:
    parameters = parameters_of(HandsUp)
    assert parameters.types == {"loss": float, "model": Any, "epochs": int, "every": str}
    assert set(parameters.required) == {"loss", "model", "epochs"}
    assert not parameters.accepts("evry")


def test_inherited_constructor() -> None:
    assert parameters_of(Inherits).required == ("model", "epochs")


def test_anything_goes_without_a_parent_that_names_arguments() -> None:
    parameters = parameters_of(TakesAny)
    assert parameters.accepts("whatever")
    assert parameters.required == ("first",)


def test_class_without_constructor_takes_nothing() -> None:
    parameters = parameters_of(TakesNothing)
    assert not parameters.accepts("anything")
    assert parameters.required == ()


def test_dataclass_and_function() -> None:
    assert parameters_of(Fields).types == {"width": int, "name": str}
    assert parameters_of(function).types == {"a": Any, "b": Any}
    assert parameters_of(function).required == ("a",)
    assert parameters_of(TakesAny(1).__init__).accepts("first")  # type: ignore[misc]
