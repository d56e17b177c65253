"""Runs MLflow's server for as long as the person looks at its pages."""

import errno
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from recipes.errors import GalleyError, UsageError
from recipes.tracking import UICommand

FIRST_PORT, PORTS_TRIED = 5000, 50
SECONDS_TO_START, SECONDS_TO_END = 120.0, 5.0
LINES_OF_LOG = 5

# No proxy stands between this process and its own child.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port(host: str) -> int:
    """The first free port from 5000 on; UsageError where none of the first 50 is."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if _is_free(host, port):
            return port
    raise UsageError(f"all ports from {FIRST_PORT} to {port} of {host} are taken: name another one with --port")


def demand_free(host: str, port: int) -> None:
    """Raise UsageError where something else listens there."""
    if not _is_free(host, port):
        raise UsageError(f"port {port} of {host} is taken: name another one with --port, or none for a free one")


@contextmanager
def serve(command: UICommand) -> Iterator["subprocess.Popen[bytes]"]:
    """Run MLflow's server, ready to answer; it ends with the block, and with a signal that ends this process.

    Raises GalleyError with the last lines of what the server said where it does not get ready.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end_by_signal)
    with tempfile.NamedTemporaryFile(prefix="ml-ui-", suffix=".log") as log:
        # In a session of its own, Ctrl-C reaches this process alone, which then ends the server and its workers.
        process = subprocess.Popen(
            command.arguments,
            env=command.environment,
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_ready(process, command.address, Path(log.name))
            yield process
        finally:
            _end(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(urllib.error.URLError, OSError), _direct.open(f"{address}/health", timeout=5):
            return
        time.sleep(0.2)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LINES_OF_LOG:]
    raise GalleyError("\n  ".join(["MLflow's server did not start; the last that it said:", *lines]))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the server with all of its workers."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)


def _end_by_signal(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _is_free(host: str, port: int) -> bool:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # A port whose last connections still linger can be listened on.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise UsageError(f"nothing can listen on port {port} of {host}: {error.strerror or error}") from error
    return True
