"""What is shipped: the wheel's content, and a lock that is whole, without addresses, in step with pyproject.toml."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PACKAGES = ("engine", "recipes", "cli", "configs")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {"linux": ("Linux", "posix"), "darwin": ("Darwin", "posix")}

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


class Entry(NamedTuple):
    """One entry of the lock."""

    name: str
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]

    def applies(self, environment: dict[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(environment)


def entries() -> Iterator[Entry]:
    """The lock's entries, its continued lines joined."""
    for line in LOCK.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, *hashes = line.split("--hash=")
        requirement = Requirement(head)
        (pin,) = requirement.specifier
        assert pin.operator == "==", f"not pinned: {head}"
        version = Version(pin.version)
        yield Entry(canonicalize_name(requirement.name), version, requirement.marker, tuple(map(str.strip, hashes)))


def environments() -> Iterator[dict[str, str]]:
    """What markers look at, for each Python and platform that the lock serves."""
    for python, (platform, (system, os_name)) in product(PYTHONS, PLATFORMS.items()):
        yield {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "sys_platform": platform,
            "platform_system": system,
            "os_name": os_name,
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }


def locked_requirements() -> list[Requirement]:
    project = PROJECT["project"]
    listed = project["dependencies"] + project["optional-dependencies"]["dev"] + PROJECT["build-system"]["requires"]
    return [Requirement(text) for text in listed]


def test_lock_names_no_address() -> None:
    assert not re.search(r"://|index-url|find-links|(?<![\w.])/\w+/|@ ", LOCK)


def test_every_entry_of_the_lock_has_its_hashes() -> None:
    bare = [entry.name for entry in entries() if not all(re.fullmatch("sha256:[0-9a-f]{64}", h) for h in entry.hashes)]
    assert not bare
    assert all(entry.hashes for entry in entries())


@pytest.mark.parametrize("requirement", locked_requirements(), ids=lambda requirement: requirement.name)
def test_lock_satisfies_pyproject_on_every_python_and_platform(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    for environment in environments():
        found = [entry.version for entry in entries() if entry.name == name and entry.applies(environment)]
        assert len(found) == 1, f"{name} is locked {len(found)} times for {environment}; run `make lock`"
        assert found[0] in requirement.specifier, (
            f"{name} {found[0]} is outside {requirement.specifier}; run `make lock`"
        )


def test_lock_leaves_out_the_heavy_extras() -> None:
    names = {entry.name for entry in entries()}
    assert not {name for name in names if name.startswith(("torch", "cupy", "nvidia"))}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as an installer without a network would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, cwd=folder)
    (built,) = folder.glob("galley-*.whl")
    return built


@pytest.mark.parametrize("package", PACKAGES)
def test_wheel_holds_every_file_of_a_package(wheel: Path, package: str) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(f"{package}/")}
    files = {path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert names == {path.relative_to(ROOT).as_posix() for path in files}
    assert f"{package}/py.typed" in names


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_wheel_declares_the_command_and_the_pythons(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (folder,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
    metadata = message_from_bytes(archive.read(f"{folder}/METADATA"))
    assert metadata["Name"] == "galley"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert "ml = cli.main:main" in archive.read(f"{folder}/entry_points.txt").decode()


def test_packages_are_found_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(installed)
    found = (
        f"from importlib.util import find_spec; print(*(find_spec(name).origin for name in {PACKAGES!r}), sep='\\n')"
    )
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {found}"]
    origins = subprocess.run(command, cwd=elsewhere, check=True, capture_output=True, text=True).stdout.splitlines()
    assert origins == [str(installed / package / "__init__.py") for package in PACKAGES]
