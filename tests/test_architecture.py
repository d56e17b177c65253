"""The shape of the house where import-linter doesn't hold it: what lies where, how big, and what is never written."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("engine", "cli", "configs", "recipes", "tests", "outputs")
FILES = ("pyproject.toml", "Makefile", "README.md", "LICENSE", "requirements.lock")
CODE = ("engine", "cli", "configs", "recipes")
LONGEST_FILE = 400

UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec"}
CUPY = {"cupy", "cupyx", "cupy_backends"}

# Written in pieces, or this file would find itself.
MACHINE_PATH = re.compile(r"(?<![\w.\-])/(?:" + "|".join(("work", "root", "home")) + r")/")
INDEX_HOST = re.compile("|".join(("pypi" + r"\.org", "python" + r"hosted\.org")))

# An import inside a function keeps `ml` quick to start, or reaches for an optional package; it never dodges a circle.
GOOD_REASON = re.compile(r"start-?up|optional", re.IGNORECASE)

Import = ast.Import | ast.ImportFrom


@cache
def house() -> tuple[Path, ...]:
    """Every file of the project, relative to the root: what git tracks, and what it would if it were added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if not (ROOT / ".git").exists():
        pytest.skip("only a git checkout says which files belong to the project")
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = sorted({Path(name) for name in listed.split("\0") if name})
    return tuple(path for path in paths if (ROOT / path).is_file())


def python_files(*folders: str) -> list[Path]:
    return [path for path in house() if path.suffix == ".py" and path.parts[0] in folders]


def source(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(source(path), filename=str(path))


def imports(path: Path) -> Iterator[Import]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Import))


def modules(node: Import) -> list[str]:
    """The modules that a statement names."""
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]


def packages(path: Path) -> set[str]:
    """The top-level packages that a file imports, by statement or by `import_module`."""
    named = {module.split(".")[0] for node in imports(path) for module in modules(node)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"} and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                named.add(first.value.split(".")[0])
    return named


def called(node: ast.Call) -> str:
    """The last name of what is called: `load` of `np.load(...)`."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def hidden_imports(path: Path) -> Iterator[Import]:
    """Imports inside functions."""
    functions = (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    seen: set[int] = set()
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, Import) and id(node) not in seen:
                seen.add(id(node))
                yield node


def says_why(lines: list[str], number: int) -> bool:
    """Whether the import on a line, or the comment above its block of imports, gives a good reason."""
    while number > 0:
        line = lines[number - 1]
        _, mark, comment = line.partition("#")
        if mark and GOOD_REASON.search(comment):
            return True
        number -= 1
        above = lines[number - 1].lstrip() if number > 0 else ""
        if not above.startswith(("import ", "from ", "#")):
            return False
    return False


def test_top_level_is_exactly_the_list() -> None:
    folders = {path.parts[0] for path in house() if len(path.parts) > 1}
    files = {path.name for path in house() if len(path.parts) == 1}
    assert {name for name in folders if not name.startswith(".")} == set(FOLDERS)
    assert {name for name in files if not name.startswith(".")} == set(FILES)
    assert Path(".ci/run") in house()


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_says_why_it_is_as_it_is(folder: str) -> None:
    readme = Path(folder, "README.md")
    assert readme in house(), f"{folder} has no README.md"
    assert 2 <= len(source(readme).splitlines()) <= 60, f"{readme}: a few lines"


def test_git_ignores_everything_in_outputs_but_its_readme() -> None:
    assert [path for path in house() if path.parts[0] == "outputs"] == [Path("outputs/README.md")]


def test_files_are_small() -> None:
    lengths = {path: len(source(path).splitlines()) for path in python_files(*CODE, "tests")}
    long = {str(path): length for path, length in lengths.items() if length > LONGEST_FILE}
    assert not long, f"more than {LONGEST_FILE} lines, so each wants to be two files: {long}"


def test_no_star_imports() -> None:
    stars = [
        f"{path}:{node.lineno}"
        for path in python_files(*CODE, "tests")
        for node in imports(path)
        if any(alias.name == "*" for alias in node.names)
    ]
    assert not stars, f"star imports: {stars}"


def test_imports_inside_functions_say_why() -> None:
    unexplained = [
        f"{path}:{node.lineno}"
        for path in python_files(*CODE)
        for node in hidden_imports(path)
        if not says_why(source(path).splitlines(), node.lineno)
    ]
    assert not unexplained, f"say that it is for start-up or optional, or move it to the top of the file: {unexplained}"


def test_data_is_never_run_as_code() -> None:
    unsafe = []
    for path in python_files(*CODE):
        unsafe += [f"{path}: imports {name}" for name in sorted(packages(path) & UNSAFE_MODULES)]
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
                unsafe.append(f"{path}:{node.lineno}: {node.func.id}()")
            if any(word.arg == "allow_pickle" and not is_false(word.value) for word in node.keywords):
                unsafe.append(f"{path}:{node.lineno}: allow_pickle")
    assert not unsafe, f"nothing is unpickled or evaluated: {unsafe}"


def is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def test_cupy_enters_through_the_backend_alone() -> None:
    importers = [path for path in python_files(*CODE) if packages(path) & CUPY]
    strangers = [str(path) for path in importers if path.parts[:2] != ("engine", "backend")]
    assert not strangers, f"only engine/backend may import CuPy: {strangers}"


def test_no_file_names_a_machine_or_an_index() -> None:
    named = []
    for path in house():
        for number, line in enumerate((ROOT / path).read_bytes().decode("utf-8", "replace").splitlines(), start=1):
            if MACHINE_PATH.search(line) or INDEX_HOST.search(line):
                named.append(f"{path}:{number}: {line.strip()[:80]}")
    assert not named, f"a path of one machine, or the address of an index: {named}"
