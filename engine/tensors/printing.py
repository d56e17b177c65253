"""A tensor as text, formatted as PyTorch prints it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.autograd.modes import host_read
from engine.backend.device import CPU
from engine.backend.dtype import bool_, dtype_of, get_default_dtype, int64
from engine.tensors.print_options import options

PREFIX = "tensor("


def text_of(tensor: Any) -> str:
    """What `repr` shows: values, then dtype, device, shape and gradient where they say something new."""
    host_read("repr(Tensor)")
    text = _body(tensor)
    width = len(PREFIX + text) - (PREFIX + text).rfind("\n") + 1
    for note in _notes(tensor):
        if width + len(note) + 2 > options.linewidth:
            text += ",\n" + " " * len(PREFIX) + note
            width = len(PREFIX) + len(note)
        else:
            text += ", " + note
            width += len(note) + 2
    return f"{PREFIX}{text})"


def _body(tensor: Any) -> str:
    if tensor.array is None:
        return "..."
    if tensor.numel() == 0:
        return "[]"
    values = tensor.detach().cpu().array
    shown = _edges(values) if values.size > options.threshold else values
    form = _ComplexFormat(shown) if tensor.is_complex() else _Format(shown)
    return _rows(values, form, len(PREFIX), values.size > options.threshold)


def _notes(tensor: Any) -> list[str]:
    notes = []
    empty = tensor.numel() == 0
    if tensor.device != CPU:
        notes.append(f"device='{tensor.device}'")
    if tensor.array is None or (empty and tensor.ndim != 1):
        notes.append(f"size={tuple(tensor.shape)}")
    default = get_default_dtype()
    usual = (default,) if empty else (default, default.to_complex(), int64, bool_)
    if tensor.dtype not in usual:
        notes.append(f"dtype={tensor.dtype}")
    if tensor.grad_fn is not None:
        notes.append(f"grad_fn=<{tensor.grad_fn.name()}>")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    return notes


class _Format:
    """How the elements of one tensor are written: to the width of what is finite and not zero."""

    def __init__(self, values: np.ndarray) -> None:
        self.floating = dtype_of(values).is_floating_point
        self.whole, self.scientific = True, False
        if self.floating:
            values = values[np.isfinite(values) & (values != 0)].astype(np.float64)
            if values.size:
                self._choose(values)
        self.width = max((len(self.write(each)) for each in values.reshape(-1).tolist()), default=1)

    def _choose(self, values: np.ndarray) -> None:
        sizes = np.abs(values)
        self.whole = bool((values == np.ceil(values)).all())
        wide = sizes.max() / sizes.min() > 1000.0 or sizes.max() > 1.0e8
        self.scientific = bool(wide or (not self.whole and sizes.min() < 1.0e-4))
        if options.sci_mode is not None:
            self.scientific = options.sci_mode

    def write(self, value: Any) -> str:
        if not self.floating:
            return str(value)
        if self.scientific:
            return f"{value:.{options.precision}e}"
        if not self.whole:
            return f"{value:.{options.precision}f}"
        return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"

    def padded(self, value: Any) -> str:
        return self.write(value).rjust(self.width)


class _ComplexFormat(_Format):
    """How complex numbers are written: their parts each in its own format."""

    def __init__(self, values: np.ndarray) -> None:
        self.real, self.imaginary = _Format(values.real), _Format(values.imag)
        self.width = self.real.width + self.imaginary.width + 1

    def padded(self, value: Any) -> str:
        imaginary = self.imaginary.padded(value.imag).lstrip() + "j"
        sign = "" if imaginary.startswith("-") else "+"
        return self.real.padded(value.real) + sign + imaginary


def _rows(values: np.ndarray, form: _Format, indent: int, short: bool) -> str:
    if values.ndim == 0:
        return form.padded(values.item())
    cut = short and len(values) > 2 * options.edgeitems
    if values.ndim == 1:
        return _line(values, form, indent, cut)
    chosen = [*values[: options.edgeitems], *values[-options.edgeitems :]] if cut else list(values)
    parts = [_rows(each, form, indent + 1, short) for each in chosen]
    if cut:
        parts.insert(options.edgeitems, "...")
    gap = "," + "\n" * (values.ndim - 1) + " " * (indent + 1)
    return f"[{gap.join(parts)}]"


def _line(values: np.ndarray, form: _Format, indent: int, cut: bool) -> str:
    if cut:
        head, tail = values[: options.edgeitems].tolist(), values[-options.edgeitems :].tolist()
        words = [*map(form.padded, head), " ...", *map(form.padded, tail)]
    else:
        words = [form.padded(each) for each in values.tolist()]
    each_line = max(1, (options.linewidth - indent) // (form.width + 2))
    lines = [", ".join(words[start : start + each_line]) for start in range(0, len(words), each_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _edges(values: np.ndarray) -> np.ndarray:
    """The elements that a shortened text shows, which alone decide the format."""
    for axis, length in enumerate(values.shape):
        if length > 2 * options.edgeitems:
            values = np.take(values, [*range(options.edgeitems), *range(length - options.edgeitems, length)], axis)
    return values
