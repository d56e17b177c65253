"""Programs of PyTorch's users: each runs here too, with the same numbers, when its import lines alone change."""

import difflib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import engine

PROGRAMS = sorted(Path(__file__).with_name("users").glob("*.py"))
IMPORT = re.compile(r"^(import|from) torch\b")


def with_our_imports(source: str) -> str:
    """The program with the engine in the place of PyTorch, in its import lines and nowhere else."""
    lines = []
    for line in source.splitlines(keepends=True):
        if line == "import torch\n":
            line = "import engine as torch\n"
        elif IMPORT.match(line):
            line = IMPORT.sub(r"\1 engine", line)
        lines.append(line)
    return "".join(lines)


def loaded(source: str, path: Path) -> ModuleType:
    """The program as a module."""
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def drawn(tensor_of: Callable[[np.ndarray], Any]) -> Callable[[Any], dict[str, Any]]:
    """Initial weights for any model: drawn by NumPy in the order of its state dict, tied weights alike."""

    def initial(model: Any) -> dict[str, Any]:
        rng = np.random.default_rng(23)
        shapes = {name: tuple(each.shape) for name, each in model.state_dict().items()}
        state: dict[str, Any] = {}
        for name, shape in shapes.items():
            values = 0.3 * rng.normal(size=shape)
            if name.endswith(("num_batches_tracked", "calls")):
                state[name] = tensor_of(np.zeros(shape, "int64"))
            elif name.endswith(("running_var", "original0")):
                state[name] = tensor_of(np.abs(values) + 0.5)
            else:
                state[name] = tensor_of(values)
        if "token.weight" in state:
            state["head.weight"] = state["token.weight"]
        return state

    return initial


@pytest.fixture(autouse=True)
def _default_types() -> Iterator[None]:
    before = engine.get_default_dtype()
    yield
    engine.set_default_dtype(before)


def ours(program: Path, folder: Path) -> list[float]:
    """What a program computes here."""
    module = loaded(with_our_imports(program.read_text()), folder / f"ours_{program.stem}.py")
    numbers: list[float] = module.train(drawn(engine.tensor))
    return numbers


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_only_import_lines_differ(program: Path) -> None:
    source = program.read_text()
    changed = [
        line[2:]
        for line in difflib.ndiff(source.splitlines(), with_our_imports(source).splitlines())
        if line.startswith(("+ ", "- "))
    ]
    assert changed
    assert all(line.startswith(("import ", "from ")) for line in changed)
    assert "engine" not in source


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_it_runs_twice_with_the_same_numbers(program: Path, tmp_path: Path) -> None:
    first, second = ours(program, tmp_path), ours(program, tmp_path)
    assert len(first) >= 20
    assert np.isfinite(first).all()
    assert first == second


@pytest.mark.parity
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_pytorch_computes_the_same_numbers(program: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    before = torch.get_default_dtype()
    try:
        module = loaded(program.read_text(), tmp_path / f"theirs_{program.stem}.py")
        right = module.train(drawn(torch.tensor))
    finally:
        torch.set_default_dtype(before)
    np.testing.assert_allclose(ours(program, tmp_path), right, rtol=1e-9, atol=1e-9)
