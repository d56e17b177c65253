"""What the checks share: the devices to try, and a stretch of code in which the host may not wait for a device."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from engine.backend.namespace import cuda_device_count


@contextmanager
def _nobody_waits() -> Iterator[None]:
    import cupyx

    with warnings.catch_warnings():
        # CuPy warns that it may overlook a wait; what it finds is reason enough.
        warnings.simplefilter("ignore")
        with cupyx.allow_synchronize(False):
            yield


@pytest.fixture
def nobody_waits() -> Callable[[], AbstractContextManager[None]]:
    """A context manager in which reading a device's memory raises."""
    return _nobody_waits


@pytest.fixture(params=range(min(2, cuda_device_count())), ids="cuda:{}".format)
def cuda(request: pytest.FixtureRequest) -> str:
    """The current device and, where there is one, another."""
    return f"cuda:{request.param}"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Without a device every check would be skipped in silence."""
    if cuda_device_count() == 0:
        raise pytest.UsageError("no CUDA device: these checks need CuPy and a GPU, or tests/doubles on PYTHONPATH")
