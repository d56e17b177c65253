"""A closed interpreter of pickle's opcodes: containers, numbers, texts and calls of the few functions it is given.

It looks nothing up but through `find`, and calls only what `find` gave as Known. The opcodes are those of protocols 0
to 5 that torch.save writes (Lib/pickletools.py documents each).
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable
from reprlib import repr as shown
from typing import Any

from engine.serialization.known_names import Known

_MARK = object()


class _Machine:
    def __init__(self, content: bytes, find: Callable[[str], Any], persistent: Callable[[Any], Any]) -> None:
        self.content = content
        self.position = 0
        self.find = find
        self.persistent = persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        while True:
            code = self.take(1)
            if code == b".":
                return self.pop()
            operation = _OPERATIONS.get(code)
            if operation is None:
                raise ValueError(f"its tree uses opcode {code!r} at byte {self.position - 1}, which is not read")
            operation(self)

    def take(self, count: int) -> bytes:
        piece = self.content[self.position : self.position + count]
        if len(piece) != count or count < 0:
            raise ValueError(f"its tree ends at byte {len(self.content)}, too early")
        self.position += count
        return piece

    def skip(self, count: int) -> None:
        self.take(count)

    def drop(self) -> None:
        self.pop()

    def drop_group(self) -> None:
        self.since_mark()

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        end = self.content.find(b"\n", self.position)
        if end < 0:
            raise ValueError("its tree ends in the middle of a line")
        text = self.content[self.position : end].decode("ascii", "replace")
        self.position = end + 1
        return text

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise ValueError(f"its tree takes a value that is not there, at byte {self.position}")
        return self.stack.pop()

    def top(self, kind: type) -> Any:
        if not self.stack or not isinstance(self.stack[-1], kind):
            raise ValueError(f"its tree fills a {kind.__name__} that is not there, at byte {self.position}")
        return self.stack[-1]

    def since_mark(self) -> list[Any]:
        values: list[Any] = []
        while self.stack:
            value = self.stack.pop()
            if value is _MARK:
                return values[::-1]
            values.append(value)
        raise ValueError(f"its tree closes a group that was not opened, at byte {self.position}")

    def text(self, length: int) -> None:
        self.push(self.take(length).decode("utf-8", "surrogatepass"))

    def remember(self, key: int) -> None:
        self.memo[key] = self.stack[-1] if self.stack else self.pop()

    def recall(self, key: int) -> None:
        if key not in self.memo:
            raise ValueError(f"its tree recalls value {key}, which it never kept")
        self.push(self.memo[key])

    def set_items(self, values: list[Any]) -> None:
        target = self.top(dict)
        for key, value in zip(values[::2], values[1::2], strict=True):
            target[_hashable(key)] = value

    def call(self) -> None:
        arguments, function = self.pop(), self.pop()
        if not isinstance(function, Known) or not isinstance(arguments, tuple):
            raise ValueError(f"its tree calls {shown(function)}, which is not among the functions that are run")
        try:
            self.push(function.function(*arguments))
        except (TypeError, OverflowError) as error:
            raise ValueError(f"{function.name} was called with {shown(arguments)}: {error}") from None

    def build(self) -> None:
        state = self.pop()
        target = self.stack[-1] if self.stack else None
        if isinstance(target, OrderedDict) and isinstance(state, dict) and set(state) <= {"_metadata"}:
            target.__dict__.update(state)
        elif state not in ({}, None):
            raise ValueError(f"its tree gives a {type(target).__name__} attributes: {shown(state)}")

    def signed(self, count: int) -> None:
        self.push(int.from_bytes(self.take(count), "little", signed=True))


def _hashable(key: Any) -> Any:
    try:
        hash(key)
    except TypeError:
        raise ValueError(f"its tree has {type(key).__name__} as a key") from None
    return key


def _stack_global(machine: _Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.push(machine.find(f"{module}.{name}"))


def _tuple(count: int) -> Callable[[_Machine], None]:
    def build(machine: _Machine) -> None:
        machine.push(tuple([machine.pop() for _ in range(count)][::-1]))

    return build


def _append(machine: _Machine) -> None:
    value = machine.pop()
    machine.top(list).append(value)


def _set_item(machine: _Machine) -> None:
    value, key = machine.pop(), machine.pop()
    machine.set_items([key, value])


def _add_items(machine: _Machine) -> None:
    values = machine.since_mark()
    machine.top(set).update(map(_hashable, values))


def _append_all(machine: _Machine) -> None:
    values = machine.since_mark()
    machine.top(list).extend(values)


_OPERATIONS: dict[bytes, Callable[[_Machine], None]] = {
    b"\x80": lambda machine: machine.skip(1),  # PROTO
    b"\x95": lambda machine: machine.skip(8),  # FRAME
    b"(": lambda machine: machine.push(_MARK),
    b"N": lambda machine: machine.push(None),
    b"\x88": lambda machine: machine.push(True),
    b"\x89": lambda machine: machine.push(False),
    b"J": lambda machine: machine.push(machine.number("<i")),
    b"K": lambda machine: machine.push(machine.number("<B")),
    b"M": lambda machine: machine.push(machine.number("<H")),
    b"\x8a": lambda machine: machine.signed(machine.number("<B")),
    b"\x8b": lambda machine: machine.signed(machine.number("<i")),
    b"G": lambda machine: machine.push(machine.number(">d")),
    b"X": lambda machine: machine.text(machine.number("<I")),
    b"\x8c": lambda machine: machine.text(machine.number("<B")),
    b"\x8d": lambda machine: machine.text(machine.number("<Q")),
    b"U": lambda machine: machine.text(machine.number("<B")),
    b"T": lambda machine: machine.text(machine.number("<i")),
    b"C": lambda machine: machine.push(machine.take(machine.number("<B"))),
    b"B": lambda machine: machine.push(machine.take(machine.number("<I"))),
    b"\x8e": lambda machine: machine.push(machine.take(machine.number("<Q"))),
    b"]": lambda machine: machine.push([]),
    b"}": lambda machine: machine.push({}),
    b")": lambda machine: machine.push(()),
    b"\x8f": lambda machine: machine.push(set()),
    b"t": lambda machine: machine.push(tuple(machine.since_mark())),
    b"l": lambda machine: machine.push(machine.since_mark()),
    b"\x91": lambda machine: machine.push(frozenset(map(_hashable, machine.since_mark()))),
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"a": _append,
    b"e": _append_all,
    b"s": _set_item,
    b"u": lambda machine: machine.set_items(machine.since_mark()),
    b"\x90": _add_items,
    b"q": lambda machine: machine.remember(machine.number("<B")),
    b"r": lambda machine: machine.remember(machine.number("<I")),
    b"\x94": lambda machine: machine.remember(len(machine.memo)),
    b"h": lambda machine: machine.recall(machine.number("<B")),
    b"j": lambda machine: machine.recall(machine.number("<I")),
    b"0": lambda machine: machine.drop(),
    b"1": lambda machine: machine.drop_group(),
    b"c": lambda machine: machine.push(machine.find(f"{machine.line()}.{machine.line()}")),
    b"\x93": _stack_global,
    b"R": _Machine.call,
    b"b": _Machine.build,
    b"Q": lambda machine: machine.push(machine.persistent(machine.pop())),
}


def read_tree(content: bytes, find: Callable[[str], Any], persistent: Callable[[Any], Any]) -> Any:
    """The tree that pickled bytes describe; ValueError names what in it is not read.

    `find` gives what stands for a name, `persistent` what stands for a persistent id.
    """
    return _Machine(content, find, persistent).run()
