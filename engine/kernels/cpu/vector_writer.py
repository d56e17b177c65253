"""What intrinsics share that write vectors of float32 for LLVM: loads, stores, sums, and calls that stay calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernels.cpu.vectors import BYTES, LANES


class VectorWriter:
    """Instructions at the end of a block; addresses, offsets and strides are int64, in bytes."""

    def __init__(self, builder: Any) -> None:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba.core import cgutils

        self.ir, self.builder, self.cgutils = ir, builder, cgutils
        self.single, self.wide, self.index, self.truth = ir.FloatType(), ir.IntType(64), ir.IntType(32), ir.IntType(1)
        self.vector = ir.VectorType(self.single, LANES)

    def further(self, address: Any, distance: int) -> Any:
        """An address some bytes on."""
        return self.builder.add(address, self.wide(distance)) if distance else address

    def multiples(self, step: Any, count: int) -> list[Any]:
        """Zero, step, 2 · step, and so on."""
        return [self.builder.mul(step, self.wide(number)) for number in range(count)]

    def load(self, address: Any, kind: Any = None) -> Any:
        """What lies at an address: a vector unless another type is named."""
        loaded = self.builder.load(self.builder.inttoptr(address, (kind or self.vector).as_pointer()))
        loaded.align = BYTES
        return loaded

    def entry(self, table: Any, number: int) -> Any:
        """One of a table of int64."""
        return self.load(self.further(table, number * 8), self.wide)

    def store(self, value: Any, address: Any) -> None:
        """Write a value to an address."""
        stored = self.builder.store(value, self.builder.inttoptr(address, value.type.as_pointer()))
        stored.align = BYTES

    def constant(self, value: float) -> Any:
        """The same number in all lanes."""
        return self.ir.Constant(self.vector, [value] * LANES)

    def places(self, numbers: list[int]) -> Any:
        """Numbers of lanes."""
        return self.ir.Constant(self.ir.VectorType(self.index, len(numbers)), numbers)

    def spread(self, value: Any) -> Any:
        """A value in all lanes."""
        kind = self.ir.VectorType(value.type, LANES)
        first = self.builder.insert_element(self.ir.Constant(kind, self.ir.Undefined), value, self.index(0))
        return self.builder.shuffle_vector(first, first, self.places([0] * LANES))

    def function(self, name: str, result: Any, arguments: list[Any]) -> Any:
        """One of LLVM's own functions."""
        return self.cgutils.get_or_insert_function(self.builder.module, self.ir.FunctionType(result, arguments), name)

    def multiplied(self, first: Any, second: Any, added: Any) -> Any:
        """First · second + added, rounded once."""
        fused = self.function(f"llvm.fma.v{LANES}f32", self.vector, [self.vector] * 3)
        return self.builder.call(fused, [first, second, added])

    def summed(self, value: Any) -> Any:
        """The sum of all lanes."""
        function = self.function(f"llvm.vector.reduce.fadd.v{LANES}f32", self.single, [self.single, self.vector])
        return self.builder.call(function, [self.single(0.0), value], fastmath=("reassoc",))

    def variables(self, rows: int, columns: int) -> list[list[Any]]:
        """Vectors that are kept, in registers if there are enough."""
        return [[self.cgutils.alloca_once(self.builder, self.vector) for _ in range(columns)] for _ in range(rows)]

    def variable(self, value: Any) -> Any:
        """A value that is kept."""
        return self.cgutils.alloca_once_value(self.builder, value)

    def times(self, count: Any) -> Any:
        """A loop; use it with `with`."""
        return self.cgutils.for_range(self.builder, count, intp=self.wide)

    def _within(self, count: Any) -> Any:
        """Which lanes are the first `count`."""
        limit = self.spread(self.builder.trunc(count, self.index))
        return self.builder.icmp_signed("<", self.places(list(range(LANES))), limit)

    def load_first(self, address: Any, count: Any) -> Any:
        """The first `count` elements, then zeros; what lies behind is not touched."""
        pointer, mask = self.vector.as_pointer(), self.ir.VectorType(self.truth, LANES)
        kinds = [pointer, self.index, mask, self.vector]
        function = self.function(f"llvm.masked.load.v{LANES}f32.p0", self.vector, kinds)
        place = self.builder.inttoptr(address, pointer)
        return self.builder.call(function, [place, self.index(BYTES), self._within(count), self.constant(0.0)])

    def store_first(self, value: Any, address: Any, count: Any) -> None:
        """Write the first `count` elements alone."""
        pointer, mask = self.vector.as_pointer(), self.ir.VectorType(self.truth, LANES)
        kinds = [self.vector, pointer, self.index, mask]
        function = self.function(f"llvm.masked.store.v{LANES}f32.p0", self.ir.VoidType(), kinds)
        place = self.builder.inttoptr(address, pointer)
        self.builder.call(function, [value, place, self.index(BYTES), self._within(count)])

    def transposed(self, block: list[Any]) -> list[Any]:
        """LANES vectors: element k of vector i as element i of vector k."""
        span = 1
        while span < LANES:
            following = list(block)
            low = [place if not place & span else place - span + LANES for place in range(LANES)]
            high = [place + span if not place & span else place + LANES for place in range(LANES)]
            for number in range(LANES):
                if not number & span:
                    pair = block[number], block[number + span]
                    following[number] = self.builder.shuffle_vector(*pair, self.places(low))
                    following[number + span] = self.builder.shuffle_vector(*pair, self.places(high))
            block = following
            span *= 2
        return block


def called(name: str, body: Callable[[VectorWriter, Any], Any]) -> Callable[..., Any]:
    """What an intrinsic gives Numba: a call of a function with that body, written once and never inlined.

    LLVM would copy large bodies to every call, and compile them all again for each function around them.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir

        function = builder.module.globals.get(f"galley.{name}")
        if function is None:
            result = context.get_value_type(signature.return_type)
            nothing = signature.return_type.name == "none"
            kind = ir.FunctionType(ir.VoidType() if nothing else result, [each.type for each in args])
            function = ir.Function(builder.module, kind, f"galley.{name}")
            function.linkage = "linkonce_odr"
            function.attributes.add("noinline")
            inner = ir.IRBuilder(function.append_basic_block())
            value = body(VectorWriter(inner), function.args)
            if nothing:
                inner.ret_void()
            else:
                inner.ret(value)
        value = builder.call(function, args)
        return context.get_dummy_value() if signature.return_type.name == "none" else value

    return generate
