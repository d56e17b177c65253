"""`ml ui`: MLflow's pages, up while the person looks, gone afterwards."""

import re
import signal
import socket
import sqlite3
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.cli.command_line import Shell
from tests.cli.conftest import Ml


@pytest.fixture
def taken() -> "socket.socket":
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def make_database(outputs: Path) -> None:
    outputs.mkdir()
    sqlite3.connect(outputs / "mlflow.db").close()


def test_without_a_run_there_is_nothing_to_show(ml: Ml) -> None:
    code, output, error = ml("ui")
    assert (code, output) == (2, "")
    assert "ml train" in error


def test_taken_port_is_refused(ml: Ml, tmp_path: Path, taken: "socket.socket") -> None:
    make_database(tmp_path / "outputs")
    with taken:
        code, _, error = ml("ui", "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "is taken" in error
    assert "--port" in error


def test_host_that_is_not_ours_is_refused(ml: Ml, tmp_path: Path) -> None:
    make_database(tmp_path / "outputs")
    # 192.0.2.0/24 is set aside for documentation: no machine has an address of it.
    code, _, error = ml("ui", "--host", "192.0.2.1")
    assert code == 2
    assert "nothing can listen" in error


def test_port_that_is_no_number_is_refused(ml: Ml) -> None:
    assert ml("ui", "--port", "many")[0] == 2
    assert ml("ui", "--port", "70000")[0] == 2


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_pages_are_served_until_a_signal_and_nothing_stays(shell: Shell, number: signal.Signals, code: int) -> None:
    make_database(shell.folder / "outputs")
    process = shell.start("ui")
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"at (http://127\.0\.0\.1:\d+)/", line)
    assert found is not None, process.stderr and process.stderr.read()
    page = urllib.request.urlopen(found[1], timeout=20).read()
    assert b"<html" in page
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    began = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == code
    assert time.monotonic() - began < 15
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


@pytest.mark.slow
def test_server_that_does_not_start_says_why(shell: Shell) -> None:
    (shell.folder / "outputs").mkdir()
    (shell.folder / "outputs" / "mlflow.db").write_text("this is no database, but long enough to look like one " * 99)
    answer = shell.ml("ui")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "MLflow's server did not start" in answer.stderr
    assert "database" in answer.stderr
