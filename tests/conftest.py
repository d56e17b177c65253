"""What all tests share: hypothesis's profile, and the choice of a part of the tests."""

# Before NumPy, which test files import first: how its threads wait is decided when it loads.
import engine  # noqa: F401

# isort: split
import hashlib
import os

import pytest
from hypothesis import HealthCheck, settings

# A shared machine is slow at times: no deadlines. Runs repeat themselves: a red one is a broken change, not new luck;
# FRESH=1 draws anew.
settings.register_profile(
    "galley",
    deadline=None,
    derandomize=not os.environ.get("FRESH"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("galley")


def parse_part(text: str) -> tuple[int, int]:
    """`2/3` as (2, 3); raises for anything that names no part."""
    part, _, of = text.partition("/")
    if not (part.isdecimal() and of.isdecimal() and 1 <= int(part) <= int(of)):
        raise pytest.UsageError(f"--part={text}: give a part and the number of parts, as in --part=2/3")
    return int(part), int(of)


def part_of(node_id: str, parts: int) -> int:
    """The part, from 1, that a test belongs to: by its name alone, so that a new test moves no other."""
    digest = hashlib.sha256(node_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") % parts + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--part`."""
    parser.addoption("--part", metavar="K/N", help="run the K-th of N parts of the selected tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects what lies outside `--part`."""
    if not config.getoption("--part"):
        return
    part, parts = parse_part(config.getoption("--part"))
    chosen = [item for item in items if part_of(item.nodeid, parts) == part]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A part may be empty: that is no failure."""
    if session.config.getoption("--part") and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
