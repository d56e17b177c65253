"""How one op runs on one pattern of kinds: casts, devices, which gradients are needed and what to keep for them."""

from __future__ import annotations

from sys import maxsize
from typing import Any

from engine.autograd.promotion import NO_INPUT, number_dtype, result_dtype, to_floating
from engine.autograd.rules import INPUT, JOINT, UPSTREAM, GradientRule, Source
from engine.autograd.tensor_base import DEVICE_SHIFT, DTYPE_BITS, INFERENCE, NEEDS_GRAD, ZERO_DIM
from engine.backend.device import META, device, device_of_code
from engine.backend.dtype import COMPLEX, DTYPES, bfloat16, dtype

Kinds = tuple[Any, ...]


class Plan:
    """What calling an op with inputs of these kinds means; made once a pattern and kept by the op."""

    __slots__ = (
        "bits",
        "compute",
        "conjugates",
        "device",
        "direct",
        "flat_needs",
        "kinds_saved",
        "least",
        "meta",
        "mixed",
        "needs",
        "op",
        "output_kind",
        "records",
        "rules",
        "saves",
        "single",
        "widens",
    )

    def __init__(self, op: Any, kinds: Kinds, grad: bool | None) -> None:
        self.op = op
        flat = [kind for each in kinds for kind in (each if isinstance(each, tuple) else (each,))]
        tensors = [kind for kind in flat if kind >= 0]
        if not tensors:
            raise TypeError(f"{op.name}() needs at least one tensor, none was given")
        self.device = _common_device(op.name, tensors)
        self.meta = self.device.code == META.code
        self.mixed = not self.meta and any(kind >> DEVICE_SHIFT != self.device.code for kind in tensors)
        self.compute = _compute_dtype(op, kinds)
        if op.refuses is not None:
            op.refuses(op.name, self.compute, *map(_own_dtype, flat))
        holds_complex = any(own is not None and own.category == COMPLEX for own in map(_own_dtype, flat))
        if holds_complex and op.complex == "refused":
            raise NotImplementedError(
                f'"{op.name}" not implemented for complex numbers; take .real, .imag or .abs() of its input first'
            )
        self.conjugates = holds_complex and op.complex == "holomorphic"
        self.widens = not op.view and any(kind & DTYPE_BITS == bfloat16.code for kind in tensors)
        self.needs = tuple(
            _needs(op, position, kind, grad) for position, kind in zip(op.signature.inputs, kinds, strict=True)
        )
        self.flat_needs = tuple(need for each in self.needs for need in (each if isinstance(each, tuple) else (each,)))
        self.rules, self.saves = _plan_rules(op, self.needs)
        self.kinds_saved = tuple(source.what for source in self.saves)
        self.single = op.single
        self.output_kind: int | None = None
        self.records = any(self.flat_needs)
        # Views are of inference as their sources are, wherever they are taken.
        self.bits = NEEDS_GRAD if self.records else INFERENCE if grad is None and not op.view else 0
        for source in self.saves:
            if source.what == INPUT and _any_of_inference(kinds[op.signature.inputs.index(source.position)]):
                raise RuntimeError(
                    f"Inference tensors cannot be saved for backward, as {op.name}() would. Please do not use Tensors "
                    "created in inference mode in computation tracked by autograd. To work around this, you can make a "
                    "clone to get a normal tensor and use it in autograd, or use `no_grad()` instead of "
                    "`inference_mode()`."
                )
        self.direct = not self.meta and self.device.type == "cpu" and not (self.widens or self.converts(op, kinds))
        # Below so many elements no kernel is asked, and the hot path needs no dispatch.
        self.least = min((kernel.least for kernel in op.kernels.get("cpu", ())), default=maxsize)

    def converts(self, op: Any, kinds: Kinds) -> bool:
        """Whether any input has to be cast or moved before the op can run."""
        for position, kind in zip(op.signature.inputs, kinds, strict=True):
            for each in kind if isinstance(kind, tuple) else (kind,):
                if each < 0:
                    continue
                if each >> DEVICE_SHIFT != self.device.code:
                    return True
                if self.compute is not None and position in op.promoting and each & DTYPE_BITS != self.compute.code:
                    return True
        return False


def _common_device(name: str, kinds: list[int]) -> device:
    codes = {kind >> DEVICE_SHIFT for kind in kinds}
    if len(codes) > 1:
        codes = {kind >> DEVICE_SHIFT for kind in kinds if not (kind & ZERO_DIM and kind >> DEVICE_SHIFT == 0)}
    if len(codes) > 1:
        found = ", ".join(sorted(str(device_of_code(code)) for code in codes))
        raise RuntimeError(
            f"{name}() expects all tensors to be on the same device, but found {found}; move them with .to(device)"
        )
    return device_of_code(codes.pop())


def _compute_dtype(op: Any, kinds: Kinds) -> dtype | None:
    dimensioned: list[dtype] = []
    zero_dim: list[dtype] = []
    numbers: list[dtype] = []
    for position, kind in zip(op.signature.inputs, kinds, strict=True):
        if position not in op.promoting:
            continue
        for each in kind if isinstance(kind, tuple) else (kind,):
            if each == NO_INPUT:
                continue
            if each < 0:
                numbers.append(number_dtype(each))
            elif each & ZERO_DIM:
                zero_dim.append(DTYPES[each & DTYPE_BITS])
            else:
                dimensioned.append(DTYPES[each & DTYPE_BITS])
    if not (dimensioned or zero_dim or numbers):
        return None
    common = result_dtype(dimensioned, zero_dim, numbers)
    return to_floating(common) if op.types == "floating" else common


def _own_dtype(kind: int) -> dtype | None:
    if kind == NO_INPUT:
        return None
    return number_dtype(kind) if kind < 0 else DTYPES[kind & DTYPE_BITS]


def _any_of_inference(kind: Any) -> bool:
    return any(each >= 0 and bool(each & INFERENCE) for each in (kind if isinstance(kind, tuple) else (kind,)))


def _needs(op: Any, position: int, kind: Any, grad: bool | None) -> Any:
    if isinstance(kind, tuple):
        return tuple(_needs(op, position, each, grad) for each in kind)
    if not grad or not op.differentiable or kind < 0 or not kind & NEEDS_GRAD:
        return False
    if position not in op.rules:
        raise NotImplementedError(
            f"the derivative of {op.name}() for {op.signature.names[position]!r} is not implemented"
        )
    return op.rules[position] is not None


def _plan_rules(op: Any, needs: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Source, ...]]:
    wanted = [
        (slot, position)
        for slot, (position, need) in enumerate(zip(op.signature.inputs, needs, strict=True))
        if (any(need) if isinstance(need, tuple) else need)
    ]
    saves: list[Source] = []

    def index(source: Source) -> int:
        if source.what == UPSTREAM:
            return source.position
        if source not in saves:
            saves.append(source)
        return len(op.fields or (0,)) + saves.index(source)

    def bound(slot: int | None, rule: GradientRule) -> tuple[int | None, Any, tuple[int, ...]]:
        return slot, rule.function, tuple(index(source) for source in rule.sources)

    own = [bound(slot, op.rules[position]) for slot, position in wanted if op.rules[position] is not JOINT]
    shared = [bound(None, op.joint)] if any(op.rules[position] is JOINT for _, position in wanted) else []
    return tuple(shared + own), tuple(saves)
