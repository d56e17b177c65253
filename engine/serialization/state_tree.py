"""A tree of state cut into named arrays and a JSON skeleton, and joined again."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

_STORABLE = "None, bool, int, float, str, dict, list, tuple, an array or a NumPy scalar"
ToArray = Callable[[Any], np.ndarray]
# Of a value and how to visit what is in it: its tag and what stands under that, or None where it is no concern.
Encode = Callable[[Any, Callable[[Any, str], Any]], tuple[str, Any] | None]
Decode = Callable[[Any], Any]

# safetensors keeps this name for its own use.
_RESERVED = frozenset({"__metadata__"})
_SURROGATE = re.compile("[\ud800-\udfff]")


def split(
    tree: Any, to_array: ToArray = np.asarray, encode: Encode | None = None, in_order: bool = False
) -> tuple[dict[str, np.ndarray], Any]:
    """The arrays of `tree` by slash-separated name, and a JSON value that holds the rest and names them.

    `to_array` turns whatever has a dtype and a shape into a NumPy array. Mappings come back from `join` as dicts in
    sorted key order (equal trees give equal bytes) or `in_order`, named tuples as tuples; keys are str or int.
    `encode` may take further types. Raises TypeError that names the place of anything else.
    """
    splitter = _Splitter(to_array, encode, in_order)
    skeleton = splitter.visit(tree, ())
    return splitter.arrays, skeleton


def join(arrays: Mapping[str, Any], skeleton: Any, decode: Mapping[str, Decode] | None = None) -> Any:
    """The tree that `split` cut; ValueError where the skeleton names an array or a tag that there is not.

    `decode` says for further tags what is made of what stands under them.
    """
    if isinstance(skeleton, list):
        return [join(arrays, item, decode) for item in skeleton]
    if not isinstance(skeleton, dict):
        return skeleton
    tag = next(iter(skeleton), "")
    if not tag.startswith("$"):
        return {key: join(arrays, value, decode) for key, value in skeleton.items()}
    if decode is not None and tag in decode:
        return decode[tag](join(arrays, skeleton[tag], decode))
    return _untag(arrays, tag, skeleton[tag], decode)


class _Splitter:
    """One walk over one tree, with the arrays that it met."""

    def __init__(self, to_array: ToArray, encode: Encode | None, in_order: bool) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.to_array = to_array
        self.encode = encode
        self.in_order = in_order

    def visit(self, value: Any, path: tuple[str, ...]) -> Any:
        def below(inner: Any, name: str) -> Any:
            return self.visit(inner, (*path, name) if name else path)

        further = self.encode and self.encode(value, below)
        if further:
            tag, content = further
            return {tag: content}
        if isinstance(value, np.generic):
            return {"$scalar": self._keep(np.asarray(value), path)}
        if hasattr(value, "dtype") and hasattr(value, "shape"):
            return {"$array": self._keep(self.to_array(value), path)}
        if value is None or type(value) is bool or _is_text(value):
            return value
        if type(value) is int:
            # Beyond 64 bits a decimal number would meet Python's limit on digits, and other readers' limits before it.
            return value if -(2**63) <= value < 2**64 else {"$int": hex(value)}
        if type(value) is float:
            return value if math.isfinite(value) else {"$float": repr(value)}
        if isinstance(value, Mapping):
            return self._visit_mapping(value, path)
        if isinstance(value, list):
            return [self.visit(item, (*path, str(index))) for index, item in enumerate(value)]
        if isinstance(value, tuple):
            return {"$tuple": [self.visit(item, (*path, str(index))) for index, item in enumerate(value)]}
        raise TypeError(f"{_place(path)}: {type(value).__name__} can't be stored; it takes {_STORABLE}")

    def _visit_mapping(self, mapping: Mapping[Any, Any], path: tuple[str, ...]) -> Any:
        for key in mapping:
            if type(key) is not int and not _is_text(key):
                raise TypeError(f"{_place(path)}: the key {key!r} can't be stored; a key is a str or an int")
        keys = list(mapping) if self.in_order else sorted(mapping, key=lambda key: (isinstance(key, str), key))
        entries = [(key, self.visit(mapping[key], (*path, str(key)))) for key in keys]
        if all(isinstance(key, str) and not key.startswith("$") for key in keys):
            return dict(entries)
        return {"$dict": [list(entry) for entry in entries]}

    def _keep(self, array: np.ndarray, path: tuple[str, ...]) -> str:
        base = name = "/".join(path)
        count = 1
        while name in self.arrays or name in _RESERVED:
            count += 1
            name = f"{base}~{count}"
        self.arrays[name] = array
        return name


def _untag(arrays: Mapping[str, Any], tag: str, content: Any, decode: Mapping[str, Decode] | None) -> Any:
    if tag in ("$array", "$scalar"):
        if content not in arrays:
            raise ValueError(f"no array is named {content!r}")
        return arrays[content] if tag == "$array" else arrays[content][()]
    if tag == "$tuple":
        return tuple(join(arrays, item, decode) for item in content)
    if tag == "$dict":
        return {key: join(arrays, value, decode) for key, value in content}
    if tag == "$int":
        return int(content, 16)
    if tag == "$float":
        return float(content)
    raise ValueError(f"unknown tag {tag!r}")


def _is_text(value: Any) -> bool:
    # JSON would join two halves of a surrogate pair into one character.
    return type(value) is str and _SURROGATE.search(value) is None


def _place(path: tuple[str, ...]) -> str:
    return "/".join(path) or "the whole tree"
