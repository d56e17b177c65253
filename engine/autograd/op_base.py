"""Op: what one operation is made of, its reference, shape rule, gradient rules and fast kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_type_hints

from engine.autograd.apply import apply
from engine.autograd.composite import rule_from_composite
from engine.autograd.modes import modes
from engine.autograd.output import written_out
from engine.autograd.plan import Plan
from engine.autograd.rules import JOINT, GradientRule, read_rule
from engine.autograd.signature import Signature
from engine.kernels.kernel import Kernel

OPS: dict[str, Op] = {}


class Op:
    """One operation; calling it with tensors computes the reference or a fast kernel and records a node.

    `types` says how inputs are promoted: `promote` (to their common type), `floating` (integers become the default
    floating type), or `keep`; `promoting` names the inputs that take part, all by default.
    """

    __slots__ = (
        "arity",
        "complex",
        "differentiable",
        "fields",
        "filling",
        "joint",
        "kernels",
        "many",
        "many_inputs",
        "name",
        "nondifferentiable",
        "onto",
        "outputs",
        "plans",
        "promoting",
        "reference",
        "refuses",
        "result",
        "rows",
        "rules",
        "saved",
        "shape",
        "signature",
        "single",
        "typed",
        "types",
        "view",
        "writes",
    )

    def __init__(
        self,
        reference: Callable[..., Any],
        shape: Callable[..., Any],
        types: str,
        promoting: tuple[str, ...] | None,
        view: bool,
        differentiable: bool,
        nondifferentiable: tuple[str, ...],
        saved: tuple[str, ...],
        rows: bool = False,
        complex: str = "refused",
        filling: bool = False,
    ) -> None:
        self.filling = filling
        self.name = reference.__name__
        self.reference = reference
        self.signature = Signature(reference)
        self.arity = len(self.signature.names)
        self.shape = shape
        self.types = types
        self.promoting = tuple(
            position
            for position in self.signature.inputs
            if types != "keep" and (promoting is None or self.signature.names[position] in promoting)
        )
        self.view = view
        self.differentiable = differentiable
        self.nondifferentiable = nondifferentiable
        self.saved = saved
        self.rows = rows
        self.complex = complex
        self.typed = "dtype" in self.signature.names
        result = get_type_hints(reference).get("return")
        self.result: Any = result if hasattr(result, "_fields") else None
        self.fields: tuple[str, ...] = self.result._fields if self.result is not None else ()
        self.many = getattr(result, "__origin__", None) is tuple
        self.outputs = len(self.fields) or 1
        self.rules: dict[int, GradientRule | None] = {}
        self.joint: GradientRule | None = None
        self.kernels: dict[str, tuple[Kernel, ...]] = {}
        self.writes: Callable[..., None] | None = None
        self.onto: Callable[..., None] | None = None
        self.refuses: Callable[..., None] | None = None
        self.plans: dict[Any, Plan] = {}
        inputs = self.signature.inputs
        roles = [self.signature.parameters[position].role for position in inputs]
        self.many_inputs = "inputs" in roles
        self.single = not (self.fields or self.many)
        OPS[self.name] = self

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if keywords or len(args) != self.arity:
            if "out" in keywords:
                return self.into(keywords.pop("out"), args, keywords)
            args = self.signature.bind(args, keywords)
        return apply(self, args, modes.state)

    def into(self, out: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Write the result into `out`, unless that is None, and return it."""
        if out is None:
            return self(*args, **keywords)
        return written_out(self, self.name, args, keywords, out, exact=self.types == "keep")

    def gradient(self, **rules: Callable[..., Any] | None) -> None:
        """Give each named input its rule; a rule's argument names declare what is kept for it. None: no gradient."""
        for name, rule in rules.items():
            position = self.signature.indices[name]
            self.rules[position] = None if rule is None else read_rule(self, rule)

    def gradients(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Give all inputs one rule that returns a gradient (or None) for each in order; it may ask for `needs`."""
        self.joint = read_rule(self, rule)
        for position in self.signature.inputs:
            self.rules.setdefault(position, JOINT)
        return rule

    def gradient_from(self, composite: Callable[..., Any]) -> None:
        """Differentiate this op by running `composite`, the same function written in other ops, under gradients."""
        self.joint = rule_from_composite(self, composite)
        for position in self.signature.inputs:
            self.rules.setdefault(position, JOINT)

    def refuse(self, check: Callable[..., None]) -> None:
        """Have `check(name, compute, *dtypes)` raise for types that the op is not for.

        It sees the dtype to compute in and the inputs' own (None for an absent one), once a pattern of kinds.
        """
        self.refuses = check

    def fast(self, **kernels: Kernel | tuple[Kernel, ...]) -> None:
        """Give a device type (`cpu`, `cuda`) its fast kernels, the preferred one first; TypeError for a view op."""
        if self.view:
            raise TypeError(f"{self.name} gives a view of its input: there is nothing that a kernel could fill")
        self.kernels = dict(self.kernels)
        for device_type, kernel in kernels.items():
            self.kernels[device_type] = kernel if isinstance(kernel, tuple) else (kernel,)
        self.plans.clear()

    def in_place(self, writer: Callable[..., None]) -> Callable[..., None]:
        """Give the op a form, called with its own arguments, that writes the result over the first input's array."""
        self.writes = writer
        return writer

    def onto_output(self, writer: Callable[..., None]) -> Callable[..., None]:
        """Give the op a form that writes its only output into the first argument, an array, before its own ones."""
        self.onto = writer
        return writer

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> Any:
        return find_op, (self.name,)


def find_op(name: str) -> Op:
    """The op of that name; raises KeyError."""
    return OPS[name]


def clear_plans() -> None:
    """Forget how calls were planned, as when the default dtype changes."""
    for each in OPS.values():
        each.plans.clear()
