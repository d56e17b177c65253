"""The double of CuPy claims no name and no parameter that CuPy lacks; it needs CuPy, but no GPU."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

DOUBLE = Path(__file__).parents[2] / "doubles"


def constant(file: str, name: str) -> Any:
    """A constant of the double's source, which can't be imported beside the real package."""
    for node in ast.parse((DOUBLE / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            return ast.literal_eval(node.value)
    raise LookupError(f"{file} has no {name}")


def functions(file: str) -> list[str]:
    """The names of a file's public functions."""
    body = ast.parse((DOUBLE / file).read_text(encoding="utf-8")).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("cupy", constant("cupy/_ufuncs.py", "ELEMENTWISE").split()),
        ("cupy", constant("cupy/__init__.py", "_SHARED").split()),
        ("cupy", functions("cupy/_creation.py")),
        ("cupy.cuda.runtime", functions("cupy/cuda/runtime.py")),
        ("cupy.lib.stride_tricks", functions("cupy/lib/stride_tricks.py")),
        *(("cupy.linalg", constant("cupy/linalg.py", each).split()) for each in ("REPORTING", "COMPUTED", "WAITING")),
        *(("cupy.fft", constant("cupy/fft.py", each).split()) for each in ("TRANSFORMS", "SHIFTS", "FREQUENCIES")),
        ("cupyx", functions("cupyx/__init__.py")),
        ("cupyx.scipy.linalg", functions("cupyx/scipy/linalg.py")),
        ("cupyx.scipy.special", constant("cupyx/scipy/special.py", "FUNCTIONS").split()),
    ],
)
def test_names(module: str, names: list[str]) -> None:
    # Some of CuPy loads only where CUDA's libraries are.
    real = pytest.importorskip(module, exc_type=ImportError)
    assert [name for name in names if not hasattr(real, name)] == []


@pytest.mark.gpu
@pytest.mark.parametrize("line", constant("cupy/_functions.py", "TABLE").strip().splitlines())
def test_parameters(line: str) -> None:
    cupy = pytest.importorskip("cupy")
    name, *parameters = line.split()
    found = inspect.signature(getattr(cupy, name)).parameters
    assert [each.lstrip("*") for each in parameters] == list(found)[: len(parameters)]


@pytest.mark.gpu
def test_methods() -> None:
    cupy = pytest.importorskip("cupy")
    tables = (*constant("cupy/_array.py", "COMPUTED"), *constant("cupy/_array.py", "SEEN"))
    assert [name for name in tables if not hasattr(cupy.ndarray, name)] == []
