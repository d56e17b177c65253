"""Only public things made in allowed packages can be named by a config, and nothing else is even imported."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recipes.config import ConfigError, TargetError, resolve, trusted_packages
from recipes.datasets.digits import Digits
from recipes.transforms import Normalize

Write = Any


def test_class_by_its_own_and_by_a_shorter_path() -> None:
    assert resolve("recipes.transforms.values.Normalize") is Normalize
    assert resolve("recipes.transforms.Normalize") is Normalize


def test_method_of_a_class() -> None:
    assert resolve("recipes.datasets.digits.Digits.spec") == Digits.spec


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "eval",
        "subprocess.Popen",
        "recipes.x.urllib.request.urlretrieve",
        "recipes.datasets.download.urllib.request.urlretrieve",
        "recipes.datasets.digits.np.load",
        "recipes.datasets.digits.np",
        "recipes.datasets.digits.Path",
        "recipes.datasets.digits.Path.write_text",
        "recipes.datasets.digits.find_spec",
        "recipes.datasets.digits.Digits.spec.__globals__",
        "recipes.datasets.digits.Digits.__subclasses__",
        "recipes.datasets.digits.Digits._splits",
        "recipes.datasets.digits.SAMPLES",
        "recipes.datasets.digits.Nothing",
        "recipes.datasets.digits",
        "recipes.nothing.at.all.Here",
        "recipes.config.instantiate.instantiate",
        "recipes.config.targets.resolve",
        "recipes.config.trust.trusted_packages",
        "recipes.run.folder.create",
        "recipesx.y",
        "recipes..Digits",
        "recipes.datasets/digits.Digits",
        "",
        3,
        None,
    ],
)
def test_refused(target: Any) -> None:
    with pytest.raises(TargetError):
        resolve(target)


def test_nothing_outside_is_imported() -> None:
    script = """if True:
        import sys
        from recipes.config.targets import TargetError, resolve
        before = set(sys.modules)
        for target in ("antigravity.fly", "this.s", "recipes.this.s", "engine.antigravity.x", "xml.dom.minidom.parse"):
            try:
                resolve(target)
            except TargetError:
                continue
            raise SystemExit(target)
        foreign = {name for name in set(sys.modules) - before if name.split(".")[0] in ("antigravity", "this", "xml")}
        raise SystemExit(", ".join(foreign) or 0)
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert (done.returncode, done.stderr) == (0, "")


def test_module_swapped_for_something_else_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("galley_test_alias/__init__.py", "import sys, os\nsys.modules[__name__ + '.inner'] = os\n")
    monkeypatch.syspath_prepend(".")
    with pytest.raises(TargetError):
        resolve("galley_test_alias.inner.system", ["galley_test_alias"])


def test_trusted_package_is_found_in_the_working_folder_after_all_others(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    write("galley_test_parts/__init__.py", "")
    write("galley_test_parts/models.py", "import os\nclass Mine:\n    pass\n")
    write("json.py", "raise RuntimeError('shadowed')")
    with pytest.raises(TargetError, match=r"outside of engine, recipes; .* --trust"):
        resolve("galley_test_parts.models.Mine")
    found = resolve("galley_test_parts.models.Mine", ["galley_test_parts"])
    assert found.__module__ == "galley_test_parts.models"
    assert sys.path[-1] == str(Path.cwd())
    with pytest.raises(TargetError):
        resolve("galley_test_parts.models.os.system", ["galley_test_parts"])


def test_package_that_cannot_be_imported_says_why(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    write("galley_test_broken.py", "import galley_test_absent\n")
    with pytest.raises(TargetError, match="No module named 'galley_test_absent'"):
        resolve("galley_test_broken.Thing", ["galley_test_broken"])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("type", "import math\nWIDTH = math.sqrt('x')\n", r"TypeError: must be .*\(galley_test_type\.py:2\)"),
        ("name", "\n\nnothing\n", r"NameError: name 'nothing' is not defined \(galley_test_name\.py:3\)"),
        ("exit", "raise SystemExit(3)\n", r"SystemExit: 3 \(galley_test_exit\.py:1\)"),
        ("syntax", "a = 1\ndef f(:\n", r"SyntaxError: invalid syntax \(galley_test_syntax\.py:2\)"),
        ("inner", "import json\njson.loads('{')\n", r"JSONDecodeError: .*\(galley_test_inner\.py:2\)"),
    ],
)
def test_module_that_breaks_when_imported_names_its_own_line(
    name: str, text: str, said: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    write(f"galley_test_{name}.py", text)
    with pytest.raises(TargetError, match=f"galley_test_{name} cannot be imported: {said}"):
        resolve(f"galley_test_{name}.Thing", [f"galley_test_{name}"])


def test_near_name_is_suggested() -> None:
    with pytest.raises(TargetError, match="did you mean 'Digits'"):
        resolve("recipes.datasets.digits.Digit")


def test_trust_comes_from_flags_and_from_the_settings_file(write: Write) -> None:
    settings = write("settings.yaml", "trust: [theirs, mine.models]\n")
    assert trusted_packages(["flagged", "theirs"], settings) == ("flagged", "theirs", "mine.models")
    assert trusted_packages([], Path("absent.yaml")) == ()


@pytest.mark.parametrize("text", ["trust: os.path/x\n", "trust: [3]\n", "trust: ['a b']\n", "trust: ['']\n"])
def test_settings_that_name_no_package(text: str, write: Write) -> None:
    with pytest.raises(ConfigError, match=r"settings\.yaml"):
        trusted_packages([], write("settings.yaml", text))
